"""Appendix: settings and versions, with every model, its role and its declared history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts, Json
from evaluations.reports.section import SectionPlugin
from evaluations.reports.tables import Cell, Column, table

_ROLES = ("student", "candidate", "control", "reference")


def build(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Every model of the audit, the student first."""
    facts = Facts(snapshot)
    models = sorted(facts.models, key=lambda m: _ROLES.index(m["role"]) if m.get("role") in _ROLES else 9)
    columns: list[Column | str] = [
        "Model",
        "Role",
        Column("Owner and lineage", wide=True),
        "Declared teacher",
        "Released",
        Column("Answers", wide=True),
        Column("Answered", True),
    ]
    return {
        "table": table("Models", columns, [_row(facts, model) for model in models]),
        "facts": (
            ("Code version", str(facts.report.get("code_version") or "not recorded")),
            ("Seed", str(facts.plan.get("seed") or 0)),
            ("Decoding", _decoding(facts.plan.get("decoding") or {})),
        ),
    }


def _decoding(decoding: Json) -> str:
    return (
        fmt.join(f"{fmt.label(str(k)).lower()} {v}" for k, v in decoding.items() if v not in ([], None))
        or "none"
    )


def _row(facts: Facts, model: Json) -> list[Cell | str]:
    key = str(model.get("key") or "")
    card = facts.cards.get(key) or {}
    declared = model.get("taught_by_owners")
    taught = "Unknown" if declared is None else fmt.join(str(d) for d in declared) or "Nobody"
    lineage = str(model.get("lineage") or "")
    base = str(model.get("base") or "")
    history = ", ".join(
        part for part in (f"lineage {lineage}" if lineage else "", f"base {base}" if base else "") if part
    )
    source = str(card.get("source") or model.get("data_source") or "")
    released = model.get("released")
    answers = fmt.obtained_by(str(model.get("obtained_by") or ""))
    parts = [fmt.words(str(model.get("backend") or "")), fmt.route(str(model.get("access_route") or ""))]
    route = ", ".join(part for part in parts if part)
    return [
        Cell(facts.name(key), sub=key if facts.name(key) != key else ""),
        fmt.label(str(model.get("role") or "")),
        Cell(str(model.get("owner") or "not recorded"), sub=history),
        Cell(taught, sub=fmt.clip(source, 60)),
        Cell(fmt.day(released) if released else "No date", sub=str(model.get("released_source") or "")),
        Cell(answers, sub=f"{route}{', reused' if model.get('reused') else ''}"),
        fmt.k_of_n(model.get("n_answered") or 0, model.get("n_all") or 0),
    ]


SECTION = SectionPlugin("Settings and versions", 220, build, appendix=True)

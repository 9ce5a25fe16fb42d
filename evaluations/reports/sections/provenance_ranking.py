"""Provenance: the student's closeness to every candidate against unrelated models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts, Json
from evaluations.reports.figure_provenance import provenance_figure
from evaluations.reports.provenance_tables import (
    candidates_table,
    checks_table,
    exploration_table,
    families_table,
    owners_table,
    sensitivity_table,
    statistics_tables,
)
from evaluations.reports.provenance_words import basis, finding, forced_reasons, leans, lede, what_settles
from evaluations.reports.questions import supported_owners
from evaluations.reports.section import SectionPlugin
from evaluations.reports.wording import SHARED_DATA, verdict

_SIDE = (
    (
        "Three separate questions",
        "The same model, the same starting weights, and whose outputs it learned from are tested one by one. One "
        "answer never stands for another.",
    ),
    (
        "How to read the chart",
        "Right of every grey dot: closer than chance among unrelated models. The dashed line is the smallest "
        "effect that known students show. Nearest alone is no evidence: every model has a nearest candidate.",
    ),
)


def build(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Finding, three lines, chart and tables; or one line where nothing was assessed."""
    facts = Facts(snapshot)
    found = facts.provenance
    if found is None:
        return {"missing": facts.missing("provenance")}
    figure = provenance_figure(facts)
    return {
        "finding": finding(facts, found),
        "lede": lede(facts, found),
        "leans": leans(found),
        "lines": tuple(_line(found, *names) for names in _LINES),
        "figure": figure,
        "figures": (figure,) if figure else (),
        "owners": owners_table(found),
        "families": families_table(tuple(found.get("owners") or ())),
        "candidates": candidates_table(facts),
        "statistics": statistics_tables(facts),
        "exploration": exploration_table(found),
        "checks": checks_table(found),
        "checks_first": len(found.get("candidates") or ()) > 8,
        "sensitivity": sensitivity_table(found),
        "reasons": forced_reasons(found),
        "settle": what_settles(found),
        "settle_title": "What would make it stronger" if supported_owners(facts) else "What would settle it",
        "basis": basis(facts, found),
        "side": _SIDE,
    }


_LINES = (
    ("identity", "Identity", "same model?"),
    ("base", "Base", "same starting weights?"),
    ("teacher", "Teacher", "whose outputs?"),
)


def _line(found: Json, field: str, name: str, question: str) -> dict[str, Any]:
    line = found.get(field) or {}
    text = fmt.sentence(str(line.get("text") or ""))
    if line.get("status") == "supported" and "shared" not in text:
        text = f"{text} {fmt.sentence(SHARED_DATA)}".strip()
    return {
        "name": name,
        "question": question,
        "verdict": verdict(str(line.get("status") or "")),
        "text": text,
    }


SECTION = SectionPlugin(
    "Provenance: ranking against the null", 40, build, starts_page=True, short="Provenance: ranking"
)

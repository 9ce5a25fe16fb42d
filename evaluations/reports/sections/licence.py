"""Licence position: what the published terms say for each candidate, the strictest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts, Json
from evaluations.reports.provenance_tables import status_cell
from evaluations.reports.questions import supported_owners
from evaluations.reports.section import SectionPlugin
from evaluations.reports.tables import Cell, Column, table


def build(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """One row for each terms record that would apply; never a conclusion."""
    facts = Facts(snapshot)
    found = facts.licence
    if found is None:
        return {"missing": facts.missing("licence")}
    rows: list[list[Cell | str]] = []
    for candidate in found.get("candidates") or ():
        rows += _rows(facts, candidate)
    columns: list[Column | str] = [
        "Candidate and route",
        "Provenance",
        Column("What the terms say about outputs", wide=True, short="Terms"),
        Column("Terms read", wide=True),
    ]
    return {
        "lede": str(
            found.get("disclaimer") or "Paraphrases of published terms. Counsel decides what follows."
        ),
        "table": table("Licence position", columns, rows),
        "version": str(found.get("knowledge_base_version") or ""),
        "n_questions": fmt.plural(len(found.get("questions") or ()), "question"),
    }


def _rows(facts: Facts, candidate: Json) -> list[list[Cell | str]]:
    key = str(candidate.get("model") or "")
    route = fmt.route(str(candidate.get("access_route") or "")) or "route not declared"
    name = Cell(
        str(candidate.get("name") or facts.name(key)),
        sub=f"{candidate.get('owner') or ''}, {route}".strip(", "),
    )
    evidence = _evidence(facts, candidate)
    positions = candidate.get("positions") or ()
    if not positions:
        note = fmt.sentence(str(candidate.get("note") or "no record"))
        return [[name, evidence, Cell(note, sub=_unknown(candidate)), "No terms in the knowledge base"]]
    return [[name, evidence, _terms(position, candidate), _read(position)] for position in positions]


def _evidence(facts: Facts, candidate: Json) -> Cell:
    owner, key = str(candidate.get("owner") or ""), candidate.get("model")
    if owner and owner in supported_owners(facts):
        return status_cell("supported", "by owner")
    found = facts.provenance or {}
    tested = next((o for o in found.get("owners") or () if o.get("owner") == owner), None)
    if tested is None:
        tested = next((c for c in found.get("candidates") or () if c.get("model") == key), None)
    return status_cell(str((tested or {}).get("status") or ""))


def _terms(position: Json, candidate: Json) -> Cell:
    text = fmt.sentence(str(position.get("position_text") or position.get("position") or ""))
    paraphrase = str(position.get("paraphrase") or "").strip()
    clause = str(position.get("clause_reference") or "")
    conditions = "; ".join(str(item) for item in position.get("conditions") or ())
    parts = [
        fmt.sentence(paraphrase) if paraphrase else "",
        f"Clause {clause}." if clause else "",
        f"Conditions: {fmt.sentence(conditions)}" if conditions else "",
        _unknown(candidate),
    ]
    return Cell(text, sub=" ".join(part for part in parts if part))


def _unknown(candidate: Json) -> str:
    unknown = [str(item) for item in candidate.get("unknown") or ()]
    return f"Not known: {fmt.join(unknown)}." if unknown else ""


def _read(position: Json) -> Cell:
    name = str(position.get("licence_name") or position.get("provider") or "")
    start, end = position.get("valid_from"), position.get("valid_to")
    dates = f"from {fmt.day(start)}" if start else "no start date"
    if end:
        dates += f" to {fmt.day(end)}"
    sub = ", ".join(part for part in (dates, str(position.get("read_note") or "")) if part)
    return Cell(name, sub=sub)


SECTION = SectionPlugin("Licence position", 70, build)

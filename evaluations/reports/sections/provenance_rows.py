"""Provenance: the prompts that carry the closeness, with shared phrases marked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts, Json
from evaluations.reports.highlight import excerpt, pieces
from evaluations.reports.section import SectionPlugin

MAX_ROWS: Final = 12
MAX_PDF_ROWS: Final = 5
_LONGEST: Final = 480


def build(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """The rows of the finding whose texts are in the snapshot, the strongest first."""
    facts = Facts(snapshot)
    found = facts.provenance
    if found is None:
        return {"missing": facts.missing("provenance")}
    evidence = [row for row in found.get("evidence") or () if str(row.get("prompt_id")) in facts.rows]
    evidence.sort(key=lambda row: -abs(float(row.get("contribution") or 0)))
    if not evidence:
        return {"missing": "No single prompt was stored as evidence."}
    quotes = tuple(_quote(facts, row) for row in evidence[:MAX_ROWS])
    return {
        "lede": (
            f"The prompts that carry or weaken the closeness most, {fmt.count(len(quotes))} of "
            f"{fmt.count(found.get('n_prompts_used') or 0)}. Marked phrases appear in both answers and in few reference models."
        ),
        "quotes": quotes,
        "pdf_quotes": quotes[:MAX_PDF_ROWS],
        "pdf_more": max(0, len(quotes) - MAX_PDF_ROWS),
    }


def _quote(facts: Facts, row: Json) -> dict[str, Any]:
    ident, candidate = str(row.get("prompt_id")), str(row.get("candidate") or "")
    stored = facts.rows[ident]
    answers = stored.get("answers") or {}
    shared = tuple(str(phrase) for phrase in row.get("shared") or ())
    rate = row.get("panel_rate")
    notes = [f"contribution {fmt.signed(row.get('contribution'), 3)} SD"]
    if rate is not None:
        notes.append(f"marked phrases in {fmt.pct(rate, 0)} of the reference models")
    return {
        "id": ident,
        "input": fmt.clip(str(stored.get("input") or ""), 160),
        "note": ", ".join(notes),
        "student": facts.student_name,
        "student_pieces": _marked(str(answers.get(facts.student) or ""), shared),
        "candidate": facts.name(candidate),
        "candidate_pieces": _marked(str(answers.get(candidate) or ""), shared),
    }


def _marked(text: str, shared: tuple[str, ...]) -> tuple[tuple[str, bool], ...]:
    if not text.strip():
        return (("No answer", False),)
    return pieces(excerpt(text, shared, _LONGEST), shared)


SECTION = SectionPlugin("Provenance: the rows that carry it", 50, build, short="Provenance: the rows")

"""Slices and failures: where answers were lost, and which calls failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts, Json
from evaluations.reports.quality_tables import errors_table, flips_table, metrics_table
from evaluations.reports.retention import decisive_teacher
from evaluations.reports.section import SectionPlugin

MAX_EXAMPLES: Final = 4


def build(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Flips with examples, metrics by slice, failed calls by class."""
    facts = Facts(snapshot)
    flips = flips_table(facts)
    metrics = metrics_table(facts, "slices", "Metrics by class of tasks")
    errors = errors_table(facts)
    return {
        "missing": "" if flips.rows or metrics.rows else facts.missing("quality"),
        "flips": flips,
        "examples": _examples(facts),
        "metrics": metrics,
        "errors": errors,
        "no_errors": not errors.rows,
    }


def _examples(facts: Facts) -> tuple[dict[str, Any], ...]:
    teacher = decisive_teacher(facts)
    all_flips = (facts.quality or {}).get("flips") or ()
    flips: Json = next((f for f in all_flips if f.get("teacher") == teacher), {})
    shown = []
    for kind, field in (("Lost", "lost_ids"), ("Gained", "gained_ids")):
        for ident in flips.get(field) or ():
            stored = facts.rows.get(str(ident))
            if stored:
                shown.append(_example(facts, kind, str(ident), stored, teacher))
    return tuple(shown[:MAX_EXAMPLES])


def _example(facts: Facts, kind: str, ident: str, stored: Json, teacher: str) -> dict[str, Any]:
    answers = stored.get("answers") or {}
    targets = fmt.join([str(target) for target in stored.get("targets") or ()], "or")
    return {
        "id": ident,
        "input": fmt.clip(str(stored.get("input") or ""), 160),
        "note": f"{kind}. Target: {fmt.clip(targets, 120)}" if targets else kind,
        "student": facts.student_name,
        "student_pieces": ((fmt.clip(str(answers.get(facts.student) or "No answer"), 320), False),),
        "candidate": facts.name(teacher),
        "candidate_pieces": ((fmt.clip(str(answers.get(teacher) or "No answer"), 320), False),),
    }


SECTION = SectionPlugin("Slices and failures", 90, build)

"""Claimed against observed: the declaration beside the measurement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts, Json
from evaluations.reports.questions import supported_owners
from evaluations.reports.section import SectionPlugin
from evaluations.reports.tables import Cell, Verdict, table
from evaluations.reports.wording import AGREES, DIFFERS, NOT_TESTED, SHARED_DATA, verdict

NOT_DECLARED = "Not declared"


def build(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """One row for each thing the vendor declares about the model."""
    facts = Facts(snapshot)
    student = facts.model(facts.student)
    rows = [
        _teachers(facts, student),
        _line(facts, "base", "Base weights", str(student.get("base") or "")),
        _line(facts, "identity", "A candidate under another name", f"Own model, {facts.student_name}"),
        _served(student),
        _mentions(facts),
        _untested("Training data", str(student.get("data_source") or "")),
        _released(student),
    ]
    return {
        "claim": str(student.get("claim") or ""),
        "vendor": facts.vendor,
        "table": table("Claims", ["Claim", f"Declared by {facts.vendor}", "Observed", "Result"], rows),
    }


def _teachers(facts: Facts, student: Json) -> list[Cell | str]:
    declared = student.get("taught_by_owners")
    text = _claim(student) if declared is None else fmt.join(declared) or "Taught by nobody"
    supported = supported_owners(facts)
    head = "Outputs of other models in training"
    if facts.provenance is None:
        return [head, text, "Not measured", _state(NOT_TESTED)]
    if not supported:
        line = (facts.provenance.get("teacher") or {}).get("status")
        seen = str((facts.provenance.get("teacher") or {}).get("text") or "")
        return [head, text, _observed(seen), _state(verdict(line))]
    seen = f"Consistent with {fmt.join(supported)}, {SHARED_DATA}"
    if declared is None:
        result = verdict("supported")
    else:
        result = AGREES if set(supported) <= set(declared) else DIFFERS
    return [head, text, _observed(seen), _state(result)]


def _claim(student: Json) -> str:
    """The vendor's own words where it declared no list of teachers."""
    claim = fmt.clip(str(student.get("claim") or ""), 200)
    return f"“{claim}”" if claim else NOT_DECLARED


def _line(facts: Facts, name: str, head: str, declared: str) -> list[Cell | str]:
    line = (facts.provenance or {}).get(name) or {}
    if not line:
        return [head, declared or NOT_DECLARED, "Not measured", _state(NOT_TESTED)]
    result = verdict(str(line.get("status")))
    return [head, declared or NOT_DECLARED, _observed(str(line.get("text") or "")), _state(result)]


def _served(student: Json) -> list[Cell | str]:
    names = [str(name) for name in student.get("model_reported") or ()]
    declared = str(student.get("name") or NOT_DECLARED)
    if not names:
        return ["Model served", declared, "The answers carry no model name", _state(NOT_TESTED)]
    seen = f"{fmt.plural(len(names), 'name')} reported with the answers: {fmt.clip(fmt.join(names), 120)}"
    return ["Model served", declared, seen, _state(AGREES if len(names) == 1 else DIFFERS)]


def _mentions(facts: Facts) -> list[Cell | str]:
    counts = (facts.provenance or {}).get("self_mentions") or {}
    head = Cell("Names that the answers mention", sub="counted, never scored")
    if facts.provenance is None:
        return [head, NOT_DECLARED, "Not measured", _state(NOT_TESTED)]
    seen = fmt.join(f"{name} in {fmt.plural(n, 'answer')}" for name, n in sorted(counts.items()) if n)
    own = str(facts.model(facts.student).get("vendor") or NOT_DECLARED)
    return [head, own, seen or "None of the candidates' owners", Cell("Shown only")]


def _untested(head: str, declared: str) -> list[Cell | str]:
    return [
        head,
        fmt.clip(declared, 200) or NOT_DECLARED,
        "Cannot be tested from outputs",
        _state(NOT_TESTED),
    ]


def _released(student: Json) -> list[Cell | str]:
    released = student.get("released")
    text = (
        Cell(fmt.day(released), sub=str(student.get("released_source") or "")) if released else NOT_DECLARED
    )
    seen = "A vendor's own date bars no candidate; independent dates are in the appendix on settings"
    return ["Release date", text, seen, _state(NOT_TESTED)]


def _observed(text: str) -> Cell:
    return Cell(fmt.sentence(text) or "Not measured", href="#provenance-ranking")


def _state(result: Verdict) -> Cell:
    return Cell(verdict=result)


SECTION = SectionPlugin("Claimed against observed", 20, build, starts_page=True)

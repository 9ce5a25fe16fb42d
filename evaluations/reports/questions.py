"""Open questions and conditions, drawn from the findings. They never decide the recommendation."""

from __future__ import annotations

from dataclasses import dataclass, replace

from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts, Json
from evaluations.reports.wording import SHARED_DATA


@dataclass(frozen=True, slots=True)
class Question:
    """One question for the vendor, numbered in the report. ``critical``: answer it before signature."""

    id: str
    text: str
    about: str
    reason: str
    critical: bool


def supported_owners(facts: Facts) -> tuple[str, ...]:
    """Owners whose declared test, or one of whose families in the exploration, is supported."""
    found = facts.provenance or {}
    owners = [owner for owner in found.get("owners") or () if owner.get("status") == "supported"]
    families = (found.get("exploration") or {}).get("families") or ()
    explored = [family for family in families if family.get("status") == "supported"]
    names = [str(item.get("owner") or item.get("family") or "") for item in [*owners, *explored]]
    return tuple(dict.fromkeys(name for name in names if name))


def questions(facts: Facts) -> tuple[Question, ...]:
    """The follow-up where declaration and measurement differ, then the stored questions: Q1, Q2, …"""
    stored = (facts.licence or {}).get("questions") or ()
    supported = {owner.casefold() for owner in supported_owners(facts)}
    owners = {facts.name(key): str(facts.model(key).get("owner") or "") for key in facts.candidates}
    found = [*_follow_up(facts), *(_stored(facts, question, supported, owners) for question in stored)]
    return tuple(replace(question, id=f"Q{n}") for n, question in enumerate(found, start=1))


def critical_questions(facts: Facts) -> tuple[Question, ...]:
    """The questions to answer before signature."""
    return tuple(question for question in questions(facts) if question.critical)


def _stored(facts: Facts, question: Json, supported: set[str], owners: dict[str, str]) -> Question:
    about = str(question.get("about") or "")
    name = facts.name(about) if about in facts.by_key else about
    return Question(
        id="",
        text=str(question.get("text") or ""),
        about=name,
        reason=str(question.get("reason") or ""),
        critical=owners.get(name, about).casefold() in supported,
    )


def _follow_up(facts: Facts) -> tuple[Question, ...]:
    declared = facts.model(facts.student).get("taught_by_owners")
    found = []
    for owner in supported_owners(facts):
        if declared is not None and owner in declared:
            continue
        said = "No teacher is declared." if declared is None else _said(declared)
        found.append(
            Question(
                id="",
                text=(
                    f"Which outputs of {owner}, {SHARED_DATA}, were used to train, align or filter "
                    f"{facts.student_name}?"
                ),
                about=owner,
                reason=f"{said} The measurement is consistent with {owner}, {SHARED_DATA}.",
                critical=True,
            )
        )
    return tuple(found)


def _said(declared: list[str]) -> str:
    return f"Declared: {fmt.join(declared)}." if declared else "Declared: taught by nobody."

"""Open questions and conditions, drawn from the findings. They never decide the recommendation."""

from __future__ import annotations

from dataclasses import dataclass

from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts, Json
from evaluations.reports.wording import SHARED_DATA


@dataclass(frozen=True, slots=True)
class Question:
    """One question for the vendor. ``critical``: answer it before signature."""

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
    """The stored questions, and the follow-up where declaration and measurement differ."""
    stored = (facts.licence or {}).get("questions") or ()
    supported = set(supported_owners(facts))
    found = [_stored(facts, question, supported) for question in stored]
    return (*_follow_up(facts), *found)


def critical_questions(facts: Facts) -> tuple[Question, ...]:
    """The questions to answer before signature."""
    return tuple(question for question in questions(facts) if question.critical)


def _stored(facts: Facts, question: Json, supported: set[str]) -> Question:
    about = str(question.get("about") or "")
    owner = str(facts.model(about).get("owner") or about)
    name = facts.name(about) if about in facts.by_key else about
    return Question(
        id=str(question.get("id") or ""),
        text=str(question.get("text") or ""),
        about=name,
        reason=str(question.get("reason") or ""),
        critical=owner in supported,
    )


def _follow_up(facts: Facts) -> tuple[Question, ...]:
    declared = facts.model(facts.student).get("taught_by_owners")
    found = []
    for index, owner in enumerate(supported_owners(facts), start=1):
        if declared is not None and owner in declared:
            continue
        said = "No teacher is declared." if declared is None else _said(declared)
        found.append(
            Question(
                id=f"F{index:02d}",
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

"""The recommendation: a written table of rules over retention, margins, cost and open questions.

Provenance and terms add conditions and questions. They can turn *buy* into *buy with conditions* through a
question that is still open, and nothing more: no rule reads a provenance status.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts, Json
from evaluations.reports.questions import critical_questions
from evaluations.reports.retention import by_criticality, decisive_teacher, overall, slice_name

Outcome = Literal["buy", "conditions", "do_not_rely", "inconclusive"]

WORDS: Final[dict[Outcome, str]] = {
    "buy": "Buy",
    "conditions": "Buy with conditions",
    "do_not_rely": "Do not rely",
    "inconclusive": "Inconclusive",
}

MAX_FAILED_SHARE: Final = 0.02
"""Above this share of failed calls the result carries a condition."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What the rules read, and nothing else.

    ``within``, ``undecided``, ``below`` and ``unmeasured`` name slices with a locked margin. ``dearer``:
    the student costs more per accepted answer than ``teacher``; ``None`` means the cost is not measured.
    ``vendor_supplied``: every answer of the student or of the teacher came from the vendor.
    """

    teacher: str
    why_not: str
    within: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    unmeasured: tuple[str, ...] = ()
    dearer: bool | None = None
    vendor_supplied: bool = False
    critical_questions: int = 0
    failed_share: float = 0.0

    @property
    def has_conditions(self) -> bool:
        """Something has to be settled before signature although every measured slice is within."""
        return (
            self.dearer is not False
            or self.critical_questions > 0
            or bool(self.unmeasured)
            or self.failed_share > MAX_FAILED_SHARE
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table; the first rule whose ``when`` holds decides."""

    id: str
    outcome: Outcome
    text: str
    when: Callable[[Situation], bool]


RULES: Final[tuple[Rule, ...]] = (
    Rule("R1", "inconclusive", "Quality was not measured against a margin.", lambda s: bool(s.why_not)),
    Rule(
        "R2",
        "do_not_rely",
        "At least one class of tasks is below its margin and none is within.",
        lambda s: bool(s.below) and not s.within,
    ),
    Rule("R3", "inconclusive", "No class of tasks is within or below its margin.", lambda s: not s.within),
    Rule(
        "R4",
        "inconclusive",
        "The result would be favourable, but the vendor supplied the answers it rests on.",
        lambda s: s.vendor_supplied,
    ),
    Rule(
        "R5",
        "conditions",
        "At least one class of tasks is within its margin, another is below or undecided.",
        lambda s: bool(s.below or s.undecided),
    ),
    Rule(
        "R6",
        "conditions",
        "Every measured class of tasks is within its margin, and something is still open: a critical "
        "question, the cost, a class that was not measured, or failed calls.",
        lambda s: s.has_conditions,
    ),
    Rule("R7", "buy", "Every class of tasks is within its margin and nothing is open.", lambda s: True),
)


def decide(situation: Situation) -> Rule:
    """The first rule that holds; the last one always does."""
    return next(rule for rule in RULES if rule.when(situation))


def situation(facts: Facts) -> Situation:
    """What the snapshot says about the student against the best candidate on the buyer's tasks."""
    teacher = decisive_teacher(facts)
    if not teacher:
        return Situation(teacher="", why_not=facts.missing("quality"))
    rows = by_criticality(facts, teacher)
    whole = overall(facts, teacher)
    if not any(row.get("margin") is not None for row in rows):
        rows = (whole,) if whole and whole.get("margin") is not None else ()
    if not rows:
        return Situation(teacher=teacher, why_not="No margin was locked for any class of tasks.")
    return Situation(
        teacher=teacher,
        why_not="" if _slices(rows, "within", "below", "undecided") else facts.missing("quality"),
        within=_slices(rows, "within"),
        undecided=_slices(rows, "undecided"),
        below=_slices(rows, "below"),
        unmeasured=_slices(rows, "not_measured"),
        dearer=_dearer(facts, teacher),
        vendor_supplied=any(_from_vendor(facts, key) for key in (facts.student, teacher)),
        critical_questions=len(critical_questions(facts)),
        failed_share=_failed_share(facts),
    )


def _slices(rows: tuple[Json, ...], *outcomes: str) -> tuple[str, ...]:
    return tuple(slice_name(row) for row in rows if row.get("outcome") in outcomes)


def _from_vendor(facts: Facts, key: str) -> bool:
    return str(facts.model(key).get("obtained_by") or "") == "vendor_supplied"


def _failed_share(facts: Facts) -> float:
    student = facts.model(facts.student)
    n_all = int(student.get("n_all") or 0)
    return int(student.get("n_failed") or 0) / n_all if n_all else 0.0


def cost_line(facts: Facts, key: str) -> Json | None:
    """The cost line of one model."""
    lines = (facts.cost or {}).get("lines") or ()
    return next((line for line in lines if line.get("model") == key), None)


def _dearer(facts: Facts, teacher: str) -> bool | None:
    mine, theirs = cost_line(facts, facts.student), cost_line(facts, teacher)
    if mine is None or theirs is None or mine.get("currency") != theirs.get("currency"):
        return None
    for field in ("per_1000_accepted_micro", "per_1000_answers_micro"):
        if mine.get(field) is not None and theirs.get(field) is not None:
            return int(mine[field]) > int(theirs[field])
    return None


def why(facts: Facts, found: Situation, rule: Rule) -> str:
    """One sentence under the recommendation: what is good enough for what, and what is open."""
    name = facts.name(found.teacher) if found.teacher else ""
    if rule.id == "R1":
        return f"Quality on your tasks was not measured. {found.why_not}"
    if rule.id == "R2":
        return f"{tasks(found.below)} keep too little of {name}'s quality against the locked margin."
    if rule.id == "R3":
        return "The intervals cross the locked margins. More samples would decide."
    if rule.id == "R4":
        return (
            f"The answers behind this result were supplied by {facts.vendor}. Run or witness a sample of "
            "them before relying on it."
        )
    good = f"{tasks(found.within)} stay within the locked margin against {name}."
    if rule.id == "R5":
        return f"{good} {tasks((*found.below, *found.undecided))} do not, or are not decided yet."
    if rule.id == "R6" and found.critical_questions:
        return f"{good} Sign after {fmt.plural(found.critical_questions, 'open question')} to {facts.vendor}."
    return good


def tasks(names: tuple[str, ...]) -> str:
    """Slices in a sentence: ``Critical and routine tasks``."""
    words = fmt.join(name.replace("_", " ") for name in names)
    return "All tasks" if words in ("overall", "") else f"{words[:1].upper()}{words[1:]} tasks"

"""One control student as a row, a curve and a card."""

from __future__ import annotations

from dataclasses import dataclass

from evaluations.distillation.recipes import recipes
from evaluations.models import ControlStudent, PlanState, StudentState
from evaluations.reports import format as fmt
from evaluations.reports.loss_curve import LossCurve, loss_curve
from evaluations.selectors.models import Fact

NOT_MEASURED = fmt.NOT_MEASURED_TEXT
LOOKS: dict[str, str] = {
    PlanState.CHECKING: "running",
    PlanState.READY: "waiting",
    PlanState.REFUSED: "failed",
    PlanState.ANSWERING: "running",
    PlanState.TRAINING: "running",
    StudentState.TRAINED: "complete",
    StudentState.NOTHING_LEARNT: "cancelled",
    StudentState.DELETED: "cancelled",
}
"""The keys of the table of looks, where a state of its own has none."""


@dataclass(frozen=True)
class StudentRow:
    """One control student. ``agreement`` in words, ``agreement_n`` its number of held-out prompts."""

    position: int
    name: str
    recipe: str
    teacher: str
    seed: int
    state: str
    state_word: str
    steps: int
    steps_done: int
    loss: str
    cpu_seconds: float | None
    agreement: str
    agreement_n: int | None
    failure: str
    model_id: int | None
    learnt_nothing: bool


@dataclass(frozen=True)
class Curve:
    """The loss of one student as a drawing and as rows: step, training loss, held-out loss."""

    of: str
    position: int
    drawing: LossCurve
    points: tuple[tuple[int, str, str], ...]


def look(state: str) -> str:
    """The state's key in the table of looks."""
    return LOOKS.get(state, state)


def row_of(student: ControlStudent) -> StudentRow:
    """The student as a row; its teacher is read."""
    last = next((loss for _, loss, _ in reversed(student.losses) if loss is not None), None)
    return StudentRow(
        position=student.position,
        name=student.name,
        recipe=recipes.get(student.recipe).title,
        teacher=student.teacher.name if student.teacher else "None",
        seed=student.seed,
        state=look(student.state),
        state_word=student.get_state_display(),
        steps=student.steps,
        steps_done=student.steps_done,
        loss=fmt.number(last, 2),
        cpu_seconds=student.cpu_seconds,
        agreement=_agreement(student),
        agreement_n=((student.card or {}).get("agreement") or {}).get("n"),
        failure=student.failure,
        model_id=student.model_id,
        learnt_nothing=student.state == StudentState.NOTHING_LEARNT,
    )


def _agreement(student: ControlStudent) -> str:
    if student.agreement is None or student.agreement_before is None:
        return NOT_MEASURED
    return f"{fmt.number(student.agreement_before, 2)} before, {fmt.number(student.agreement, 2)} after"


def curve_of(student: ControlStudent) -> Curve | None:
    """The curve of a student; ``None`` where no loss was measured."""
    points = [(int(step), loss, seen) for step, loss, seen in student.losses]
    drawing = loss_curve(
        points, steps=student.steps, ident=f"s{student.position}", title=f"Loss of {student.name}"
    )
    rows = tuple((step, fmt.number(loss, 3), fmt.number(seen, 3)) for step, loss, seen in points)
    return None if drawing is None else Curve(student.name, student.position, drawing, rows)


def shown(students: list[ControlStudent]) -> ControlStudent | None:
    """Whose curve a plan's page draws: who trains now, else the last with a curve."""
    with_curve = [student for student in students if student.losses]
    training = [student for student in with_curve if student.state == StudentState.TRAINING]
    return training[0] if training else with_curve[-1] if with_curve else None


def card_of(student: ControlStudent) -> tuple[Fact, ...]:
    """What a trained student is made of; empty before that."""
    card = student.card or {}
    if not card:
        return ()
    return (
        Fact("Teacher", str(card.get("teacher") or "None")),
        Fact("Recipe", recipes.get(student.recipe).about),
        Fact("Parent", str(card.get("parent") or "")),
        Fact("Pairs of prompt and answer", fmt.count(card.get("n_pairs"))),
        Fact("Hash of the pairs", str(card.get("data_hash") or ""), mono=True),
        Fact("Seed", str(card.get("seed", ""))),
        Fact("Parameters", fmt.count(card.get("parameters"))),
        Fact("Acknowledgement", str(card.get("acknowledgement") or "Not needed")),
    )

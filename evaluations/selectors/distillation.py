"""Distillation plans and control students as rows of lists and as pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import Http404

from evaluations import access
from evaluations.distillation.recipes import recipes
from evaluations.models import (
    ControlStudent,
    DistillationPlan,
    Model,
    PlanState,
    StudentState,
    SuiteVersion,
    UnitKind,
    UnitState,
    Workspace,
)
from evaluations.reports import format as fmt
from evaluations.reports.loss_curve import LossCurve, loss_curve

PANEL_CANDIDATES = ("candidate", "teacher_candidate")
MOVING = (PlanState.CHECKING, PlanState.ANSWERING, PlanState.TRAINING)
OPEN = (*MOVING, PlanState.READY, PlanState.PAUSED)
ENDED = (PlanState.FINISHED, PlanState.CANCELLED, PlanState.FAILED)


@dataclass(frozen=True)
class PlanRow:
    """One plan of the list."""

    number: int
    reference: str
    title: str
    state: str
    state_word: str
    teachers: str
    n_students: int
    n_trained: int
    created_at: datetime
    by: str


@dataclass(frozen=True)
class StudentRow:
    """One control student. ``agreement`` in words, with its number of held-out prompts."""

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
    failure: str
    model_id: int | None


@dataclass(frozen=True)
class PlanPage:
    """Everything that a plan's page shows."""

    plan: DistillationPlan
    state_word: str
    students: tuple[StudentRow, ...]
    durations: tuple[tuple[str, float], ...]
    estimate: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    answers: tuple[tuple[str, int, int], ...]
    curve: LossCurve | None
    curve_of: str
    is_moving: bool
    may_pause: bool
    may_cancel: bool
    may_delete: bool
    needs_acknowledgement: bool
    makes_base: bool


@dataclass(frozen=True)
class StudentPage:
    """One student with its card and its curve."""

    plan: DistillationPlan
    row: StudentRow
    card: tuple[tuple[str, str], ...]
    curve: LossCurve | None
    points: tuple[tuple[int, str, str], ...]


def models_of(user: Any, workspace: Workspace) -> QuerySet[Model]:
    """The models that may teach: registered ones and the candidates of panels, no control students."""
    of_panels = Q(panel__isnull=True) | Q(panel_role__in=PANEL_CANDIDATES)
    rows = access.models_for(user).filter(of_panels, workspace=workspace, control_student__isnull=True)
    return rows.order_by("owner", "name")


def local_models(user: Any, workspace: Workspace) -> list[Model]:
    """Local models that are no control students."""
    return list(models_of(user, workspace).filter(backend="transformers_local"))


def versions_of(user: Any, workspace: Workspace) -> QuerySet[SuiteVersion]:
    """The workspace's suite versions, newest first."""
    rows = access.suite_versions_for(user).filter(suite__workspace=workspace)
    return rows.select_related("suite").order_by("-created_at", "-id")


def plan_list(user: Any, workspace: Workspace) -> tuple[PlanRow, ...]:
    """Every plan of the workspace, newest first."""
    trained = Count("students", filter=Q(students__state=StudentState.TRAINED))
    rows = access.plans_for(user).filter(workspace=workspace).select_related("created_by")
    rows = rows.annotate(n_students=Count("students"), n_trained=trained)
    names = dict(access.models_for(user).filter(workspace=workspace).values_list("key", "name"))
    return tuple(
        PlanRow(
            row.number, row.reference, row.title, _look(row.state), row.get_state_display(),
            ", ".join(names.get(key, key) for key in row.plan["teachers"]), row.n_students, row.n_trained,
            row.created_at, row.created_by.get_username() if row.created_by else "",
        )
        for row in rows
    )  # fmt: skip


def plan_of(user: Any, workspace: Workspace, number: int) -> DistillationPlan:
    """One plan; 404 where the person may not see it."""
    rows = access.plans_for(user).filter(workspace=workspace, number=number)
    found = rows.select_related(
        "workspace", "base", "prompts__suite", "suite_version__suite", "acknowledged_by", "created_by"
    ).first()
    if found is None:
        raise Http404("no such plan")
    return found


def plan_page(user: Any, workspace: Workspace, number: int) -> PlanPage:
    """One plan with its students, the curve of the one that trains, and what may be done now."""
    plan = plan_of(user, workspace, number)
    students = list(plan.students.select_related("teacher"))
    shown = _shown(students)
    curve = _curve(shown, f"d{plan.number}") if shown else None
    return PlanPage(
        plan=plan,
        state_word=plan.get_state_display(),
        students=tuple(_row(student) for student in students),
        durations=_durations(plan),
        estimate=_estimate(plan),
        facts=_facts(plan),
        answers=_answers(plan),
        curve=curve,
        curve_of=shown.name if shown else "",
        is_moving=plan.state in MOVING,
        may_pause=plan.state in (PlanState.ANSWERING, PlanState.TRAINING),
        may_cancel=plan.state in OPEN,
        may_delete=plan.state in ENDED and any(s.state != StudentState.DELETED for s in students),
        makes_base=plan.state == PlanState.TRAINING
        and plan.units.filter(kind=UnitKind.BASE, state__in=(UnitState.READY, UnitState.LEASED)).exists(),
        needs_acknowledgement=bool(plan.restricted) and plan.acknowledged_at is None,
    )


def student_page(user: Any, workspace: Workspace, number: int, position: int) -> StudentPage:
    """One student; 404 where there is none."""
    plan = plan_of(user, workspace, number)
    student = plan.students.select_related("teacher").filter(position=position).first()
    if student is None:
        raise Http404("no such student")
    points = tuple(
        (int(step), fmt.number(loss, 3), "" if seen is None else fmt.number(seen, 3))
        for step, loss, seen in student.losses
    )
    return StudentPage(plan, _row(student), _card(student), _curve(student, "s"), points)


def _shown(students: list[ControlStudent]) -> ControlStudent | None:
    """Whose curve a plan's page draws: who trains now, else the last with a curve."""
    with_curve = [student for student in students if student.losses]
    training = [student for student in with_curve if student.state == StudentState.TRAINING]
    return training[0] if training else with_curve[-1] if with_curve else None


def _curve(student: ControlStudent, ident: str) -> LossCurve | None:
    points = [(int(step), loss, seen) for step, loss, seen in student.losses]
    return loss_curve(points, steps=student.steps, ident=ident, title=f"Loss of {student.name}")


def _look(state: str) -> str:
    """The state's key in the table of looks."""
    return {
        PlanState.CHECKING: "running",
        PlanState.READY: "waiting",
        PlanState.REFUSED: "failed",
        PlanState.ANSWERING: "running",
        PlanState.TRAINING: "running",
        StudentState.TRAINED: "complete",
        StudentState.NOTHING_LEARNT: "cancelled",
        StudentState.DELETED: "cancelled",
    }.get(state, state)


def _row(student: ControlStudent) -> StudentRow:
    last = student.losses[-1][1] if student.losses else None
    n = ((student.card or {}).get("agreement") or {}).get("n")
    agreement = "Not measured"
    if student.agreement is not None and student.agreement_before is not None:
        agreement = (
            f"{fmt.number(student.agreement, 2)} after {fmt.number(student.agreement_before, 2)}, n = {n}"
        )
    return StudentRow(
        position=student.position,
        name=student.name,
        recipe=recipes.get(student.recipe).title,
        teacher=student.teacher.name if student.teacher else "None",
        seed=student.seed,
        state=_look(student.state),
        state_word=student.get_state_display(),
        steps=student.steps,
        steps_done=student.steps_done,
        loss="Not measured" if last is None else fmt.number(last, 2),
        cpu_seconds=student.cpu_seconds,
        agreement=agreement,
        failure=student.failure,
        model_id=student.model_id,
    )


def _answers(plan: DistillationPlan) -> tuple[tuple[str, int, int], ...]:
    """(model and temperature, answers stored, prompts) of every run that the plan learns from."""
    links = plan.answers.select_related("model").annotate(stored=Count("run__completions"))
    how = {0.0: "greedy answers"}
    return tuple(
        (
            f"{link.model.name}, {how.get(link.temperature, f'sampled at {link.temperature:g}')}",
            link.stored,
            plan.prompts.sample_count,
        )
        for link in links
    )


def _durations(plan: DistillationPlan) -> tuple[tuple[str, float], ...]:
    """Compute times in seconds; empty before the check."""
    found = plan.estimate or {}
    named = (
        ("Compute time in all", "cpu_seconds"),
        ("Each student", "seconds_per_student"),
        ("Tiny base", "base_seconds"),
    )
    return tuple((label, float(found[key])) for label, key in named if found.get(key))


def _estimate(plan: DistillationPlan) -> tuple[tuple[str, str], ...]:
    found = plan.estimate or {}
    if "cpu_seconds" not in found:
        return ()
    money = found.get("money_micro")
    return (
        ("Memory while one trains", f"{found['memory_bytes'] / 2**20:,.0f} MiB"),
        ("Disk", f"{found['disk_bytes'] / 2**20:,.0f} MiB"),
        ("Students at a time that fit", f"{found['students_at_once']:,}"),
        ("Teacher answers to obtain", f"{found['calls']:,} ({found['cached']:,} are stored already)"),
        ("Their price", "Not known" if money is None else fmt.money(money, plan.currency)),
        ("Speed measured on", str(found["measured_on"])),
    )


def _facts(plan: DistillationPlan) -> tuple[tuple[str, str], ...]:
    split = plan.plan["split"]
    return (
        ("Training prompts", f"{plan.prompts}, {split['n_training']:,} used"),
        ("Taken out", f"{split['n_shared_removed']:,} that the verdict's suite has too"),
        ("Suite of the verdict", str(plan.suite_version)),
        ("Base", plan.base.name if plan.base else "A tiny base that Pedigree trains"),
        ("Steps", f"{plan.plan['settings']['steps']:,}"),
        ("Hash of the training prompts", split["training_hash"][:12]),
        ("Plan digest", plan.plan_digest[:12]),
        ("After the audit", "Students are deleted" if plan.delete_after_audit else "Students are kept"),
    )


def _card(student: ControlStudent) -> tuple[tuple[str, str], ...]:
    card = student.card or {}
    shown = (
        ("Teacher", card.get("teacher") or "None"),
        ("Recipe", recipes.get(student.recipe).about),
        ("Parent", card.get("parent")),
        ("Pairs", card.get("n_pairs")),
        ("Data hash", str(card.get("data_hash", ""))[:12]),
        ("Seed", card.get("seed")),
        ("Parameters", f"{card['parameters']:,}" if card.get("parameters") else ""),
        ("Acknowledgement", card.get("acknowledgement") or "Not needed"),
    )
    return tuple((label, str(value)) for label, value in shown) if card else ()

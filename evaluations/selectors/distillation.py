"""Distillation plans and control students as rows of lists and as pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import Http404

from evaluations import access
from evaluations.models import (
    DistillationPlan,
    MemberRole,
    Membership,
    Model,
    PlanState,
    Sample,
    StudentState,
    SuiteVersion,
    UnitKind,
    UnitState,
    Workspace,
)
from evaluations.reports import format as fmt
from evaluations.selectors import control_students
from evaluations.selectors.control_students import Curve, StudentRow, look
from evaluations.selectors.models import Fact

PANEL_CANDIDATES = ("candidate", "teacher_candidate")
MOVING = (PlanState.CHECKING, PlanState.ANSWERING, PlanState.TRAINING)
BEFORE_THE_START = (PlanState.CHECKING, PlanState.READY)
OPEN = (*MOVING, PlanState.READY, PlanState.PAUSED)
WAY: dict[str, int] = {
    PlanState.CHECKING: 0,
    PlanState.REFUSED: 0,
    PlanState.READY: 1,
    PlanState.ANSWERING: 2,
    PlanState.TRAINING: 3,
    PlanState.FINISHED: 4,
}
PAGE = 20
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
class PlanList:
    """One page of plans, newest first; ``older`` and ``newer`` are the numbers to go on from."""

    rows: tuple[PlanRow, ...]
    n_all: int
    older: int | None
    newer: int | None


@dataclass(frozen=True)
class PlanStep:
    """One step of a plan's way: ``at`` is done, now, or empty where it is still to come."""

    title: str
    at: str


@dataclass(frozen=True)
class PlanPage:
    """Everything that a plan's page shows. ``approvers``: who may acknowledge, named only while it is missing."""

    plan: DistillationPlan
    state: str
    state_word: str
    steps: tuple[PlanStep, ...]
    students: tuple[StudentRow, ...]
    durations: tuple[tuple[str, float], ...]
    estimate: tuple[tuple[str, str], ...]
    facts: tuple[Fact, ...]
    answers: tuple[tuple[str, int, int], ...]
    curve: Curve | None
    n_trained: int
    approvers: tuple[str, ...]
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
    card: tuple[Fact, ...]
    curve: Curve | None


def models_of(user: Any, workspace: Workspace) -> QuerySet[Model]:
    """The models that may teach: registered ones and the candidates of panels, no control students."""
    of_panels = Q(panel__isnull=True) | Q(panel_role__in=PANEL_CANDIDATES)
    rows = access.models_for(user).filter(of_panels, workspace=workspace, control_student__isnull=True)
    return rows.order_by("owner", "name")


def versions_of(user: Any, workspace: Workspace) -> QuerySet[SuiteVersion]:
    """The workspace's suite versions, newest first."""
    rows = access.suite_versions_for(user).filter(suite__workspace=workspace)
    return rows.select_related("suite").order_by("-created_at", "-id")


def with_targets(versions: QuerySet[SuiteVersion]) -> bool:
    """Whether any of the versions has right answers."""
    return Sample.objects.filter(version__in=versions.order_by()).exclude(targets=[]).exists()


def plan_list(
    user: Any, workspace: Workspace, *, before: int | None = None, after: int | None = None
) -> PlanList:
    """One page of the workspace's plans: ``before`` goes to older ones, ``after`` to newer ones."""
    rows = access.plans_for(user).filter(workspace=workspace).order_by("-number")
    n_all = rows.count()
    if after is not None:
        found = list(_counted(rows.filter(number__gt=after).order_by("number"))[:PAGE])[::-1]
    else:
        found = list(_counted(rows if before is None else rows.filter(number__lt=before))[:PAGE])
    keys = {key for row in found for key in row.plan["teachers"]}
    names = dict(access.models_for(user).filter(workspace=workspace, key__in=keys).values_list("key", "name"))
    newest, oldest = (found[0].number, found[-1].number) if found else (0, 0)
    return PlanList(
        tuple(_plan_row(row, names) for row in found),
        n_all,
        older=oldest if found and rows.filter(number__lt=oldest).exists() else None,
        newer=newest if found and rows.filter(number__gt=newest).exists() else None,
    )


def _counted(rows: QuerySet[DistillationPlan]) -> QuerySet[Any]:
    trained = Count("students", filter=Q(students__state=StudentState.TRAINED))
    return rows.select_related("created_by").annotate(n_students=Count("students"), n_trained=trained)


def _plan_row(row: Any, names: dict[str, str]) -> PlanRow:
    return PlanRow(
        row.number, row.reference, row.title, look(row.state), row.get_state_display(),
        ", ".join(names.get(key, key) for key in row.plan["teachers"]), row.n_students, row.n_trained,
        row.created_at, row.created_by.get_username() if row.created_by else "",
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
    shown = control_students.shown(students)
    missing = bool(plan.restricted) and plan.acknowledged_at is None and plan.state in BEFORE_THE_START
    return PlanPage(
        plan=plan,
        state=look(plan.state),
        state_word=plan.get_state_display(),
        steps=_steps(plan),
        students=tuple(control_students.row_of(student) for student in students),
        durations=_durations(plan),
        estimate=_estimate(plan),
        facts=_facts(plan),
        answers=_answers(plan),
        curve=control_students.curve_of(shown) if shown else None,
        n_trained=sum(student.state == StudentState.TRAINED for student in students),
        approvers=_approvers(plan) if missing else (),
        is_moving=plan.state in MOVING,
        may_pause=plan.state in (PlanState.ANSWERING, PlanState.TRAINING),
        may_cancel=plan.state in OPEN,
        may_delete=plan.state in ENDED and any(s.state != StudentState.DELETED for s in students),
        makes_base=plan.state == PlanState.TRAINING
        and plan.units.filter(kind=UnitKind.BASE, state__in=(UnitState.READY, UnitState.LEASED)).exists(),
        needs_acknowledgement=missing,
    )


def student_page(user: Any, workspace: Workspace, number: int, position: int) -> StudentPage:
    """One student; 404 where there is none."""
    plan = plan_of(user, workspace, number)
    student = plan.students.select_related("teacher").filter(position=position).first()
    if student is None:
        raise Http404("no such student")
    return StudentPage(
        plan,
        control_students.row_of(student),
        control_students.card_of(student),
        control_students.curve_of(student),
    )


def _steps(plan: DistillationPlan) -> tuple[PlanStep, ...]:
    state = plan.paused_in if plan.state == PlanState.PAUSED else plan.state
    at = WAY.get(state)
    start = "Acknowledge and start" if plan.restricted else "Start"
    titles = ("Check", start, "Obtain answers", "Train", "Use in an audit")
    return tuple(
        PlanStep(title, "" if at is None or index > at else "now" if index == at else "done")
        for index, title in enumerate(titles)
    )


def _approvers(plan: DistillationPlan) -> tuple[str, ...]:
    roles = (MemberRole.APPROVER, MemberRole.ADMIN)
    rows = Membership.objects.filter(workspace=plan.workspace_id, role__in=roles, user__is_active=True)
    return tuple(rows.order_by("user__username").values_list("user__username", flat=True))


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
        ("Processor time a student", "seconds_per_student"),
        ("Processor time of the tiny base", "base_seconds"),
        ("Processor time in all", "cpu_seconds"),
    )
    return tuple((label, float(found[key])) for label, key in named if found.get(key))


def _estimate(plan: DistillationPlan) -> tuple[tuple[str, str], ...]:
    found = plan.estimate or {}
    if "cpu_seconds" not in found:
        return ()
    price = fmt.money(found.get("money_micro"), plan.currency)
    if found.get("money_most_micro"):
        price = f"{price}, at most {fmt.money(found['money_most_micro'], plan.currency)}"
    return (
        ("Memory while one trains", f"{found['memory_bytes'] / 2**20:,.0f} MiB"),
        ("Disk", f"{found['disk_bytes'] / 2**20:,.0f} MiB"),
        ("Students at a time that fit", f"{found['students_at_once']:,}"),
        ("Teacher answers to obtain", f"{found['calls']:,} ({found['cached']:,} are stored already)"),
        ("Their price", "Not known" if found.get("money_micro") is None else price),
        ("Speed measured on", str(found["measured_on"])),
    )


def _facts(plan: DistillationPlan) -> tuple[Fact, ...]:
    split = plan.plan["split"]
    cap = plan.budget_cap_micro
    return (
        Fact("Training prompts", f"{plan.prompts}, {split['n_training']:,} used"),
        Fact("Taken out", f"{split['n_shared_removed']:,} that the verdict's suite has too"),
        Fact("Suite of the verdict", str(plan.suite_version)),
        Fact("Base", plan.base.name if plan.base else "A tiny base that Pedigree trains"),
        Fact("Steps", f"{plan.plan['settings']['steps']:,}"),
        Fact("Hard cap", "None" if cap is None else fmt.money(cap, plan.currency)),
        Fact("After the audit", "Students are deleted" if plan.delete_after_audit else "Students are kept"),
        Fact("Hash of the training prompts", split["training_hash"], mono=True),
        Fact("Hash of the verdict's prompts", split["verdict_hash"], mono=True),
        Fact("Plan digest", plan.plan_digest, mono=True),
    )

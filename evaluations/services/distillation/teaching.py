"""Training in the worker: a tiny base or one student, in slices that a killed worker cannot spoil."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from evaluations.distillation import bases, checks, folders
from evaluations.distillation.recipes import recipes
from evaluations.distillation.students import StudentJob, StudentResult, train_student
from evaluations.distillation.training import Progress, TrainingFailed
from evaluations.models import (
    Completion,
    ControlStudent,
    DistillationPlan,
    PlanState,
    StudentState,
    UnitState,
    WorkUnit,
)
from evaluations.services import queue
from evaluations.services.distillation import places, steps
from evaluations.services.distillation.checking import device, settings_of
from evaluations.services.distillation.registering import register
from evaluations.services.distillation.requests import texts_of
from evaluations.services.distillation.sources import StoredSources

SHOW_S: Final = 1.0
NO_ROOM_S: Final = 10.0
CURVE_POINTS: Final = 200
ANSWER_TEXTS: Final = 4000


class Slice:
    """When a unit should stop: its time is over, its lease is lost, or its plan is paused or cancelled."""

    def __init__(self, plan_id: int, lost: Callable[[], bool]) -> None:
        self.plan_id, self.lost = plan_id, lost
        # Loading a large model may take longer than a slice, so the clock starts with the first question.
        self.until: float | None = None
        self.asked_at = time.monotonic()
        self.state = str(PlanState.TRAINING)

    def __call__(self) -> bool:
        if self.until is None:
            self.until = time.monotonic() + settings.TRAINING_SLICE_S
        if self.lost() or time.monotonic() >= self.until:
            return True
        if time.monotonic() - self.asked_at >= SHOW_S:
            self.asked_at = time.monotonic()
            self.state = DistillationPlan.objects.values_list("state", flat=True).get(pk=self.plan_id)
        return self.state != PlanState.TRAINING


def make_base(held: queue.Claim, lost: Callable[[], bool]) -> None:
    """Train the plan's tiny base for a slice; when it is there its students may begin."""
    plan = DistillationPlan.objects.select_related("prompts", "suite_version").get(pk=held.plan_id)
    if _not_training(held, plan):
        return
    folder = places.base_folder(plan)
    if folders.card_of(folder) is None:
        try:
            card = bases.train_tiny_base(
                texts_of(plan.prompts),
                _answer_texts(plan),
                folder,
                folder.with_name("base.checkpoint"),
                seed=plan.number,
                settings=bases.SETTINGS,
                should_stop=Slice(plan.pk, lost),
            )
        except TrainingFailed as error:
            steps.fail(plan, f"The base: {error}")
            queue.drop(held, error=str(error))
            return
        if card is None:
            _continue(held, plan, lost)
            return
    with transaction.atomic():
        queue.finish(held)
        steps.release_students(plan)


def _answer_texts(plan: DistillationPlan) -> list[str]:
    runs = plan.answers.values("run_id")
    return list(
        Completion.objects.filter(run_id__in=runs, error="")
        .order_by("id")
        .values_list("text", flat=True)[:ANSWER_TEXTS]
    )


def _not_training(held: queue.Claim, plan: DistillationPlan) -> bool:
    """End or put aside a unit whose plan does not train; true where there is nothing to do now."""
    if plan.state == PlanState.TRAINING:
        return False
    if plan.state == PlanState.PAUSED:
        queue.park(held)
    else:
        queue.drop(held, error=f"the plan is {plan.state}")
    return True


def _continue(held: queue.Claim, plan: DistillationPlan, lost: Callable[[], bool]) -> None:
    """After a slice: lost, put aside, dropped, or next in line."""
    if lost():
        raise queue.LeaseLost(f"unit {held.unit_id} at fence {held.fence}")
    plan.refresh_from_db(fields=["state"])
    if not _not_training(held, plan):
        queue.continue_later(held)


def teach(held: queue.Claim, lost: Callable[[], bool]) -> None:
    """Train one student for a slice and store how far it came; register it when it is finished."""
    student = ControlStudent.objects.select_related(
        "plan__prompts", "plan__suite_version", "plan__base", "plan__workspace", "teacher"
    ).get(pk=held.control_student_id)
    plan = student.plan
    if _not_training(held, plan):
        return
    if not _fits(plan, held):
        queue.continue_later(held, after_s=NO_ROOM_S)
        return
    ControlStudent.objects.filter(pk=student.pk, state=StudentState.WAITING).update(
        state=StudentState.TRAINING
    )
    try:
        result = train_student(
            job_of(student), on_progress=_Shown(held, student), should_stop=Slice(plan.pk, lost)
        )
    except TrainingFailed as error:
        _end(held, student, state=StudentState.FAILED, failure=str(error)[:4000])
        return
    if result is None:
        _continue(held, plan, lost)
        return
    if lost():
        raise queue.LeaseLost(f"unit {held.unit_id} at fence {held.fence}")
    _store(held, student, result)


def _fits(plan: DistillationPlan, held: queue.Claim) -> bool:
    """Whether a student more fits into the device's memory. One that trains alone always tries."""
    others = WorkUnit.objects.filter(kind=held.kind, state=UnitState.LEASED).exclude(pk=held.unit_id)
    needed = int((plan.estimate or {}).get("memory_bytes", 0))
    return not others.exists() or checks.free_memory(device()) >= needed


def job_of(student: ControlStudent) -> StudentJob:
    """The training of one student, from its plan's rows."""
    plan = student.plan
    recipe = recipes.get(student.recipe)
    from_teacher = recipe.starts_from == "teacher" and student.teacher is not None
    return StudentJob(
        recipe=student.recipe,
        teacher_folder=places.model_folder(student.teacher),
        base_folder=places.base_folder(plan),
        folder=places.student_folder(student),
        checkpoint=places.checkpoint(student),
        sources=StoredSources(student),
        settings=settings_of(plan),
        seed=student.seed,
        device=device(),
        card={
            "plan": plan.reference,
            "plan_digest": plan.plan_digest,
            "teacher": student.teacher.key if student.teacher else None,
            "parent": student.teacher.key if from_teacher and student.teacher else parent_of(plan),
            "acknowledgement": plan.acknowledgement or None,
        },
    )


def parent_of(plan: DistillationPlan) -> str:
    """The base's key, or the name of the plan's own."""
    return plan.base.key if plan.base else f"tiny base of {plan.reference}"


class _Shown:
    """Writes progress to the student's row at most every second, while the lease is held."""

    def __init__(self, held: queue.Claim, student: ControlStudent) -> None:
        self.held, self.student = held, student
        self.points = {int(step): (loss, seen) for step, loss, seen in student.losses}
        self.shown_at = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        due = time.monotonic() - self.shown_at >= SHOW_S
        if not due and progress.held_out_loss is None:
            return
        self.points[progress.step] = (round(progress.loss, 4), progress.held_out_loss)
        if not due:
            return
        self.shown_at = time.monotonic()
        with transaction.atomic():
            queue.renew(self.held)
            ControlStudent.objects.filter(pk=self.student.pk).update(
                steps_done=progress.step, steps=progress.steps, losses=thinned(self.points)
            )


def thinned(points: dict[int, tuple[float, float | None]]) -> list[list[Any]]:
    """At most 200 points of a curve, evenly taken; those with a held-out loss are kept first."""
    steps_seen = sorted(points)
    wide = max(1, -(-len(steps_seen) // CURVE_POINTS))
    kept = [s for i, s in enumerate(steps_seen) if i % wide == 0 or points[s][1] is not None]
    return [[s, *points[s]] for s in kept[-CURVE_POINTS:]]


def _end(held: queue.Claim, student: ControlStudent, **values: Any) -> None:
    with transaction.atomic():
        queue.finish(held)
        ControlStudent.objects.filter(pk=student.pk).update(**values)
    steps.settle_plan(student.plan)


def _store(held: queue.Claim, student: ControlStudent, result: StudentResult) -> None:
    values: dict[str, Any] = {
        "state": StudentState.TRAINED if result.learnt else StudentState.NOTHING_LEARNT,
        "steps": result.steps,
        "steps_done": result.steps,
        "losses": [list(point) for point in result.losses],
        "cpu_seconds": result.cpu_seconds,
        "agreement": result.agreement,
        "agreement_before": result.agreement_before,
        "folder": str(places.student_folder(student).name),
        "card": result.card,
    }
    with transaction.atomic():
        queue.renew(held)
        if result.learnt:
            values["model"] = register(student, result, now=timezone.now())
        _end(held, student, **values)


def give_up(unit: WorkUnit) -> None:
    """End a unit that ended its worker again and again: the student or the plan, with the reason."""
    reason = f"The worker ended {unit.attempt} times while it worked on this; it is not tried again."
    gone = WorkUnit.objects.filter(pk=unit.pk, state=UnitState.LEASED, fence=unit.fence).update(
        state=UnitState.DROPPED, lease_until=None, error=reason
    )
    if not gone:
        return
    if unit.control_student is not None:
        ControlStudent.objects.filter(pk=unit.control_student_id).update(
            state=StudentState.FAILED, failure=reason
        )
        steps.settle_plan(unit.control_student.plan)
    elif unit.plan is not None:
        steps.fail(unit.plan, reason)

"""Training in the worker: a tiny base or one student, in slices that a killed worker cannot spoil."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from evaluations.distillation import bases, checks, folders
from evaluations.distillation.recipes import recipes
from evaluations.distillation.students import StudentJob, StudentResult, train_student
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
from evaluations.services.distillation.slices import Shown, Slice
from evaluations.services.distillation.sources import StoredSources
from evaluations.services.distillation.trouble import ENDS_TRAINING, is_full, reason_of, refuse_unsafe

NO_ROOM_S: Final = 10
SPREAD_S: Final = 11
ANSWER_TEXTS: Final = 4000


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
        except ENDS_TRAINING as error:
            with transaction.atomic():
                queue.renew(held)
                queue.drop(held, error=reason_of(error))
                steps.fail(plan, f"The base: {reason_of(error)}")
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
        queue.continue_later(held, after_s=_pause(held))
        return
    ControlStudent.objects.filter(pk=student.pk, state=StudentState.WAITING).update(
        state=StudentState.TRAINING
    )
    try:
        job = job_of(student)
        refuse_unsafe(job)
        result = train_student(job, on_progress=Shown(held, student), should_stop=Slice(plan.pk, lost))
    except ENDS_TRAINING as error:
        if is_full(error) and _others(held).exists():
            queue.continue_later(held, after_s=_pause(held))
        else:
            _end(held, student, state=StudentState.FAILED, failure=reason_of(error))
        return
    if result is None:
        _continue(held, plan, lost)
        return
    if lost():
        raise queue.LeaseLost(f"unit {held.unit_id} at fence {held.fence}")
    _store(held, student, result)


def _fits(plan: DistillationPlan, held: queue.Claim) -> bool:
    """Whether a student more fits into the device's memory. One that trains alone always tries."""
    needed = int((plan.estimate or {}).get("memory_bytes", 0))
    return not _others(held).exists() or checks.free_memory(device()) >= needed


def _others(held: queue.Claim) -> QuerySet[WorkUnit]:
    """The students that other workers of this machine train now."""
    here = f"{socket.gethostname()}:"
    return WorkUnit.objects.filter(kind=held.kind, state=UnitState.LEASED, worker__startswith=here).exclude(
        pk=held.unit_id
    )


def _pause(held: queue.Claim) -> int:
    """Seconds until the next try: different for each student, so that two never wait for each other for ever."""
    return NO_ROOM_S + (held.unit_id * 7 + held.fence * 3) % SPREAD_S


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

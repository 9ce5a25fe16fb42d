"""Distillation plans: make one, start it once, pause it, go on, cancel it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from evaluations.errors import Refusal
from evaluations.inference.backend import backends as backend_registry
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
    WorkUnit,
)
from evaluations.records import digest, to_json
from evaluations.services import events, run_setup, sharing
from evaluations.services.distillation import guard, steps
from evaluations.services.distillation.requests import (
    MAX_NEW_TOKENS,
    DistillationRequest,
    learnt_from,
    models_of,
    problems_of,
    split_of,
    students_of,
)

WORKING = (PlanState.ANSWERING, PlanState.TRAINING)
OPEN = (PlanState.CHECKING, PlanState.READY, *WORKING, PlanState.PAUSED)


def plan_of(request: DistillationRequest) -> dict[str, Any]:
    """The plan as the JSON that is locked and digested."""
    split = split_of(request)
    return {
        "schema": 1,
        "title": request.title,
        "prompts": _named(request.prompts),
        "suite": _named(request.suite_version),
        "split": {
            "n_training": len(split.kept),
            "n_shared_removed": split.shared,
            "training_hash": split.training_hash,
            "verdict_hash": split.verdict_hash,
        },
        "teachers": [model.key for model in request.teachers],
        "recipes": list(request.recipes),
        "seeds": request.seeds,
        "unrelated": request.unrelated.key if request.unrelated else "",
        "shared_data": _named(request.shared_data) if request.shared_data else None,
        "base": request.base.key if request.base else "",
        "configurations": {model.key: model.configuration_digest() for model in models_of(request)},
        "settings": to_json(request.settings),
        "students": students_of(request),
        "decoding": {"max_new_tokens": MAX_NEW_TOKENS, "seed": 0},
    }


def _named(version: SuiteVersion) -> dict[str, Any]:
    return {
        "suite": version.suite.name,
        "version": version.number,
        "version_id": version.pk,
        "content_hash": version.content_hash,
        "n": version.sample_count,
    }


@transaction.atomic
def create(
    *, workspace: Workspace, user: Any, request: DistillationRequest, now: datetime
) -> DistillationPlan:
    """Check and lock a plan; a worker then checks it against this machine.

    Refuses with every problem at once; nothing is stored then.
    """
    problems = problems_of(request, workspace)
    if problems:
        raise Refusal(*problems)
    Workspace.objects.select_for_update().get(pk=workspace.pk)
    last = DistillationPlan.objects.filter(workspace=workspace).aggregate(last=Max("number"))["last"] or 0
    locked = plan_of(request)
    plan = DistillationPlan.objects.create(
        workspace=workspace,
        number=last + 1,
        title=request.title,
        prompts=request.prompts,
        suite_version=request.suite_version,
        base=request.base,
        plan=locked,
        plan_digest=digest(locked),
        budget_cap_micro=request.budget_cap_micro,
        currency=request.currency,
        delete_after_audit=request.delete_after_audit,
        restricted=guard.restricted(learnt_from(request), today=now.date()),
        created_at=now,
        created_by=user if user is not None and user.is_authenticated else None,
    )
    _add_students(plan, locked["students"], {model.key: model for model in request.teachers})
    WorkUnit.objects.create(kind=UnitKind.CHECKING, plan=plan, queue=settings.GPU_QUEUE)
    events.record(
        workspace=workspace, user=user, verb="distillation plan made", subject=plan.reference,
        payload={"plan_digest": plan.plan_digest}, now=now,
    )  # fmt: skip
    return plan


def _refuse_changed(row: DistillationPlan) -> None:
    """Raise :class:`Refusal` where a model is not set up any more as it was when the plan was checked."""
    locked = row.plan.get("configurations", {})
    found = Model.objects.filter(workspace=row.workspace, key__in=locked)
    changed = [model.name for model in found if model.configuration_digest() != locked[model.key]]
    if changed:
        raise Refusal(
            f"{row.reference}: {', '.join(changed)} was changed after the plan was made. Make a new plan."
        )


def _add_students(plan: DistillationPlan, listed: list[dict[str, Any]], teachers: dict[str, Model]) -> None:
    ControlStudent.objects.bulk_create(
        ControlStudent(
            plan=plan,
            position=item["position"],
            name=item["name"],
            recipe=item["recipe"],
            teacher=teachers.get(item["teacher"] or ""),
            seed=item["seed"],
            steps=plan.plan["settings"]["steps"],
        )
        for item in listed
    )


@transaction.atomic
def start(*, plan: DistillationPlan, user: Any, now: datetime, queue_name: str = "") -> bool:
    """Start a checked plan; true where this call started it. A second call changes nothing.

    Refuses while the acknowledgement of restricted teachers is missing. ``queue_name`` sends every unit to one
    queue, for a command that works in the foreground.
    """
    row = DistillationPlan.objects.select_for_update().get(pk=plan.pk)
    if row.state in WORKING or row.state in (PlanState.PAUSED, PlanState.FINISHED):
        return False
    if row.state != PlanState.READY:
        raise Refusal(
            f"{row.reference} is {PlanState(row.state).label.lower()}; only a plan that is ready can start."
        )
    _refuse_changed(row)
    guard.refuse_unacknowledged(row)
    row.state, row.started_at, row.queue = PlanState.ANSWERING, now, queue_name
    row.save(update_fields=["state", "started_at", "queue"])
    steps.attach_answers(row)
    events.record(
        workspace=row.workspace, user=user, verb="distillation started", subject=row.reference, now=now
    )
    steps.settle_plan(row)
    plan.refresh_from_db()
    return True


@transaction.atomic
def pause(*, plan: DistillationPlan, user: Any, now: datetime) -> None:
    """Let no new unit begin; what trains at the moment writes its checkpoint and stops."""
    row = _moved(plan, WORKING, PlanState.PAUSED, "paused")
    steps.put_aside(row)
    sharing.let_go(steps.run_ids(row), now=now)
    events.record(
        workspace=row.workspace, user=user, verb="distillation paused", subject=row.reference, now=now
    )
    plan.refresh_from_db()


@transaction.atomic
def resume(*, plan: DistillationPlan, user: Any, now: datetime) -> None:
    """Go on where the plan was paused."""
    row = DistillationPlan.objects.select_for_update().get(pk=plan.pk)
    if row.state != PlanState.PAUSED:
        raise Refusal(f"{row.reference} is {PlanState(row.state).label.lower()}; it is not paused.")
    # A command in the foreground ended with the pause; nobody serves its queue any more.
    row.state, row.paused_in, row.queue = row.paused_in, "", ""
    row.save(update_fields=["state", "paused_in", "queue"])
    steps.take_up(row)
    steps.settle_plan(row)
    events.record(
        workspace=row.workspace, user=user, verb="distillation resumed", subject=row.reference, now=now
    )
    plan.refresh_from_db()


@transaction.atomic
def cancel(*, plan: DistillationPlan, user: Any, now: datetime) -> None:
    """End a plan: no new call begins; finished students and stored answers are kept."""
    row = _moved(plan, OPEN, PlanState.CANCELLED, "cancelled")
    row.finished_at = now
    row.save(update_fields=["finished_at"])
    steps.own_units(row).filter(state=UnitState.READY).update(state=UnitState.DROPPED)
    sharing.let_go(steps.run_ids(row), now=now)
    row.students.filter(state__in=(StudentState.WAITING, StudentState.TRAINING)).update(
        state=StudentState.CANCELLED
    )
    events.record(
        workspace=row.workspace, user=user, verb="distillation cancelled", subject=row.reference, now=now
    )
    plan.refresh_from_db()


def _moved(
    plan: DistillationPlan, allowed: tuple[PlanState, ...], state: PlanState, word: str
) -> DistillationPlan:
    row = DistillationPlan.objects.select_for_update().get(pk=plan.pk)
    if row.state not in allowed:
        raise Refusal(f"{row.reference} is {PlanState(row.state).label.lower()}; it cannot be {word}.")
    row.paused_in = row.state if state == PlanState.PAUSED else ""
    row.state = state
    row.save(update_fields=["state", "paused_in"])
    return row


def queues(plan: DistillationPlan) -> tuple[str, ...]:
    """The queues whose workers a plan needs, to be woken by the entry point."""
    backends = plan.answers.values_list("model__backend", flat=True).distinct()
    needed = {run_setup.queue_of(backend_registry.get(kind)) for kind in backends}
    return (plan.queue,) if plan.queue else tuple(sorted(needed | {settings.GPU_QUEUE}))

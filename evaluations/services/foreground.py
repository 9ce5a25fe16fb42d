"""An audit or a distillation plan in the foreground: the same services as the workers, in this process."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone

from evaluations.models import Audit, AuditState, Completion, DistillationPlan, PlanState, WorkUnit
from evaluations.services import audits, queue, runs
from evaluations.services.distillation import plans, steps

ENDED = (AuditState.FINISHED, AuditState.CANCELLED, AuditState.FAILED)
PLAN_ENDED = (PlanState.FINISHED, PlanState.CANCELLED, PlanState.FAILED, PlanState.REFUSED, PlanState.PAUSED)
WAIT_S = 0.3
SHOW_S = 1.0


@dataclass(frozen=True)
class Progress:
    """Recounted from rows: answers stored, answers planned, units left, seconds since the start."""

    stored: int
    planned: int
    units_left: int
    seconds: float
    state: str


def run(
    audit: Audit, *, on_progress: Callable[[Progress], None] | None = None, queue_name: str = ""
) -> Audit:
    """Start the audit where it is not started and drain its units here until it has ended.

    Without ``queue_name`` the units go to a queue of this process, so that a worker with other grants
    does not take them.
    """
    name = queue_name or own_queue()
    audits.start(audit=audit, user=None, now=timezone.now(), queue_name=name)

    def ended() -> bool:
        audit.refresh_from_db()
        return audit.state in ENDED

    def show(seconds: float) -> None:
        if on_progress:
            on_progress(progress_of(audit, seconds))

    drain(name, ended=ended, show=show)
    return audit


def run_plan(
    plan: DistillationPlan,
    *,
    on_progress: Callable[[DistillationPlan], None] | None = None,
    queue_name: str = "",
) -> DistillationPlan:
    """Check the plan, start it and drain its units here until it has ended, is paused or cannot start.

    Without ``queue_name`` the units go to a queue of this process, as those of :func:`run`. Raises ``Refusal``
    where a teacher's terms were not acknowledged.
    """
    name = queue_name or own_queue()
    plan.refresh_from_db()
    steps.move(plan, name)

    def ended() -> bool:
        plan.refresh_from_db()
        if plan.state == PlanState.READY:
            plans.start(plan=plan, user=None, now=timezone.now(), queue_name=name)
        return plan.state in PLAN_ENDED

    def show(seconds: float) -> None:
        if on_progress:
            on_progress(plan)

    drain(name, ended=ended, show=show)
    return plan


def own_queue() -> str:
    """The name of a queue that no other process serves."""
    return f"foreground-{secrets.token_hex(4)}"


def drain(name: str, *, ended: Callable[[], bool], show: Callable[[float], None]) -> None:
    """Do the units of a queue in this process until ``ended``; ``show`` gets the seconds, about every second."""
    began = shown_at = time.monotonic()
    while True:
        held = queue.claim(queue=name, worker=runs.worker_name())
        if held is not None:
            runs.do(held)
        over = ended()
        if time.monotonic() - shown_at >= SHOW_S:
            shown_at = time.monotonic()
            show(shown_at - began)
        if over:
            return
        if held is None:
            runs.sweep()
            time.sleep(WAIT_S)


def progress_of(audit: Audit, seconds: float) -> Progress:
    """How far the audit is."""
    run_ids = list(audit.audit_models.exclude(run=None).values_list("run_id", flat=True))
    planned = sum(
        audit.suite_version.sample_count * int(decoding.get("samples", 1))
        for decoding in audit.audit_models.exclude(run=None).values_list("run__decoding", flat=True)
    )
    return Progress(
        stored=Completion.objects.filter(run_id__in=run_ids).count(),
        planned=planned,
        units_left=WorkUnit.objects.filter(run_id__in=run_ids, state__in=("ready", "leased")).count(),
        seconds=seconds,
        state=audit.state,
    )

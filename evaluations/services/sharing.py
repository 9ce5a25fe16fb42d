"""Runs are shared: an audit or a plan that stops lets go of a run only where nobody else waits for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet

from evaluations.models import AuditState, PlanState, Run, RunState, UnitState, WorkUnit
from evaluations.services import queue

WAITED_FOR = Q(audit_models__audit__state=AuditState.RUNNING) | Q(
    plan_answers__plan__state=PlanState.ANSWERING
)
WAITED_FOR_LATER = Q(
    plan_answers__plan__state=PlanState.PAUSED, plan_answers__plan__paused_in=PlanState.ANSWERING
)


def let_go(run_ids: Iterable[int], *, now: datetime) -> None:
    """Stop the runs that no running audit and no answering plan waits for.

    Where a paused plan waits their units are put aside, else the run is cancelled. Stored answers are kept.
    Call it in the transaction in which the audit or the plan stopped.
    """
    runs = Run.objects.filter(pk__in=list(run_ids), state__in=(RunState.WAITING, RunState.RUNNING))
    idle = _keys(runs) - _keys(runs.filter(WAITED_FOR))
    resting = _keys(Run.objects.filter(WAITED_FOR_LATER, pk__in=idle))
    ended = idle - resting
    WorkUnit.objects.filter(run_id__in=resting, state__in=(UnitState.READY, UnitState.LEASED)).update(
        queue=queue.PARKED
    )
    Run.objects.filter(pk__in=ended).update(state=RunState.CANCELLED, finished_at=now)
    WorkUnit.objects.filter(run_id__in=ended, state=UnitState.READY).update(state=UnitState.DROPPED)


def _keys(runs: QuerySet[Run]) -> set[int]:
    return set(runs.values_list("pk", flat=True))

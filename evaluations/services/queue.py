"""The work queue: rows are the truth, the broker only wakes workers.

A claim is one conditional UPDATE. It raises the unit's fence and sets its lease by the database's
clock; every later write of the worker names the fence, so a worker that lost its lease changes nothing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models import DateTimeField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import Now

from evaluations.models import UnitKind, UnitState, WorkUnit

log = logging.getLogger(__name__)

LOOK_AHEAD = 8
BACKOFF_S = (5, 20, 60)
LONG_KINDS = (UnitKind.BASE, UnitKind.TRAINING, UnitKind.LIVE)
PARKED = "paused"
"""A queue that no worker serves: units wait there for the end of a pause."""


class LeaseLost(Exception):
    """Another worker holds the unit by now; nothing of this attempt may be written."""


@dataclass(frozen=True)
class Claim:
    """A unit that this worker holds, with the fence it holds it by."""

    unit_id: int
    kind: str
    run_id: int | None
    audit_id: int | None
    plan_id: int | None
    control_student_id: int | None
    live_step_id: int | None
    first: int
    last: int
    fence: int
    attempt: int


def held_as(unit: WorkUnit, *, fence: int, attempt: int) -> Claim:
    """The claim on ``unit`` at a fence."""
    return Claim(
        unit.pk, unit.kind, unit.run_id, unit.audit_id, unit.plan_id, unit.control_student_id,
        unit.live_step_id, unit.first, unit.last, fence, attempt,
    )  # fmt: skip


def _from_now(seconds: float) -> ExpressionWrapper:
    return ExpressionWrapper(Now() + timedelta(seconds=seconds), output_field=DateTimeField())


def claim(*, queue: str, worker: str) -> Claim | None:
    """The next ready unit of ``queue``, leased to ``worker``; ``None`` where there is none."""
    for unit in _ready(queue):
        won = WorkUnit.objects.filter(
            pk=unit.pk, queue=queue, state=UnitState.READY, fence=unit.fence
        ).update(
            state=UnitState.LEASED,
            fence=F("fence") + 1,
            attempt=F("attempt") + 1,
            lease_until=_from_now(settings.WORK_LEASE_S),
            worker=worker[:80],
            error="",
        )
        if won:
            return held_as(unit, fence=unit.fence + 1, attempt=unit.attempt + 1)
    return None


def _ready(queue: str) -> Iterator[WorkUnit]:
    """The oldest ready units of a queue. Training comes last: it takes long and somebody waits for the rest."""
    ready = WorkUnit.objects.filter(queue=queue, state=UnitState.READY).filter(
        Q(not_before__isnull=True) | Q(not_before__lte=Now())
    )
    long = Q(kind__in=LONG_KINDS)
    for part in (ready.exclude(long), ready.filter(long)):
        yield from part.order_by("id")[:LOOK_AHEAD]


def _held(held: Claim) -> QuerySet[WorkUnit]:
    return WorkUnit.objects.filter(pk=held.unit_id, state=UnitState.LEASED, fence=held.fence)


def renew(held: Claim) -> None:
    """Extend the lease; raises :class:`LeaseLost` where it is not held any more."""
    if not _held(held).update(lease_until=_from_now(settings.WORK_LEASE_S)):
        raise LeaseLost(f"unit {held.unit_id} at fence {held.fence}")


def finish(held: Claim) -> None:
    """Mark the unit done; raises :class:`LeaseLost`."""
    if not _held(held).update(state=UnitState.DONE, lease_until=None):
        raise LeaseLost(f"unit {held.unit_id} at fence {held.fence}")


def give_back(held: Claim, *, after_s: float, error: str) -> None:
    """Make the unit ready again, not before ``after_s`` seconds from now."""
    _held(held).update(
        state=UnitState.READY, lease_until=None, not_before=_from_now(after_s), error=error[:2000]
    )


def continue_later(held: Claim, *, after_s: float = 0.0) -> None:
    """Make the unit ready again after a part of its work, as if it had not been tried; raises
    :class:`LeaseLost`.
    """
    ready = _held(held).update(
        state=UnitState.READY, lease_until=None, not_before=_from_now(after_s) if after_s else None, attempt=0
    )
    if not ready:
        raise LeaseLost(f"unit {held.unit_id} at fence {held.fence}")


def park(held: Claim) -> None:
    """Put the unit aside until the end of a pause, as if it had not been tried."""
    _held(held).update(state=UnitState.READY, lease_until=None, attempt=0, queue=PARKED)


def drop(held: Claim, *, error: str) -> None:
    """End the unit without its work being done."""
    _held(held).update(state=UnitState.DROPPED, lease_until=None, error=error[:2000])


def expired() -> list[WorkUnit]:
    """Units whose lease ran out: their worker is gone."""
    return list(WorkUnit.objects.filter(state=UnitState.LEASED, lease_until__lt=Now()).order_by("id"))


def requeue(unit: WorkUnit) -> bool:
    """Make an expired unit ready again; false where its worker finished after all."""
    return bool(
        WorkUnit.objects.filter(
            pk=unit.pk, state=UnitState.LEASED, fence=unit.fence, lease_until__lt=Now()
        ).update(state=UnitState.READY, lease_until=None, not_before=None)
    )


def split(unit: WorkUnit, positions: list[int]) -> bool:
    """Replace an expired unit by units of one sample each, so that one bad sample stands alone."""
    with transaction.atomic():
        gone = WorkUnit.objects.filter(
            pk=unit.pk, state=UnitState.LEASED, fence=unit.fence, lease_until__lt=Now()
        ).delete()[0]
        if gone:
            WorkUnit.objects.bulk_create(
                WorkUnit(
                    kind=unit.kind,
                    queue=unit.queue,
                    run_id=unit.run_id,
                    first=position,
                    last=position + 1,
                    attempt=unit.attempt,
                    fence=unit.fence,
                )
                for position in positions
            )
    return bool(gone)


@contextmanager
def heartbeat(held: Claim) -> Iterator[threading.Event]:
    """Renew the lease from a second thread; the event is set once the lease is lost.

    Inside a transaction nobody else can see the lease, so there is nothing to renew.
    """
    lost, done = threading.Event(), threading.Event()
    if connection.in_atomic_block:
        yield lost
        return

    def beat() -> None:
        try:
            while not done.wait(settings.WORK_HEARTBEAT_S):
                try:
                    renew(held)
                except LeaseLost:
                    lost.set()
                    return
                except DatabaseError as error:
                    log.warning("heartbeat of unit %s missed: %s", held.unit_id, error)
                    connection.close()
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name=f"heartbeat-{held.unit_id}", daemon=True)
    thread.start()
    try:
        yield lost
    finally:
        done.set()
        thread.join(timeout=5)

"""The work queue on rows: one claim, one owner, nothing written after a lost lease."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import pytest

from evaluations.models import UnitState, WorkUnit
from evaluations.services import audits, queue
from tests.services.building import make_audit


@pytest.fixture
def units(workspace: Any, now: datetime) -> list[WorkUnit]:
    audit = make_audit(workspace, now=now)
    audits.start(audit=audit, user=None, now=now)
    return list(WorkUnit.objects.order_by("id"))


def test_a_claim_leases_the_oldest_ready_unit_and_raises_its_fence(units: list[WorkUnit]) -> None:
    held = queue.claim(queue="cpu", worker="one")
    assert held is not None
    unit = WorkUnit.objects.get(pk=held.unit_id)
    assert (unit.pk, unit.state, unit.fence, unit.attempt) == (units[0].pk, UnitState.LEASED, 1, 1)
    assert unit.lease_until is not None


def test_two_claims_never_hold_the_same_unit(units: list[WorkUnit]) -> None:
    claims = [queue.claim(queue="cpu", worker=f"w{i}") for i in range(3)]
    held = [claim.unit_id for claim in claims if claim is not None]
    # Two models with six samples each: one unit a run, so two units in all.
    assert sorted(held) == [unit.pk for unit in units]
    assert claims[2] is None


def test_a_queue_does_not_see_the_units_of_another_queue(units: list[WorkUnit]) -> None:
    assert queue.claim(queue="gpu", worker="one") is None


def test_a_unit_given_back_waits_until_its_time(units: list[WorkUnit]) -> None:
    held = queue.claim(queue="cpu", worker="one")
    assert held is not None
    queue.give_back(held, after_s=60, error="the endpoint is away")
    unit = WorkUnit.objects.get(pk=held.unit_id)
    assert (unit.state, unit.error) == (UnitState.READY, "the endpoint is away")
    other = queue.claim(queue="cpu", worker="one")
    assert other is not None and other.unit_id != held.unit_id
    assert queue.claim(queue="cpu", worker="one") is None


def test_a_worker_that_lost_its_lease_cannot_finish_the_unit(units: list[WorkUnit]) -> None:
    held = queue.claim(queue="cpu", worker="zombie")
    assert held is not None
    WorkUnit.objects.filter(pk=held.unit_id).update(fence=held.fence + 1)
    with pytest.raises(queue.LeaseLost):
        queue.finish(held)
    with pytest.raises(queue.LeaseLost):
        queue.renew(held)
    assert WorkUnit.objects.get(pk=held.unit_id).state == UnitState.LEASED


def test_an_expired_lease_is_found_and_made_ready_again(units: list[WorkUnit], settings: Any) -> None:
    settings.WORK_LEASE_S = 0.01
    held = queue.claim(queue="cpu", worker="gone")
    assert held is not None
    time.sleep(0.05)
    assert [unit.pk for unit in queue.expired()] == [held.unit_id]
    assert queue.requeue(queue.expired()[0])
    assert WorkUnit.objects.get(pk=held.unit_id).state == UnitState.READY


def test_a_lease_that_still_runs_is_not_expired(units: list[WorkUnit]) -> None:
    queue.claim(queue="cpu", worker="busy")
    assert queue.expired() == []


@pytest.mark.django_db(transaction=True)
def test_the_heartbeat_keeps_a_lease_alive(workspace: Any, now: datetime, settings: Any) -> None:
    settings.WORK_LEASE_S, settings.WORK_HEARTBEAT_S = 0.6, 0.1
    audits.start(audit=make_audit(workspace, now=now), user=None, now=now)
    held = queue.claim(queue="cpu", worker="slow")
    assert held is not None
    with queue.heartbeat(held) as lost:
        time.sleep(1.2)
        assert queue.expired() == []
        assert not lost.is_set()
    time.sleep(0.8)
    assert [unit.pk for unit in queue.expired()] == [held.unit_id]

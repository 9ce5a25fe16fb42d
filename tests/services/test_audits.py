"""Audits: a plan is checked, locked with its digest, started once, and can be cancelled."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from evaluations.errors import AuditNotReady, Refusal
from evaluations.models import Audit, AuditState, Event, Run, RunState, UnitState, WorkUnit
from evaluations.records import Decoding, digest
from evaluations.services import audits
from tests.services.building import make_audit, make_model, make_version

pytestmark = pytest.mark.django_db


def test_a_locked_plan_carries_the_digest_of_its_json(workspace: Any, now: datetime) -> None:
    audit = make_audit(workspace, now=now)
    assert audit.plan_digest == digest(audit.plan)
    assert audit.plan["student"] == "docket" and audit.plan["candidates"] == ["orrery"]
    assert audit.plan["margins"] == {"routine": 0.9, "standard": 0.95, "critical": 0.98}
    assert Event.objects.filter(verb="plan locked", subject="A-0001").count() == 1


def test_audits_are_numbered_within_their_workspace(workspace: Any, charlie: Any, now: datetime) -> None:
    version = make_version(workspace, now=now)
    first, second = (make_audit(workspace, now=now, version=version) for _ in range(2))
    other = make_audit(charlie.memberships.get().workspace, now=now)
    assert [first.reference, second.reference, other.reference] == ["A-0001", "A-0002", "A-0001"]


def test_starting_twice_makes_one_run_a_model(workspace: Any, now: datetime) -> None:
    audit = make_audit(workspace, now=now)
    assert audits.start(audit=audit, user=None, now=now) is True
    assert audits.start(audit=audit, user=None, now=now) is False
    assert Run.objects.count() == 2
    assert WorkUnit.objects.count() == 2


def test_every_problem_of_a_plan_is_named_and_nothing_is_stored(workspace: Any, now: datetime) -> None:
    with pytest.raises(Refusal) as refused:
        make_audit(
            workspace,
            now=now,
            suspected_owners=["calder"],
            alpha=0.9,
            margins={"routine": 1.02},
            decoding=Decoding(samples=99),
        )
    text = str(refused.value)
    assert "The suspected owner 'calder' owns no candidate of the plan (owners: orrery)" in text
    assert "Error rate: found 0.9" in text
    assert "routine: 102% to keep; enter a number from 50 to 100 percent" in text
    assert "Decoding, samples: found 99, expected 1 to 20" in text
    assert Audit.objects.count() == 0


def test_a_model_has_one_role(workspace: Any, now: datetime) -> None:
    version = make_version(workspace, now=now)
    model = make_model(workspace, "docket", now=now)
    request = audits.PlanRequest(title="x", suite_version=version, student=model, candidates=[model])
    assert audits.problems_of(request, workspace) == [
        "docket is named twice in the plan; a model has one role in an audit."
    ]


def test_a_model_of_another_workspace_does_not_exist_here(
    workspace: Any, charlie: Any, now: datetime
) -> None:
    elsewhere = charlie.memberships.get().workspace
    request = audits.PlanRequest(
        title="x",
        suite_version=make_version(workspace, now=now),
        student=make_model(workspace, "docket", now=now),
        candidates=[make_model(elsewhere, "orrery", now=now)],
    )
    with pytest.raises(Refusal, match="There is no model orrery in this workspace"):
        audits.create(workspace=workspace, user=None, request=request, now=now)


def test_cancelling_drops_what_waits_and_keeps_what_is_done(workspace: Any, now: datetime) -> None:
    audit = make_audit(workspace, now=now)
    audits.start(audit=audit, user=None, now=now)
    audits.cancel(audit=audit, user=None, now=now)
    audit.refresh_from_db()
    assert audit.state == AuditState.CANCELLED
    assert set(WorkUnit.objects.values_list("state", flat=True)) == {UnitState.DROPPED}
    assert set(Run.objects.values_list("state", flat=True)) == {RunState.CANCELLED}
    with pytest.raises(AuditNotReady, match="A-0001 is cancelled"):
        audits.cancel(audit=audit, user=None, now=now)


def test_cancelling_one_audit_leaves_the_run_that_another_needs(workspace: Any, now: datetime) -> None:
    version = make_version(workspace, now=now)
    first, second = (make_audit(workspace, now=now, version=version) for _ in range(2))
    for audit in (first, second):
        audits.start(audit=audit, user=None, now=now)
    audits.cancel(audit=first, user=None, now=now)
    assert set(Run.objects.values_list("state", flat=True)) == {RunState.WAITING}


def test_a_cancelled_run_is_taken_up_again_by_a_new_audit(workspace: Any, now: datetime) -> None:
    version = make_version(workspace, now=now)
    first = make_audit(workspace, now=now, version=version)
    audits.start(audit=first, user=None, now=now)
    audits.cancel(audit=first, user=None, now=now)
    second = make_audit(workspace, now=now, version=version)
    audits.start(audit=second, user=None, now=now)
    assert set(WorkUnit.objects.values_list("state", flat=True)) == {UnitState.READY}

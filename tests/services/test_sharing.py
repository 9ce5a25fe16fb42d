"""Shared runs: whoever stops takes nothing away from the others who wait for the same answers."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from evaluations.models import (
    AuditState,
    Completion,
    DistillationPlan,
    Model,
    PlanState,
    Run,
    RunState,
    WorkUnit,
)
from evaluations.services import audits, queue, runs
from evaluations.services.distillation import guard, plans
from tests.services.building import make_model
from tests.services.distilling import make_plan

pytestmark = pytest.mark.django_db


def answering(workspace: Any, base: Path, now: datetime, **changes: Any) -> DistillationPlan:
    """A started plan whose teacher has not answered yet."""
    plan = make_plan(workspace, base, now=now, **changes)
    WorkUnit.objects.filter(plan=plan).update(queue="checks")
    runs.work(queue_name="checks")
    plan.refresh_from_db()
    guard.acknowledge(
        plan=plan, user=None, role="approver", text="Agreed with counsel for this test.", now=now
    )
    plans.start(plan=plan, user=None, now=now)
    assert plan.state == PlanState.ANSWERING
    return plan


def beside(workspace: Any, base: Path, now: datetime, first: DistillationPlan) -> DistillationPlan:
    """A second plan that waits for the same teacher's answers to the same prompts."""
    return answering(
        workspace, base, now, prompts=first.prompts, suite_version=first.suite_version,
        teachers=[Model.objects.get(key="orrery")],
    )  # fmt: skip


def started_audit(workspace: Any, now: datetime, plan: DistillationPlan) -> Any:
    """A running audit whose candidate answers the plan's training prompts in the same way."""
    request = audits.PlanRequest(
        title="On the prompts",
        suite_version=plan.prompts,
        student=make_model(workspace, "docket", now=now, owner="brackwater"),
        candidates=[Model.objects.get(key="orrery")],
    )
    audit = audits.create(workspace=workspace, user=None, request=request, now=now)
    audits.start(audit=audit, user=None, now=now)
    return audit


def teachers_run() -> Run:
    return Run.objects.get(model__key="orrery")


def test_a_cancelled_audit_leaves_a_plan_the_run_it_waits_for(
    workspace: Any, now: datetime, base: Path
) -> None:
    plan = answering(workspace, base, now)
    audit = started_audit(workspace, now, plan)
    audits.cancel(audit=audit, user=None, now=now)
    assert teachers_run().state == RunState.WAITING
    # The run of the suspect, which nobody else waits for, is cancelled.
    assert Run.objects.get(model__key="docket").state == RunState.CANCELLED
    runs.work(queue_name="cpu")
    plan.refresh_from_db()
    assert plan.state == PlanState.FINISHED, plan.failure


def test_a_cancelled_plan_leaves_an_audit_the_run_it_waits_for(
    workspace: Any, now: datetime, base: Path
) -> None:
    plan = answering(workspace, base, now)
    audit = started_audit(workspace, now, plan)
    plans.cancel(plan=plan, user=None, now=now)
    runs.work(queue_name="cpu")
    audit.refresh_from_db()
    assert audit.state == AuditState.FINISHED, audit.failure
    assert Completion.objects.filter(run=teachers_run(), error="").count() == 48


def test_a_paused_plan_does_not_hold_up_an_audit(workspace: Any, now: datetime, base: Path) -> None:
    plan = answering(workspace, base, now)
    audit = started_audit(workspace, now, plan)
    plans.pause(plan=plan, user=None, now=now)
    runs.work(queue_name="cpu")
    audit.refresh_from_db()
    plan.refresh_from_db()
    assert (audit.state, plan.state) == (AuditState.FINISHED, PlanState.PAUSED)
    plans.resume(plan=plan, user=None, now=now)
    assert plan.state == PlanState.TRAINING


def test_an_audit_that_starts_wakes_a_run_that_a_paused_plan_put_aside(
    workspace: Any, now: datetime, base: Path
) -> None:
    plan = answering(workspace, base, now)
    plans.pause(plan=plan, user=None, now=now)
    assert set(WorkUnit.objects.filter(run=teachers_run()).values_list("queue", flat=True)) == {queue.PARKED}
    audit = started_audit(workspace, now, plan)
    runs.work(queue_name="cpu")
    audit.refresh_from_db()
    assert audit.state == AuditState.FINISHED


def test_a_cancelled_plan_puts_aside_what_a_paused_plan_will_go_on_with(
    workspace: Any, now: datetime, base: Path
) -> None:
    first = answering(workspace, base, now)
    second = beside(workspace, base, now, first)
    plans.pause(plan=first, user=None, now=now)
    # The second plan still works, so the run goes on.
    assert not WorkUnit.objects.filter(run=teachers_run(), queue=queue.PARKED).exists()
    plans.cancel(plan=second, user=None, now=now)
    assert teachers_run().state == RunState.WAITING
    assert queue.claim(queue="cpu", worker="w") is None
    plans.resume(plan=first, user=None, now=now)
    runs.work(queue_name="cpu")
    first.refresh_from_db()
    assert first.state == PlanState.FINISHED, first.failure


def test_a_unit_given_back_during_a_pause_stays_put_aside(workspace: Any, now: datetime, base: Path) -> None:
    plan = answering(workspace, base, now)
    held = queue.claim(queue="cpu", worker="w")
    assert held is not None
    plans.pause(plan=plan, user=None, now=now)
    queue.give_back(held, after_s=0, error="the endpoint is away")
    assert queue.claim(queue="cpu", worker="w") is None

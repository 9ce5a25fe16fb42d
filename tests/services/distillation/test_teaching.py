"""Units of training: slices, workers that are gone, the tiny base."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from evaluations.distillation import bases
from evaluations.distillation.settings import Settings
from evaluations.distillation.shapes import Shape
from evaluations.models import ControlStudent, DistillationPlan, PlanState, StudentState, UnitState, WorkUnit
from evaluations.services import foreground, queue, runs
from evaluations.services.distillation import guard, plans, teaching
from tests.services.distilling import make_plan

pytestmark = pytest.mark.django_db
TEXT = "Agreed with counsel for this evaluation only."


def training(workspace: Any, base: Path | None, now: datetime, **changes: Any) -> DistillationPlan:
    """A plan whose teacher has answered."""
    plan = make_plan(workspace, base, now=now, **changes)
    runs.work(queue_name="cpu")
    plan.refresh_from_db()
    guard.acknowledge(plan=plan, user=None, role="approver", text=TEXT, now=now)
    plans.start(plan=plan, user=None, now=now)
    runs.do(queue.claim(queue="cpu", worker="a"))
    plan.refresh_from_db()
    assert plan.state == PlanState.TRAINING
    return plan


def expire(unit: WorkUnit, attempt: int) -> None:
    """As if the unit's worker had been killed ``attempt`` times."""
    WorkUnit.objects.filter(pk=unit.pk).update(
        state=UnitState.LEASED, attempt=attempt, lease_until=timezone.now() - timedelta(hours=1)
    )


def test_a_killed_workers_student_is_taken_up_again(workspace: Any, now: datetime, base: Path) -> None:
    plan = training(workspace, base, now)
    unit = WorkUnit.objects.get(kind="training")
    expire(unit, attempt=1)
    runs.sweep()
    foreground.run_plan(plan)
    assert plan.students.get().state == StudentState.TRAINED


def test_a_student_that_ends_its_worker_three_times_stops_and_the_plan_goes_on(
    workspace: Any, now: datetime, base: Path
) -> None:
    plan = training(workspace, base, now, recipes=("greedy", "targets"))
    unit = WorkUnit.objects.get(control_student__recipe="greedy")
    expire(unit, attempt=3)
    runs.sweep()
    foreground.run_plan(plan)
    stopped, other = plan.students.all()
    assert stopped.state == StudentState.FAILED
    assert "ended 3 times" in stopped.failure
    assert other.state == StudentState.TRAINED
    assert plan.state == PlanState.FINISHED


def test_a_worker_that_lost_its_lease_writes_nothing(workspace: Any, now: datetime, base: Path) -> None:
    training(workspace, base, now)
    held = queue.claim(queue="cpu", worker="slow")
    WorkUnit.objects.filter(pk=held.unit_id).update(fence=held.fence + 1)
    runs.do(held)
    student = ControlStudent.objects.get()
    assert student.state == StudentState.TRAINING
    assert student.model is None


def test_a_student_waits_while_the_memory_is_full(
    workspace: Any, now: datetime, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training(workspace, base, now, recipes=("greedy", "targets"))
    monkeypatch.setattr(teaching.checks, "free_memory", lambda device: 1)
    first = queue.claim(queue="cpu", worker="a")
    second = queue.claim(queue="cpu", worker="b")
    runs.do(second)
    unit = WorkUnit.objects.get(pk=second.unit_id)
    assert (unit.state, unit.attempt) == (UnitState.READY, 0)
    assert unit.not_before > timezone.now()
    # Whoever trains alone is never put off.
    runs.do(first)
    assert ControlStudent.objects.get(recipe="greedy").state == StudentState.TRAINED


def test_without_a_base_a_tiny_one_is_trained_first(
    workspace: Any, now: datetime, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = Settings(steps=6, rows=2, row_length=96, warmup=1, optimiser="muon")
    monkeypatch.setattr(bases, "SETTINGS", quick)
    monkeypatch.setattr(bases, "SHAPE", Shape(16, 1, 2))
    monkeypatch.setattr(bases, "N_PAIRS", 40)
    plan = training(workspace, None, now, steps=12)
    assert WorkUnit.objects.filter(kind="base", plan=plan).exists()
    assert not WorkUnit.objects.filter(kind="training").exists()
    foreground.run_plan(plan)
    assert plan.state == PlanState.FINISHED, plan.failure
    student = plan.students.get()
    assert student.state in (StudentState.TRAINED, StudentState.NOTHING_LEARNT)
    assert student.card["parent"] == "tiny base of D-0001"


def test_the_curve_on_the_row_is_thinned_to_200_points() -> None:
    points = {step: (1.0, None if step % 100 else 0.5) for step in range(1, 1001)}
    kept = teaching.thinned(points)
    assert len(kept) <= 200
    assert kept[-1][0] >= 990
    assert [row for row in kept if row[2] is not None]

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
from evaluations.services.distillation import guard, plans, slices, steps, teaching
from tests.services.building import make_model
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
    first = queue.claim(queue="cpu", worker=runs.worker_name())
    second = queue.claim(queue="cpu", worker=runs.worker_name())
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
    kept = slices.thinned(points)
    assert len(kept) <= 200
    assert kept[-1][0] >= 990
    assert [row for row in kept if row[2] is not None]


def test_a_student_of_another_machine_takes_no_memory_here(
    workspace: Any, now: datetime, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training(workspace, base, now, recipes=("greedy", "targets"))
    monkeypatch.setattr(teaching.checks, "free_memory", lambda device: 1)
    queue.claim(queue="cpu", worker="far-away:17")
    runs.do(queue.claim(queue="cpu", worker=runs.worker_name()))
    assert ControlStudent.objects.get(recipe="targets").state == StudentState.TRAINED


def test_a_device_that_is_full_is_tried_again_while_another_student_trains(
    workspace: Any, now: datetime, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training(workspace, base, now, recipes=("greedy", "targets"))
    first = queue.claim(queue="cpu", worker=runs.worker_name())
    second = queue.claim(queue="cpu", worker=runs.worker_name())

    def full(job: Any, **kwargs: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(teaching, "train_student", full)
    runs.do(second)
    assert WorkUnit.objects.get(pk=second.unit_id).not_before > timezone.now()
    WorkUnit.objects.filter(pk=second.unit_id).update(queue="later")
    # Alone on the device there is nothing to wait for.
    runs.do(first)
    student = ControlStudent.objects.get(recipe="greedy")
    assert student.state == StudentState.FAILED
    assert student.failure.startswith("The memory did not hold this training")


def test_a_full_disk_ends_the_student_with_its_reason(
    workspace: Any, now: datetime, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = training(workspace, base, now)

    def no_room(job: Any, **kwargs: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(teaching, "train_student", no_room)
    foreground.run_plan(plan)
    student = plan.students.get()
    assert (student.state, plan.state) == (StudentState.FAILED, PlanState.FINISHED)
    assert "No space left on device" in student.failure


def test_a_folder_that_became_unsafe_after_the_check_is_not_loaded(
    workspace: Any, now: datetime, base: Path
) -> None:
    plan = training(workspace, base, now)
    (base / "modeling.py").write_text("print('never run')", encoding="utf-8")
    foreground.run_plan(plan)
    student = plan.students.get()
    assert student.state == StudentState.FAILED
    assert student.failure.startswith("base: modeling.py: code")


def test_a_base_that_fails_ends_the_plan_and_a_cancelled_plan_stays_cancelled(
    workspace: Any, now: datetime, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = training(workspace, None, now)

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("Step 3: the loss is nan")

    monkeypatch.setattr(bases, "train_tiny_base", broken)
    foreground.run_plan(plan)
    assert (plan.state, plan.students.get().state) == (PlanState.FAILED, StudentState.CANCELLED)
    assert plan.failure == "The base: The training could not go on: Step 3: the loss is nan"
    DistillationPlan.objects.filter(pk=plan.pk).update(state=PlanState.CANCELLED, failure="")
    plan.refresh_from_db()
    steps.fail(plan, "late")
    assert (plan.state, plan.failure) == (PlanState.CANCELLED, "")


def test_no_base_is_trained_for_students_that_start_from_their_teacher(
    workspace: Any, now: datetime, base: Path
) -> None:
    teacher = make_model(
        workspace, "local", now=now, backend="transformers_local", settings={"folder": str(base)}
    )
    other = make_model(workspace, "outsider", now=now, settings={"rule": "upper"})
    plan = training(
        workspace, None, now, teachers=[teacher], recipes=("derivative",), unrelated=other, steps=10
    )
    assert not WorkUnit.objects.filter(kind="base").exists()
    foreground.run_plan(plan)
    assert plan.students.get().card["parent"] == "local", plan.students.get().failure

"""Deleted students are really gone; what others use stays."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from evaluations.errors import Refusal
from evaluations.models import Audit, Completion, DistillationPlan, Event, Model, Run, StudentState
from evaluations.services import audits, foreground, queue, runs
from evaluations.services.distillation import deletion, guard, places, plans
from tests.services.building import make_model
from tests.services.distilling import make_plan

pytestmark = pytest.mark.django_db
TEXT = "Agreed with counsel for this evaluation only."


def finished(workspace: Any, base: Path, now: datetime, **changes: Any) -> DistillationPlan:
    plan = make_plan(workspace, base, now=now, **changes)
    runs.work(queue_name="cpu")
    plan.refresh_from_db()
    guard.acknowledge(plan=plan, user=None, role="approver", text=TEXT, now=now)
    foreground.run_plan(plan)
    assert plan.students.filter(state=StudentState.TRAINED).count() == plan.students.count()
    return plan


def audit_with(plan: DistillationPlan, workspace: Any, now: datetime) -> Audit:
    """A locked audit in which the plan's student is a control."""
    request = audits.PlanRequest(
        title="With a control",
        suite_version=plan.suite_version,
        student=make_model(workspace, "docket", now=now, owner="brackwater"),
        candidates=[Model.objects.get(key="orrery")],
        controls=[plan.students.get().model],
    )
    return audits.create(workspace=workspace, user=None, request=request, now=now)


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_no_file_and_no_training_answer_is_left(
    workspace: Any, now: datetime, base: Path, settings: Any
) -> None:
    plan = finished(workspace, base, now)
    assert files_below(settings.STUDENTS_ROOT)
    card = plan.students.get().card
    assert deletion.delete_students(plan=plan, user=None, now=now) == 1
    assert files_below(settings.STUDENTS_ROOT) == []
    assert not Completion.objects.exists()
    assert not Run.objects.exists()
    student = plan.students.get()
    assert student.state == StudentState.DELETED
    assert student.card == card
    assert student.model.settings == {}
    assert Event.objects.filter(verb="control students deleted").exists()
    assert files_below(base)


def test_answers_that_another_plan_learns_from_stay(workspace: Any, now: datetime, base: Path) -> None:
    first = finished(workspace, base, now)
    second = make_plan(
        workspace, base, now=now, prompts=first.prompts, suite_version=first.suite_version,
        teachers=[Model.objects.get(key="orrery")],
    )  # fmt: skip
    runs.work(queue_name="cpu")
    second.refresh_from_db()
    guard.acknowledge(plan=second, user=None, role="approver", text=TEXT, now=now)
    foreground.run_plan(second)
    deletion.delete_students(plan=first, user=None, now=now)
    assert Completion.objects.filter(run__plan_answers__plan=second).count() == 48


def test_a_plan_at_work_is_not_deleted(workspace: Any, now: datetime) -> None:
    plan = make_plan(workspace, None, now=now)
    with pytest.raises(Refusal, match="cancel it or let it finish first"):
        deletion.delete_students(plan=plan, user=None, now=now)


def test_students_are_deleted_after_the_audit_that_used_them(
    workspace: Any, now: datetime, base: Path, settings: Any
) -> None:
    plan = finished(workspace, base, now, delete_after_audit=True)
    audit = audit_with(plan, workspace, now)
    foreground.run(audit, queue_name="cpu")
    assert audit.state == "finished", audit.failure
    control = audit.audit_models.get(role="control")
    # The control answered through the normal engine before it was deleted.
    assert Completion.objects.filter(run=control.run, error="").count() == 8
    assert plan.students.get().state == StudentState.DELETED
    assert files_below(settings.STUDENTS_ROOT) == []


def test_students_in_a_running_audit_are_not_deleted(
    workspace: Any, now: datetime, base: Path, settings: Any
) -> None:
    plan = finished(workspace, base, now)
    audit = audit_with(plan, workspace, now)
    audits.start(audit=audit, user=None, now=now)
    with pytest.raises(Refusal, match="A-0001 is at work with its students"):
        deletion.delete_students(plan=plan, user=None, now=now)
    assert files_below(settings.STUDENTS_ROOT)
    audits.cancel(audit=audit, user=None, now=now)
    assert deletion.delete_students(plan=plan, user=None, now=now) == 1


def test_students_that_an_open_plan_learns_from_are_not_deleted(
    workspace: Any, now: datetime, base: Path
) -> None:
    plan = finished(workspace, base, now)
    make_plan(
        workspace, base, now=now, prompts=plan.prompts, suite_version=plan.suite_version,
        teachers=[plan.students.get().model],
    )  # fmt: skip
    with pytest.raises(Refusal, match="D-0002 learns from its students"):
        deletion.delete_students(plan=plan, user=None, now=now)


def test_nothing_is_deleted_while_a_worker_may_still_write(workspace: Any, now: datetime, base: Path) -> None:
    plan = make_plan(workspace, base, now=now)
    held = queue.claim(queue="cpu", worker="busy")
    assert held is not None
    plans.cancel(plan=plan, user=None, now=now)
    with pytest.raises(Refusal, match="a worker is still stopping"):
        deletion.delete_students(plan=plan, user=None, now=now)
    runs.do(held)
    assert deletion.delete_students(plan=plan, user=None, now=now) == 1


def test_files_that_a_stopped_process_left_are_swept(
    workspace: Any, now: datetime, base: Path, settings: Any
) -> None:
    plan = finished(workspace, base, now)
    folder = places.folder_of(plan)
    deletion.delete_students(plan=plan, user=None, now=now)
    folder.mkdir()
    (folder / "student-001.checkpoint.0").write_bytes(b"late")
    runs.sweep()
    assert files_below(settings.STUDENTS_ROOT) == []


def test_a_sweep_leaves_the_files_of_living_students(
    workspace: Any, now: datetime, base: Path, settings: Any
) -> None:
    finished(workspace, base, now)
    before = files_below(settings.STUDENTS_ROOT)
    runs.sweep()
    assert files_below(settings.STUDENTS_ROOT) == before != []


def test_a_deletion_that_was_due_when_the_process_ended_is_made_up_for(
    workspace: Any, now: datetime, base: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = finished(workspace, base, now, delete_after_audit=True)
    audit = audit_with(plan, workspace, now)
    with monkeypatch.context() as patch:
        patch.setattr(deletion, "delete_due", lambda: None)
        foreground.run(audit, queue_name="cpu")
    assert plan.students.get().state == StudentState.TRAINED
    runs.sweep()
    assert plan.students.get().state == StudentState.DELETED
    assert files_below(settings.STUDENTS_ROOT) == []

"""Deleted students are really gone; what others use stays."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from evaluations.errors import Refusal
from evaluations.models import Completion, DistillationPlan, Event, Model, Run, StudentState
from evaluations.services import audits, foreground, runs
from evaluations.services.distillation import deletion, guard
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
    request = audits.PlanRequest(
        title="With a control",
        suite_version=plan.suite_version,
        student=make_model(workspace, "docket", now=now, owner="brackwater"),
        candidates=[Model.objects.get(key="orrery")],
        controls=[plan.students.get().model],
    )
    audit = audits.create(workspace=workspace, user=None, request=request, now=now)
    foreground.run(audit, queue_name="cpu")
    assert audit.state == "finished", audit.failure
    control = audit.audit_models.get(role="control")
    # The control answered through the normal engine before it was deleted.
    assert Completion.objects.filter(run=control.run, error="").count() == 8
    assert plan.students.get().state == StudentState.DELETED
    assert files_below(settings.STUDENTS_ROOT) == []

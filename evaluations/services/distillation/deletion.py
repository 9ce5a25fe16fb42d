"""Delete what a plan made: weights, checkpoints, its base and the answers that only it used."""

from __future__ import annotations

import shutil
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from evaluations.errors import Refusal
from evaluations.models import (
    Audit,
    Completion,
    DistillationPlan,
    Model,
    PlanAnswers,
    PlanState,
    Run,
    StudentState,
    WorkUnit,
)
from evaluations.services import events
from evaluations.services.distillation import places

ENDED = (PlanState.FINISHED, PlanState.CANCELLED, PlanState.FAILED)


def delete_students(*, plan: DistillationPlan, user: Any, now: datetime) -> int:
    """Delete a plan's files and the training answers that nobody else uses; returns the number of students.

    Rows keep card and hashes, so that old reports can be followed. Models of deleted students stay registered
    and cannot run any more. Refuses while the plan works.
    """
    with transaction.atomic():
        row = DistillationPlan.objects.select_for_update().get(pk=plan.pk)
        if row.state not in ENDED:
            raise Refusal(
                f"{row.reference} is {PlanState(row.state).label.lower()}; cancel it or let it finish first."
            )
        students = row.students.exclude(state=StudentState.DELETED)
        n = students.count()
        Model.objects.filter(control_student__in=students).update(
            settings={}, note="The weights of this control student were deleted."
        )
        students.update(state=StudentState.DELETED, folder="")
        _delete_answers(row)
        events.record(
            workspace=row.workspace, user=user, verb="control students deleted", subject=row.reference,
            payload={"students": n}, now=now,
        )  # fmt: skip
    # After the rows: a crash in between leaves files that the next call removes, never rows without files.
    folder = places.folder_of(row)
    if folder.exists():
        shutil.rmtree(folder)
    plan.refresh_from_db()
    return n


def _delete_answers(plan: DistillationPlan) -> None:
    for link in list(plan.answers.all()):
        run_id = link.run_id
        link.delete()
        used = PlanAnswers.objects.filter(run_id=run_id).exists()
        used = used or Run.objects.filter(pk=run_id, audit_models__isnull=False).exists()
        if not used:
            WorkUnit.objects.filter(run_id=run_id).delete()
            Completion.objects.filter(run_id=run_id).delete()
            Run.objects.filter(pk=run_id).delete()


def after_audit(audit: Audit) -> None:
    """Delete the students of every plan that asked for it, once an audit that used them has ended."""
    plans = DistillationPlan.objects.filter(
        delete_after_audit=True, students__model__audit_models__audit=audit, state__in=ENDED
    ).distinct()
    for plan in plans.exclude(students__state=StudentState.DELETED):
        delete_students(plan=plan, user=None, now=timezone.now())

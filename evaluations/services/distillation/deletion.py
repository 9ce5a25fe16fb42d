"""Delete what a plan made: weights, checkpoints, its base and the answers that only it used."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from evaluations.errors import Refusal
from evaluations.models import (
    Audit,
    AuditState,
    ControlStudent,
    DistillationPlan,
    Model,
    PlanAnswers,
    PlanState,
    Run,
    StudentState,
    UnitState,
)
from evaluations.services import events
from evaluations.services.distillation import places, steps

log = logging.getLogger(__name__)

ENDED = (PlanState.FINISHED, PlanState.CANCELLED, PlanState.FAILED)
AT_WORK = (AuditState.RUNNING, AuditState.RECORDING)


def delete_students(*, plan: DistillationPlan, user: Any, now: datetime) -> int:
    """Delete a plan's files and the training answers that nobody else uses; returns the number of students.

    Rows keep card and hashes, so that old reports can be followed. Models of deleted students stay registered
    and cannot run any more. Refuses while the plan, or an audit or a plan with one of its students, is at work.
    """
    with transaction.atomic():
        row = DistillationPlan.objects.select_for_update().get(pk=plan.pk)
        if problems := list(_hindrances(row)):
            raise Refusal(*problems)
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
    # After the rows: what a crash or an error leaves behind is removed by the next sweep.
    if not _remove_files(row):
        raise Refusal(
            f"{row.reference}: its students are deleted, but some of their files could not be removed from "
            f"{places.folder_of(row).name} in the data folder. It is tried again by itself; look at its permissions."
        )
    plan.refresh_from_db()
    return n


def _hindrances(row: DistillationPlan) -> Iterator[str]:
    """Why the students cannot be deleted now, as sentences."""
    if row.state not in ENDED:
        yield f"{row.reference} is {PlanState(row.state).label.lower()}; cancel it or let it finish first."
    elif steps.own_units(row).filter(state=UnitState.LEASED).exists():
        yield f"{row.reference}: a worker is still stopping. Try again in a minute."
    audits = Audit.objects.filter(audit_models__model__control_student__plan=row, state__in=AT_WORK)
    for audit in audits.distinct():
        yield f"{audit.reference} is at work with its students; let it finish or cancel it first."
    keys = set(Model.objects.filter(control_student__plan=row).values_list("key", flat=True))
    others = DistillationPlan.objects.filter(workspace=row.workspace).exclude(pk=row.pk)
    for other in others.exclude(state__in=(*ENDED, PlanState.REFUSED)):
        used = {*other.plan["teachers"], other.plan["unrelated"], other.plan["base"]}
        if keys & used:
            yield f"{other.reference} learns from its students; let it finish or cancel it first."


def _delete_answers(plan: DistillationPlan) -> None:
    runs = {link.run_id for link in plan.answers.all()}
    plan.answers.all().delete()
    runs -= set(PlanAnswers.objects.filter(run_id__in=runs).values_list("run_id", flat=True))
    Run.objects.filter(pk__in=runs, audit_models=None).delete()


def _remove_files(plan: DistillationPlan) -> bool:
    """Remove the plan's folder; false where something of it is left."""
    folder = places.folder_of(plan)
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        log.warning("%s: files of deleted students could not be removed: %s", plan.reference, error)
        return False
    return True


def delete_due() -> None:
    """Delete the students of every plan that asked for it, once an audit that used them is finished."""
    used = ControlStudent.objects.exclude(state=StudentState.DELETED).filter(
        model__audit_models__audit__state=AuditState.FINISHED
    )
    due = DistillationPlan.objects.filter(delete_after_audit=True, pk__in=used.values("plan"))
    for plan in due:
        try:
            delete_students(plan=plan, user=None, now=timezone.now())
        except Refusal as refusal:
            log.info("students not deleted yet: %s", refusal)


def sweep() -> None:
    """Do what a stopped process left undone: due deletions, and the files of students that are deleted."""
    delete_due()
    root = settings.STUDENTS_ROOT
    found = {path.name for path in root.glob("plan-*")} if root.is_dir() else set()
    if not found:
        return
    there = ControlStudent.objects.exclude(state=StudentState.DELETED)
    gone = DistillationPlan.objects.filter(pk__in=_numbers(found)).exclude(pk__in=there.values("plan"))
    for plan in gone:
        _remove_files(plan)


def _numbers(names: set[str]) -> list[int]:
    tails = (name.removeprefix("plan-") for name in names)
    return [int(tail) for tail in tails if tail.isdigit()]

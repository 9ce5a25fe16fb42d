"""Rows that must not change are kept by the database itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from evaluations.models import Audit, AuditModel, Completion, Membership, Sample, SuiteVersion, WorkUnit
from tests.services.building import make_audit, make_version

pytestmark = pytest.mark.django_db


def test_a_samples_text_cannot_be_changed(workspace: Any, now: datetime) -> None:
    make_version(workspace, now=now)
    with pytest.raises(DatabaseError), transaction.atomic():
        Sample.objects.filter(key="t0").update(input="another text")
    assert Sample.objects.get(key="t0").input == "Ticket number 0"


def test_a_versions_hash_cannot_be_changed(workspace: Any, now: datetime) -> None:
    version = make_version(workspace, now=now)
    with pytest.raises(DatabaseError), transaction.atomic():
        SuiteVersion.objects.filter(pk=version.pk).update(content_hash="0" * 64)


def test_a_locked_plan_cannot_be_changed_but_its_state_can(workspace: Any, now: datetime) -> None:
    audit = make_audit(workspace, now=now)
    with pytest.raises(DatabaseError), transaction.atomic():
        Audit.objects.filter(pk=audit.pk).update(plan={"alpha": 0.5})
    assert Audit.objects.filter(pk=audit.pk).update(state="running") == 1


def test_an_audit_has_one_student(workspace: Any, now: datetime) -> None:
    audit = make_audit(workspace, now=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditModel.objects.filter(audit=audit, role="candidate").update(role="student")


def test_an_unknown_role_error_class_or_state_is_refused(workspace: Any, alice: Any, now: datetime) -> None:
    make_audit(workspace, now=now)
    for change in (
        lambda: Membership.objects.update(role="owner"),
        lambda: AuditModel.objects.update(role="suspect"),
        lambda: Audit.objects.update(state="nearly"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_a_unit_belongs_to_a_run_or_an_audit_never_both(workspace: Any, now: datetime) -> None:
    audit = make_audit(workspace, now=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        WorkUnit.objects.create(kind="completions", audit=audit)


def test_one_completion_a_sample_and_index(workspace: Any, now: datetime) -> None:
    from evaluations.models import Run
    from evaluations.services import audits

    audits.start(audit=make_audit(workspace, now=now), user=None, now=now)
    run, sample = Run.objects.first(), Sample.objects.first()
    row = {"run": run, "sample": sample, "obtained_by": "buyer_ran", "created_at": now}
    Completion.objects.create(**row)
    with pytest.raises(IntegrityError), transaction.atomic():
        Completion.objects.create(**row)

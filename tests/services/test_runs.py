"""Runs: answers are stored once, what is missing is asked again, one bad sample ends nothing."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import pytest

from evaluations.models import Audit, AuditState, Completion, Run, RunState, UnitState, WorkUnit
from evaluations.records import Completion as CompletionRecord
from evaluations.services import audits, queue, runs
from tests.services.building import make_audit, make_model, make_version

pytestmark = pytest.mark.django_db


def started(workspace: Any, now: datetime, **kwargs: Any) -> Audit:
    audit = make_audit(workspace, now=now, **kwargs)
    audits.start(audit=audit, user=None, now=now)
    return audit


def test_work_stores_one_answer_a_sample_and_finishes_the_audit(workspace: Any, now: datetime) -> None:
    audit = started(workspace, now)
    drained = runs.work(queue_name="cpu")
    audit.refresh_from_db()
    assert audit.state == AuditState.FINISHED, audit.failure
    # Two models, six samples each, one greedy answer a sample.
    assert Completion.objects.count() == 12
    assert not drained.more
    assert audit.reports.count() == 1


def test_stored_answers_are_not_asked_for_again(workspace: Any, now: datetime) -> None:
    started(workspace, now)
    run = Run.objects.get(model__key="docket")
    held = queue.claim(queue="cpu", worker="first")
    assert held is not None and held.run_id == run.pk
    requests, ids = runs.missing_requests(run, first=0, last=6)
    runs.store(held, run, [CompletionRecord(r.sample_id, "kept") for r in requests[:4]], ids)
    left, _ = runs.missing_requests(run, first=0, last=6)
    assert [r.sample_id for r in left] == ["t4", "t5"]
    runs.do(held)
    assert Completion.objects.filter(run=run).count() == 6
    assert Completion.objects.filter(run=run, text="kept").count() == 4


def test_the_same_batch_twice_leaves_one_row_a_sample(workspace: Any, now: datetime) -> None:
    started(workspace, now)
    run = Run.objects.get(model__key="docket")
    held = queue.claim(queue="cpu", worker="first")
    assert held is not None
    requests, ids = runs.missing_requests(run, first=0, last=6)
    runs.store(held, run, [CompletionRecord(r.sample_id, "first") for r in requests], ids)
    runs.store(held, run, [CompletionRecord(r.sample_id, "second") for r in requests], ids)
    assert set(Completion.objects.filter(run=run).values_list("text", flat=True)) == {"first"}


def test_nothing_is_stored_after_the_lease_is_lost(workspace: Any, now: datetime) -> None:
    started(workspace, now)
    run = Run.objects.get(model__key="docket")
    held = queue.claim(queue="cpu", worker="zombie")
    assert held is not None
    requests, ids = runs.missing_requests(run, first=0, last=6)
    WorkUnit.objects.filter(pk=held.unit_id).update(fence=held.fence + 1)
    with pytest.raises(queue.LeaseLost):
        runs.store(held, run, [CompletionRecord(r.sample_id, "late") for r in requests], ids)
    assert Completion.objects.count() == 0


def test_a_failed_sample_is_a_typed_error_and_the_run_completes(workspace: Any, now: datetime) -> None:
    audit = started(workspace, now, student={"rule": "echo", "fail": {"t2": "timeout"}})
    runs.work(queue_name="cpu")
    audit.refresh_from_db()
    assert audit.state == AuditState.FINISHED
    failed = Completion.objects.get(run__model__key="docket", sample__key="t2")
    assert (failed.error, failed.text) == ("timeout", "")
    snapshot = audit.reports.get().snapshot
    assert any(
        "1 of 6 samples have no answer (1 timeout)" in line for line in snapshot["audit"]["deviations"]
    )


def test_a_refused_key_ends_the_students_audit_with_its_reason(workspace: Any, now: datetime) -> None:
    audit = started(workspace, now, student={"rule": "echo", "fail_all": "refused_key"})
    runs.work(queue_name="cpu")
    audit.refresh_from_db()
    assert Run.objects.get(model__key="docket").state == RunState.FAILED
    assert audit.state == AuditState.FAILED
    assert "gave no answer" in audit.failure and "told to fail with refused_key" in audit.failure
    assert audit.reports.count() == 0


def test_an_unreachable_endpoint_is_tried_three_times_before_the_run_fails(
    workspace: Any, now: datetime
) -> None:
    started(workspace, now, student={"rule": "echo", "fail_all": "unreachable"})
    run = Run.objects.get(model__key="docket")
    for attempt in (1, 2, 3):
        assert Run.objects.get(pk=run.pk).state != RunState.FAILED
        WorkUnit.objects.filter(run=run).update(not_before=None)
        held = queue.claim(queue="cpu", worker="w")
        assert held is not None and held.attempt == attempt
        runs.do(held)
    assert Run.objects.get(pk=run.pk).state == RunState.FAILED


def test_a_reference_that_fails_is_listed_and_does_not_end_the_audit(workspace: Any, now: datetime) -> None:
    reference = make_model(
        workspace, "kestrel", now=now, settings={"rule": "echo", "fail_all": "not_allowed"}
    )
    audit = started(workspace, now, references=[reference])
    runs.work(queue_name="cpu")
    audit.refresh_from_db()
    assert audit.state == AuditState.FINISHED
    deviations = audit.reports.get().snapshot["audit"]["deviations"]
    assert any(line.startswith("The run of Kestrel ended early") for line in deviations)


def test_a_worker_that_is_gone_loses_nothing(workspace: Any, now: datetime, settings: Any) -> None:
    settings.WORK_LEASE_S = 0.01
    audit = started(workspace, now)
    queue.claim(queue="cpu", worker="killed")
    time.sleep(0.05)
    assert runs.sweep() == 1
    settings.WORK_LEASE_S = 30
    runs.work(queue_name="cpu")
    audit.refresh_from_db()
    assert audit.state == AuditState.FINISHED
    assert Completion.objects.count() == 12


def test_a_sample_that_ends_its_worker_three_times_is_marked_crashed(
    workspace: Any, now: datetime, settings: Any
) -> None:
    settings.WORK_LEASE_S = 0.01
    version = make_version(workspace, now=now, n=3)
    audit = started(workspace, now, version=version)
    run = Run.objects.get(model__key="docket")

    def crash() -> None:
        """A worker claims the run's oldest unit and is never heard of again."""
        held = queue.claim(queue="cpu", worker="killed")
        assert held is not None and held.run_id == run.pk
        time.sleep(0.05)
        runs.sweep()

    crash()
    crash()
    # After two crashes the unit of three samples is three units of one sample.
    units = WorkUnit.objects.filter(run=run, state=UnitState.READY)
    assert sorted(units.values_list("first", "last")) == [(0, 1), (1, 2), (2, 3)]
    WorkUnit.objects.exclude(run=run).update(queue="later")
    settings.WORK_LEASE_S = 0.01
    crash()
    settings.WORK_LEASE_S = 30
    crashed = Completion.objects.filter(run=run, error="crashed")
    assert list(crashed.values_list("sample__key", flat=True)) == ["t0"]
    WorkUnit.objects.filter(queue="later").update(queue="cpu")
    runs.work(queue_name="cpu")
    audit.refresh_from_db()
    assert audit.state == AuditState.FINISHED
    assert Completion.objects.filter(run=run).count() == 3


def test_a_second_audit_on_the_same_suite_uses_the_run_again(workspace: Any, now: datetime) -> None:
    version = make_version(workspace, now=now)
    started(workspace, now, version=version)
    runs.work(queue_name="cpu")
    again = started(workspace, now, version=version)
    runs.work(queue_name="cpu")
    again.refresh_from_db()
    assert again.state == AuditState.FINISHED
    assert Completion.objects.count() == 12
    assert set(again.audit_models.values_list("reused", flat=True)) == {True}


def test_changed_settings_make_a_new_run(workspace: Any, now: datetime) -> None:
    version = make_version(workspace, now=now)
    started(workspace, now, version=version)
    runs.work(queue_name="cpu")
    started(workspace, now, version=version, student={"rule": "upper"})
    runs.work(queue_name="cpu")
    # The student's six answers are new, the candidate's are used again.
    assert Completion.objects.count() == 18


def test_sweeping_twice_queues_the_findings_once(workspace: Any, now: datetime) -> None:
    audit = started(workspace, now)
    WorkUnit.objects.update(state=UnitState.DONE)
    Run.objects.update(state=RunState.COMPLETE)
    runs.sweep()
    runs.sweep()
    assert WorkUnit.objects.filter(audit=audit, kind="findings").count() == 1

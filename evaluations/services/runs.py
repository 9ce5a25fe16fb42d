"""Runs: claim units, stream the backend, store completions as they come, settle what is done."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from evaluations.inference.backend import BackendError, Request, plan_requests
from evaluations.inference.backend import backends as backend_registry
from evaluations.models import (
    Audit,
    AuditState,
    Completion,
    DistillationPlan,
    PlanState,
    Run,
    RunState,
    Sample,
    UnitKind,
    UnitState,
    WorkUnit,
)
from evaluations.records import Completion as CompletionRecord
from evaluations.records import Decoding, ErrorClass
from evaluations.services import findings, live, model_context, queue, settling
from evaluations.services.distillation import checking, deletion, steps, teaching
from evaluations.services.settling import SETTLED

log = logging.getLogger(__name__)

RETRYABLE = {ErrorClass.UNREACHABLE, ErrorClass.RATE_LIMITED, ErrorClass.SERVER_ERROR, ErrorClass.TIMEOUT}
LONG_KINDS = (UnitKind.CHECKING, UnitKind.BASE, UnitKind.TRAINING, UnitKind.LIVE)
DRAIN_S = 60.0
PAID_BATCH = 16
"""Answers that cost money are written at once: a killed worker asks for few of them again."""


@dataclass(frozen=True)
class Drained:
    """What one call of :func:`work` did. ``more`` is true where units may still be ready."""

    units: int
    more: bool


def worker_name() -> str:
    """Host and process, for the unit's row."""
    return f"{socket.gethostname()}:{os.getpid()}"


def work(*, queue_name: str, seconds: float = DRAIN_S) -> Drained:
    """Claim and do units of a queue until none is ready or ``seconds`` have passed."""
    end = time.monotonic() + seconds
    units = 0
    while time.monotonic() < end:
        held = queue.claim(queue=queue_name, worker=worker_name())
        if held is None:
            return Drained(units, more=False)
        do(held)
        units += 1
    return Drained(units, more=True)


def do(held: queue.Claim) -> None:
    """Do one claimed unit. A lost lease ends it silently: the unit belongs to another worker."""
    try:
        with queue.heartbeat(held) as lost:
            if held.kind == UnitKind.FINDINGS:
                findings.finish_audit(held)
            elif held.kind == UnitKind.CHECKING:
                checking.check(held)
            elif held.kind == UnitKind.LIVE:
                live.work(held, lost.is_set)
            elif held.kind == UnitKind.BASE:
                teaching.make_base(held, lost.is_set)
            elif held.kind == UnitKind.TRAINING:
                teaching.teach(held, lost.is_set)
            else:
                complete(held, lost.is_set)
    except queue.LeaseLost as error:
        log.warning("lease lost: %s", error)


def complete(held: queue.Claim, lost: Callable[[], bool]) -> None:
    """Obtain and store the completions of one unit, then settle the run."""
    run = Run.objects.select_related("model", "suite_version").get(pk=held.run_id)
    if run.state in SETTLED:
        queue.drop(held, error=f"the run is {run.state}")
        return
    Run.objects.filter(pk=run.pk, state=RunState.WAITING).update(
        state=RunState.RUNNING, started_at=timezone.now()
    )
    try:
        stopped = obtain(held, run, lost)
    except BackendError as error:
        fail(held, run, error)
        return
    if stopped:
        queue.drop(held, error="cancelled")
    else:
        queue.finish(held)
    settling.settle(run.pk)


def obtain(held: queue.Claim, run: Run, lost: Callable[[], bool]) -> bool:
    """Stream the missing completions of a unit into the database; true where the run was cancelled."""
    requests, sample_ids = missing_requests(run, first=held.first, last=held.last)
    if not requests:
        return False
    stop = StopSwitch(run.pk, lost)
    backend = backend_registry.get(run.model.backend)
    context = model_context.for_model(run.model, should_stop=stop)
    settings_of_run = model_context.resolved(run.model.settings)
    stream = backend.stream(settings_of_run, requests, Decoding(**_decoding(run)), context)
    paid = backend.sends_data
    for batch in batches(
        stream, size=PAID_BATCH if paid else settings.WORK_BATCH, seconds=0.25 if paid else 1.0
    ):
        store(held, run, batch, sample_ids)
    if lost():
        raise queue.LeaseLost(f"unit {held.unit_id} at fence {held.fence}")
    return stop.cancelled


def _decoding(run: Run) -> dict[str, object]:
    known = dict(run.decoding)
    known.pop("recorded", None)
    return {**known, "stop": tuple(known.get("stop", ()))}


def missing_requests(run: Run, *, first: int, last: int) -> tuple[list[Request], dict[str, int]]:
    """Requests of positions ``[first, last)`` that have no stored completion yet, and sample row ids."""
    rows = list(
        Sample.objects.filter(version_id=run.suite_version_id, position__gte=first, position__lt=last)
    )
    ids = {row.key: row.pk for row in rows}
    stored = set(
        Completion.objects.filter(run=run, sample_id__in=ids.values()).values_list(
            "sample_id", "sample_index"
        )
    )
    wanted = plan_requests([row.as_record() for row in rows], Decoding(**_decoding(run)))
    return [r for r in wanted if (ids[r.sample_id], r.sample_index) not in stored], ids


class StopSwitch:
    """True once the lease is lost or the run is cancelled; asks the database at most every second."""

    def __init__(self, run_id: int, lost: Callable[[], bool]) -> None:
        self.run_id, self.lost = run_id, lost
        self.cancelled = False
        self.asked_at = time.monotonic()

    def __call__(self) -> bool:
        if self.lost() or self.cancelled:
            return True
        if time.monotonic() - self.asked_at >= 1.0:
            self.asked_at = time.monotonic()
            self.cancelled = Run.objects.filter(pk=self.run_id, state=RunState.CANCELLED).exists()
        return self.cancelled


def batches(
    stream: Iterable[CompletionRecord], *, size: int, seconds: float = 1.0
) -> Iterator[list[CompletionRecord]]:
    """Group a stream into lists of at most ``size``, none older than about ``seconds``."""
    batch: list[CompletionRecord] = []
    began = time.monotonic()
    for completion in stream:
        batch.append(completion)
        if len(batch) >= size or time.monotonic() - began >= seconds:
            yield batch
            batch, began = [], time.monotonic()
    if batch:
        yield batch


def store(held: queue.Claim, run: Run, batch: list[CompletionRecord], sample_ids: dict[str, int]) -> None:
    """Write a batch in one transaction, only while the lease is held; a stored answer is never replaced."""
    now = timezone.now()
    with transaction.atomic():
        queue.renew(held)
        Completion.objects.bulk_create(
            [
                Completion(
                    run=run, sample_id=sample_ids[c.sample_id], sample_index=c.sample_index, text=c.text,
                    prompt_tokens=c.usage.prompt_tokens, completion_tokens=c.usage.completion_tokens,
                    latency_ms=c.latency_ms, logprobs=list(c.logprobs) if c.logprobs is not None else None,
                    finish_reason=c.finish_reason[:40], model_reported=c.model_reported[:200],
                    fingerprint=c.fingerprint[:200], error=c.error, error_detail=c.error_detail[:8192],
                    obtained_by=run.obtained_by, created_at=now,
                )
                for c in batch
            ],
            ignore_conflicts=True,
        )  # fmt: skip


def fail(held: queue.Claim, run: Run, error: BackendError) -> None:
    """A backend that cannot go on: try again later where that may help, else end the run with its reason."""
    if error.error_class in RETRYABLE and held.attempt < settings.WORK_MAX_ATTEMPTS:
        queue.give_back(held, after_s=queue.BACKOFF_S[held.attempt - 1], error=error.message)
        return
    queue.drop(held, error=error.message)
    with transaction.atomic():
        WorkUnit.objects.filter(run=run, state=UnitState.READY).update(state=UnitState.DROPPED)
        Run.objects.filter(pk=run.pk).exclude(state__in=SETTLED).update(
            state=RunState.FAILED, failure=error.message[:4000], finished_at=timezone.now()
        )
    settling.settle_audits(run.pk)


def sweep() -> int:
    """Re-queue units whose worker is gone, set bad samples apart, settle what was left unsettled."""
    expired = queue.expired()
    for unit in expired:
        recover(unit)
    for audit in Audit.objects.filter(state=AuditState.RUNNING):
        settling.settle_audit(audit)
    for plan in DistillationPlan.objects.filter(state__in=(PlanState.ANSWERING, PlanState.TRAINING)):
        steps.settle_plan(plan)
    live.settle_all()
    deletion.sweep()
    return len(expired)


def recover(unit: WorkUnit) -> None:
    """Decide what becomes of an expired unit by the number of workers that it has ended."""
    if unit.kind == UnitKind.FINDINGS:
        if unit.attempt >= settings.WORK_MAX_ATTEMPTS:
            findings.give_up(unit, "Computing the findings ended the worker three times.")
        else:
            queue.requeue(unit)
        return
    if unit.kind in LONG_KINDS:
        if unit.attempt >= settings.WORK_MAX_ATTEMPTS:
            (live if unit.kind == UnitKind.LIVE else teaching).give_up(unit)
        else:
            queue.requeue(unit)
        return
    if unit.attempt < 2:
        queue.requeue(unit)
        return
    run = Run.objects.select_related("suite_version").get(pk=unit.run_id)
    requests, ids = missing_requests(run, first=unit.first, last=unit.last)
    if unit.last - unit.first > 1:
        positions = Sample.objects.filter(pk__in={ids[r.sample_id] for r in requests})
        queue.split(unit, list(positions.values_list("position", flat=True)))
        settling.settle(run.pk)
        return
    if unit.attempt < settings.WORK_MAX_ATTEMPTS:
        queue.requeue(unit)
        return
    mark_crashed(unit, run, requests, ids)


def mark_crashed(unit: WorkUnit, run: Run, requests: list[Request], ids: dict[str, int]) -> None:
    """Store a typed error for a sample that ended its worker three times; the run goes on."""
    held = queue.held_as(unit, fence=unit.fence, attempt=unit.attempt)
    detail = f"The worker ended {unit.attempt} times while it answered this sample; it is not tried again."
    crashed = [
        CompletionRecord(r.sample_id, "", r.sample_index, error=ErrorClass.CRASHED, error_detail=detail)
        for r in requests
    ]
    store(held, run, crashed, ids)
    queue.finish(held)
    settling.settle(run.pk)

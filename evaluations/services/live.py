"""The sample, live: base, teachers and two students are trained in front of the user, then audited for real.

The recorded references of the sample are kept; the models trained here answer through the normal engine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from evaluations.distillation import zoo
from evaluations.distillation.composition import Composition, read_composition
from evaluations.distillation.training import TrainingFailed
from evaluations.errors import Refusal
from evaluations.inference.local_model import NOT_INSTALLED
from evaluations.models import (
    Audit,
    AuditState,
    LiveSample,
    LiveState,
    LiveStep,
    Model,
    UnitKind,
    UnitState,
    Workspace,
    WorkUnit,
)
from evaluations.services import audits, events, models, queue, sample, specs
from evaluations.services.distillation.requests import LOCAL

SPECS: Final = ("docket.yaml", "relay.yaml")
ENDED: Final = (AuditState.FINISHED, AuditState.FAILED, AuditState.CANCELLED)
COPIED: Final = (
    "vendor", "claim", "access_route", "owner", "family", "lineage", "base", "relation", "released",
    "released_source", "taught_by_owners", "taught_by_families", "taught_by", "data_source",
    "history_source", "confidence", "note", "currency", "price_input_micro", "price_output_micro",
    "price_source",
)  # fmt: skip
"""What a model trained here has in common with its recorded twin."""


def composition() -> Composition:
    """The five models that are trained live. All start from the teachers' base, so that one is enough."""
    read = read_composition(sample.folder() / "zoo.yaml", size="live")
    shared = next(entry.base for entry in read.entries if entry.kind == "teacher")
    return replace(
        read,
        timed=False,
        bases=(read.base(shared),),
        entries=tuple(replace(entry, base=shared) for entry in read.entries),
    )


def folder_of(live: LiveSample) -> Path:
    """Where the models of a live sample lie."""
    return Path(settings.STUDENTS_ROOT) / f"live-{live.pk}"


@transaction.atomic
def start(*, workspace: Workspace, user: Any, now: datetime, queue_name: str = "") -> LiveSample:
    """Begin a live sample; while one is at work that one is returned. Refuses without torch."""
    if find_spec("torch") is None or find_spec("transformers") is None:
        raise Refusal(NOT_INSTALLED)
    Workspace.objects.select_for_update().get(pk=workspace.pk)
    running = LiveSample.objects.filter(
        workspace=workspace, state__in=(LiveState.TRAINING, LiveState.AUDITING)
    ).first()
    if running is not None:
        return running
    live = LiveSample.objects.create(workspace=workspace, started_at=now)
    LiveStep.objects.bulk_create(
        LiveStep(live=live, position=i, wave=job.wave, key=job.key, temperature=job.temperature)
        for i, job in enumerate(zoo.jobs(composition()))
    )
    events.record(
        workspace=workspace, user=user, verb="live sample started", subject=f"live {live.pk}", now=now
    )
    settle(live, queue_name=queue_name)
    return live


def settle(live: LiveSample, *, queue_name: str = "") -> None:
    """Make units for the next wave, lock the audits after the last, finish after those; twice changes nothing."""
    with transaction.atomic():
        row = LiveSample.objects.select_for_update().get(pk=live.pk)
        if row.state == LiveState.TRAINING:
            waiting = row.steps.filter(done=False).order_by("wave", "position")
            first = waiting.first()
            if first is None:
                _audit(row, queue_name)
            else:
                for step in waiting.filter(wave=first.wave):
                    WorkUnit.objects.get_or_create(
                        kind=UnitKind.LIVE, live_step=step,
                        defaults={"queue": queue_name or settings.GPU_QUEUE},
                    )  # fmt: skip
        elif row.state == LiveState.AUDITING:
            own = Audit.objects.filter(workspace=row.workspace, number__in=row.audits)
            if not own.exclude(state__in=ENDED).exists():
                row.state, row.finished_at = LiveState.FINISHED, timezone.now()
                row.save(update_fields=["state", "finished_at"])


def settle_all() -> None:
    """Look at every live sample that is at work."""
    for live in LiveSample.objects.filter(state__in=(LiveState.TRAINING, LiveState.AUDITING)):
        settle(live)


def work(held: queue.Claim, lost: Callable[[], bool]) -> None:
    """Do the job of a claimed unit, then see what comes next."""
    step = LiveStep.objects.select_related("live").get(pk=held.live_step_id)
    if step.live.state != LiveState.TRAINING:
        queue.drop(held, error=f"the live sample is {step.live.state}")
        return
    job = zoo.Job(step.wave, step.key, step.temperature)
    try:
        said = zoo.do(composition(), job, folder_of(step.live))
    except TrainingFailed as error:
        fail(step.live, str(error))
        queue.drop(held, error=str(error))
        return
    if lost():
        raise queue.LeaseLost(f"unit {held.unit_id} at fence {held.fence}")
    unit_queue = WorkUnit.objects.values_list("queue", flat=True).get(pk=held.unit_id)
    with transaction.atomic():
        queue.finish(held)
        LiveStep.objects.filter(pk=step.pk).update(done=True, said=said)
    settle(step.live, queue_name="" if unit_queue == settings.GPU_QUEUE else unit_queue)


def close_wave(live: LiveSample, *, queue_name: str) -> None:
    """Mark the jobs of the next wave done whose files somebody else has made, and settle."""
    steps = live.steps.filter(done=False)
    first = steps.order_by("wave").first()
    if first is not None:
        WorkUnit.objects.filter(live_step__live=live, state=UnitState.READY).update(state=UnitState.DONE)
        steps.filter(wave=first.wave).update(done=True)
    settle(live, queue_name=queue_name)


def fail(live: LiveSample, reason: str) -> None:
    """End a live sample that cannot go on."""
    LiveSample.objects.filter(pk=live.pk).update(
        state=LiveState.FAILED, failure=reason[:4000], finished_at=timezone.now()
    )
    WorkUnit.objects.filter(live_step__live=live, state=UnitState.READY).update(state=UnitState.DROPPED)


def give_up(unit: WorkUnit) -> None:
    """End the live sample of a unit that ended its worker again and again."""
    reason = f"The worker ended {unit.attempt} times while it trained {unit.live_step.key}."
    gone = WorkUnit.objects.filter(pk=unit.pk, state=UnitState.LEASED, fence=unit.fence).update(
        state=UnitState.DROPPED, lease_until=None, error=reason
    )
    if gone:
        fail(unit.live_step.live, reason)


def _audit(live: LiveSample, queue_name: str) -> None:
    """Register the models trained here and start one audit for each of the two students."""
    now = timezone.now()
    made = []
    for name in SPECS:
        audit = _lock(live, name, now)
        audits.start(audit=audit, user=None, now=now, queue_name=queue_name)
        made.append(audit.number)
    live.state, live.audits = LiveState.AUDITING, made
    live.save(update_fields=["state", "audits"])


def _lock(live: LiveSample, name: str, now: datetime) -> Audit:
    workspace = live.workspace
    prepared = specs.prepare(path=sample.folder() / name, workspace=workspace, user=None, now=now)
    recorded = sample.with_sheets(prepared.request)
    trained = {entry.key for entry in composition().entries}
    twins = {
        key: _register(live, key, twin, now)
        for key, twin in ((sample.plain_key(model), model) for model, _ in recorded.roles())
        if key in trained
    }
    request = replace(
        recorded,
        title=f"{recorded.title}, trained live",
        student=twins[sample.plain_key(recorded.student)],
        candidates=[twins[sample.plain_key(model)] for model in recorded.candidates],
        references=[model for model, _ in recorded.roles() if sample.plain_key(model) not in trained],
        panel=None,
    )
    return audits.create(workspace=workspace, user=None, request=request, now=now)


def _register(live: LiveSample, key: str, twin: Model, now: datetime) -> Model:
    details = models.ModelDetails(
        key=f"live/{live.pk}/{key}",
        name=twin.name,
        backend=LOCAL,
        **{field: getattr(twin, field) for field in COPIED},
    )
    return models.save(
        workspace=live.workspace,
        user=None,
        details=details,
        settings={"folder": str(folder_of(live) / "models" / key)},
        now=now,
    )

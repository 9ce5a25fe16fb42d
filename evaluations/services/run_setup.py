"""Runs and their units of work, made when an audit starts."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from evaluations.inference.backend import Backend
from evaluations.inference.backend import backends as backend_registry
from evaluations.models import Audit, AuditModel, Run, RunState, UnitState, WorkUnit
from evaluations.records import digest

DEFAULT_UNIT_SAMPLES = 64


def queue_of(backend: Backend) -> str:
    """The queue of a backend's units; local models go where this installation has its devices."""
    return settings.GPU_QUEUE if backend.queue == "gpu" else "cpu"


def decoding_of(audit: Audit, backend: Backend) -> dict[str, Any]:
    """The decoding of a run. Recorded outputs were decoded elsewhere: one answer a sample, as found."""
    planned = dict(audit.plan["decoding"])
    if getattr(backend, "decodes", True):
        return planned
    return {
        "recorded": True,
        "samples": 1,
        "temperature": 0.0,
        "max_new_tokens": planned["max_new_tokens"],
        "seed": 0,
        "stop": [],
    }


def attach(audit: Audit, member: AuditModel, *, queue_name: str = "") -> None:
    """Give an audit's model its run: an equal complete run is used again, else units are made.

    Answers of a remote endpoint belong to one audit, since the model behind it may change.
    """
    backend = backend_registry.get(member.model.backend)
    decoding = decoding_of(audit, backend)
    decoding_digest = digest(
        {
            key: value
            for key, value in decoding.items()
            if key != "max_new_tokens" or "recorded" not in decoding
        }
    )
    run, made = Run.objects.get_or_create(
        model=member.model,
        suite_version=audit.suite_version,
        model_digest=member.model.configuration_digest(),
        decoding_digest=decoding_digest,
        scope=f"audit-{audit.pk}" if backend.sends_data else "shared",
        defaults={"decoding": decoding, "obtained_by": member.model.obtained_by},
    )
    member.run = run
    member.reused = not made and run.state == RunState.COMPLETE
    if made:
        make_units(run, backend, audit.suite_version.sample_count, queue_name or queue_of(backend))
    elif run.state in (RunState.FAILED, RunState.CANCELLED):
        revive(run, queue_name or queue_of(backend))
    elif run.state != RunState.COMPLETE:
        # The queue of an earlier command may have no worker left.
        unfinished = WorkUnit.objects.filter(run=run, state__in=(UnitState.READY, UnitState.LEASED))
        unfinished.update(queue=queue_name or queue_of(backend))


def make_units(run: Run, backend: Backend, n_samples: int, queue_name: str) -> None:
    """Cut a run's samples into units, each well under a minute of work."""
    size = int(getattr(backend, "unit_samples", DEFAULT_UNIT_SAMPLES))
    WorkUnit.objects.bulk_create(
        WorkUnit(run=run, queue=queue_name, first=first, last=min(first + size, n_samples))
        for first in range(0, n_samples, size)
    )


def revive(run: Run, queue_name: str) -> None:
    """Make a failed or cancelled run ready again; stored answers stay and are not asked for twice."""
    Run.objects.filter(pk=run.pk).update(state=RunState.WAITING, failure="", finished_at=None)
    WorkUnit.objects.filter(run=run, state=UnitState.DROPPED).update(
        state=UnitState.READY, queue=queue_name, attempt=0, not_before=None, error=""
    )

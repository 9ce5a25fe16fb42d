"""Runs and their units of work, made when an audit starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from evaluations.inference.backend import Backend
from evaluations.inference.backend import backends as backend_registry
from evaluations.models import Audit, AuditModel, Model, Run, RunState, SuiteVersion, UnitState, WorkUnit
from evaluations.records import digest

DEFAULT_UNIT_SAMPLES = 64


def queue_of(backend: Backend) -> str:
    """The queue of a backend's units; local models go where this installation has its devices."""
    return settings.GPU_QUEUE if backend.queue == "gpu" else "cpu"


def decoding_of(planned: Mapping[str, Any], backend: Backend) -> dict[str, Any]:
    """The decoding of a run. Recorded outputs were decoded elsewhere: one answer a sample, as found."""
    if getattr(backend, "decodes", True):
        return dict(planned)
    return {
        "recorded": True,
        "samples": 1,
        "temperature": 0.0,
        "max_new_tokens": planned["max_new_tokens"],
        "seed": 0,
        "stop": [],
    }


def configuration_of(
    model: Model, version: SuiteVersion, planned: Mapping[str, Any], *, remote_scope: str
) -> dict[str, Any]:
    """What makes two runs the same run, as fields of the row.

    ``remote_scope``: who shares the answers of a remote endpoint. Those of a local model serve everybody.
    """
    backend = backend_registry.get(model.backend)
    decoding = decoding_of(planned, backend)
    told_apart = {
        key: value for key, value in decoding.items() if key != "max_new_tokens" or "recorded" not in decoding
    }
    return {
        "model": model,
        "suite_version": version,
        "model_digest": model.configuration_digest(),
        "decoding_digest": digest(told_apart),
        "scope": remote_scope if backend.sends_data else "shared",
    }


def attach(audit: Audit, member: AuditModel, *, queue_name: str = "") -> None:
    """Give an audit's model its run.

    Answers of a remote endpoint belong to one audit, since the model behind it may change.
    """
    member.run, member.reused = run_for(
        member.model,
        audit.suite_version,
        audit.plan["decoding"],
        remote_scope=f"audit-{audit.pk}",
        queue_name=queue_name,
    )


def run_for(
    model: Model,
    version: SuiteVersion,
    planned: Mapping[str, Any],
    *,
    remote_scope: str,
    queue_name: str = "",
) -> tuple[Run, bool]:
    """The run of a model over a suite version, and whether it is an equal one that was complete already.

    ``planned`` is the decoding of the plan. A run that is not there gets units of work, one that ended early
    is taken up again.
    """
    backend = backend_registry.get(model.backend)
    queue_name = queue_name or queue_of(backend)
    run, made = Run.objects.get_or_create(
        **configuration_of(model, version, planned, remote_scope=remote_scope),
        defaults={"decoding": decoding_of(planned, backend), "obtained_by": model.obtained_by},
    )
    if made:
        make_units(run, backend, version.sample_count, queue_name)
    elif run.state in (RunState.FAILED, RunState.CANCELLED):
        revive(run, queue_name)
    elif run.state != RunState.COMPLETE:
        # The queue of an earlier command may have no worker left, and a pause of another plan ends here.
        unfinished = WorkUnit.objects.filter(run=run, state__in=(UnitState.READY, UnitState.LEASED))
        unfinished.update(queue=queue_name)
    return run, not made and run.state == RunState.COMPLETE


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

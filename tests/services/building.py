"""Small real workspaces for the service tests: a suite, scripted models, a locked plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from evaluations.models import Audit, Model, SuiteVersion, Workspace
from evaluations.records import Sample
from evaluations.services import audits, models, suites
from evaluations.suites.reading import content_hash


def make_version(workspace: Workspace, *, now: datetime, n: int = 6, name: str = "Tickets") -> SuiteVersion:
    """A suite version of ``n`` classification samples, targets alternating billing and outage."""
    suite = suites.create_suite(workspace=workspace, user=None, name=name, sensitivity="internal", now=now)
    samples = tuple(
        Sample(
            id=f"t{i}",
            input=f"Ticket number {i}",
            targets=("billing" if i % 2 == 0 else "outage",),
            task_type="classification",
        )
        for i in range(n)
    )
    return suites.create_version(
        suite=suite,
        user=None,
        samples=samples,
        content_hash=content_hash(samples),
        mapping={},
        source_filename="tickets.csv",
        source_sha256="",
        left_out=[],
        now=now,
    )


def make_model(
    workspace: Workspace,
    key: str,
    *,
    now: datetime,
    settings: Mapping[str, Any] | None = None,
    backend: str = "scripted",
    **history: Any,
) -> Model:
    """A scripted model that answers one of two labels."""
    details = models.ModelDetails(key=key, name=key.title(), backend=backend, **history)
    return models.save(
        workspace=workspace,
        user=None,
        details=details,
        settings=settings or {"rule": "label:billing,outage"},
        now=now,
    )


def make_audit(
    workspace: Workspace,
    *,
    now: datetime,
    version: SuiteVersion | None = None,
    student: Mapping[str, Any] | None = None,
    references: Sequence[Model] = (),
    user: Any = None,
    **plan: Any,
) -> Audit:
    """A locked audit of student "docket" against candidate "orrery"."""
    request = audits.PlanRequest(
        title="Docket on Tickets",
        suite_version=version or make_version(workspace, now=now),
        student=make_model(workspace, "docket", now=now, settings=student, owner="brackwater"),
        candidates=[
            make_model(workspace, "orrery", now=now, owner="orrery", family="orrery4", taught_by_owners=[])
        ],
        references=references,
        **plan,
    )
    return audits.create(workspace=workspace, user=user, request=request, now=now)

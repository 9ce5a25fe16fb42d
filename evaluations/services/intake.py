"""Uploaded suite files on their way in: a file that cannot be read leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from evaluations.errors import Refusal
from evaluations.models import SuiteUpload, TaskSuite, Workload, Workspace
from evaluations.services import suites


@transaction.atomic
def new_suite(
    *,
    workspace: Workspace,
    user: Any,
    name: str,
    sensitivity: str,
    workload: Workload | None,
    filename: str,
    chunks: Iterable[bytes],
    now: datetime,
) -> SuiteUpload:
    """A new suite with its first file waiting for its columns to be confirmed.

    Refuses a taken name and a file that cannot be read; then there is no suite either.
    """
    suite = suites.create_suite(
        workspace=workspace, user=user, name=name, sensitivity=sensitivity, workload=workload, now=now
    )
    return new_version(suite=suite, user=user, filename=filename, chunks=chunks)


@transaction.atomic
def new_version(*, suite: TaskSuite, user: Any, filename: str, chunks: Iterable[bytes]) -> SuiteUpload:
    """A file for the suite's next version, with a proposal; refuses a file that cannot be read."""
    upload = suites.receive(suite=suite, user=user, filename=filename, chunks=chunks)
    proposal = upload.proposal
    if proposal["outcome"] == "refuse" and not proposal["columns"]:
        raise Refusal(f"{filename}: {proposal['reason']}. Nothing was stored.")
    return upload

"""A small workspace made through the real services: a suite, recorded models, a finished audit."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from evaluations.models import Audit, Model, SuiteVersion, Workspace
from evaluations.services import audits, foreground, intake, models, suites
from evaluations.services.audits import PlanRequest
from evaluations.services.models import ModelDetails
from evaluations.suites.reading import Mapping
from tests.shared_data import shared_path


def banking_rows(n: int) -> list[dict[str, str]]:
    """The first ``n`` rows of a published intent test set: ``text`` and ``category``."""
    with shared_path("suites/banking77_test.csv").open(encoding="utf-8", newline="") as file:
        return [row for row, _ in zip(csv.DictReader(file), range(n), strict=False)]


def banking_csv(n: int = 24) -> bytes:
    """The same rows as a CSV file, every third one critical."""
    lines = ["id,text,category,criticality"]
    for index, row in enumerate(banking_rows(n)):
        text = row["text"].replace('"', '""')
        level = ("critical", "standard", "routine")[index % 3]
        lines.append(f'q{index},"{text}",{row["category"]},{level}')
    return "\n".join(lines).encode()


def uploaded(content: bytes, name: str = "tickets.csv") -> SimpleUploadedFile:
    """A file as a browser sends it."""
    return SimpleUploadedFile(name, content)


def suite_version(
    workspace: Workspace,
    user: Any,
    now: datetime,
    *,
    name: str = "Support tickets",
    n: int = 24,
    workload: Any = None,
) -> SuiteVersion:
    """A saved version of ``n`` published samples."""
    upload = intake.new_suite(
        workspace=workspace, user=user, name=name, sensitivity="internal", workload=workload,
        filename="tickets.csv", chunks=[banking_csv(n)], now=now,
    )  # fmt: skip
    mapping = Mapping.from_json(upload.proposal["mapping"])
    return suites.import_upload(upload=upload, user=user, mapping=mapping, on_bad_rows="refuse", now=now)


def recording(n: int = 24, *, wrong: int = 0, missing: int = 0) -> bytes:
    """Recorded outputs for the suite: the first ``wrong`` answers are wrong, the last ``missing`` absent."""
    rows = [
        {"id": f"q{index}", "output": "lost_or_stolen_card" if index < wrong else row["category"]}
        for index, row in enumerate(banking_rows(n))
    ]
    return "\n".join(json.dumps(row) for row in rows[: n - missing]).encode()


def recorded_model(
    workspace: Workspace, user: Any, now: datetime, *, name: str, content: bytes | None = None, **details: Any
) -> Model:
    """A registered model of recorded outputs."""
    stored = models.store_recording("outputs.jsonl", [recording() if content is None else content])
    return models.register(
        workspace=workspace,
        user=user,
        details=ModelDetails(key=name.lower().replace(" ", "-"), name=name, backend="recorded", **details),
        settings={"file": stored.name},
        now=now,
    )


def plan(workspace: Workspace, user: Any, now: datetime, **changes: Any) -> PlanRequest:
    """A student that misses two answers, against one candidate."""
    version = suite_version(workspace, user, now)
    student = recorded_model(
        workspace, user, now, name="Docket 8B", content=recording(wrong=2, missing=1), vendor="Brackwater",
        claim="fully proprietary", released="2026-06-02", currency="EUR",
    )  # fmt: skip
    teacher = recorded_model(workspace, user, now, name="Orrery 4", owner="Orrery", released="2025-03-11")
    values = {
        "title": "Docket 8B on Support tickets",
        "suite_version": version,
        "student": student,
        "candidates": [teacher],
        "suspected_owners": ["Orrery"],
    }
    return PlanRequest(**(values | changes))


def locked_audit(workspace: Workspace, user: Any, now: datetime, **changes: Any) -> Audit:
    """A locked plan that has not started."""
    return audits.create(
        workspace=workspace, user=user, request=plan(workspace, user, now, **changes), now=now
    )


def finished_audit(workspace: Workspace, user: Any, now: datetime, **changes: Any) -> Audit:
    """An audit that ran through the real pipeline, with its report."""
    return foreground.run(locked_audit(workspace, user, now, **changes))

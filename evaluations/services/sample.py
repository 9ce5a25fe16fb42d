"""The sample audit: the finished reports that a newcomer sees first, computed on this machine.

The models are real and small, their teachers are known exactly, their answers were recorded when the
package was made. Everything after that is the normal pipeline.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from evaluations.models import AccessRoute, Audit, Model, Workspace
from evaluations.services import audits, foreground, specs, workspaces

SPECS = ("docket.yaml", "relay.yaml", "sift.yaml")
SHEET_FIELDS = ("claim", "price_input_micro", "price_output_micro")


@dataclass(frozen=True)
class SampleAudit:
    """One sample audit and the names of its models by key."""

    audit: Audit
    ids: dict[str, str]


def folder() -> Path:
    """Where the recorded sample lies in the package."""
    return Path(str(resources.files("evaluations") / "sample_data"))


def prepare(*, now: datetime, workspace: Workspace | None = None) -> list[SampleAudit]:
    """Lock and start the sample audits of a workspace; a second call finds those of the first."""
    home = workspace or workspaces.default() or workspaces.create(name="My company", slug="main", now=now)
    existing = list(Audit.objects.filter(workspace=home, is_sample=True).order_by("number"))
    if len(existing) == len(SPECS):
        return [SampleAudit(audit, names_of(audit)) for audit in existing]
    with transaction.atomic():
        made = [_lock(home, name, now) for name in SPECS]
        for audit in made:
            audits.start(audit=audit, user=None, now=now)
    return [SampleAudit(audit, names_of(audit)) for audit in made]


def _lock(workspace: Workspace, name: str, now: datetime) -> Audit:
    prepared = specs.prepare(path=folder() / name, workspace=workspace, user=None, now=now)
    request = replace(with_sheets(prepared.request), is_sample=True)
    return audits.create(workspace=workspace, user=None, request=request, now=now)


def plain_key(model: Model) -> str:
    """The key of a model in the sample's composition."""
    return model.key.split("/", 1)[-1]


def with_sheets(request: audits.PlanRequest) -> audits.PlanRequest:
    """The request after its models were given the prices and claims of their sheets."""
    models = [request.student, *request.candidates, *request.references]
    _apply_sheets({plain_key(model): model for model in models})
    return request


def _apply_sheets(models: dict[str, Model]) -> None:
    """Give the models the prices, claims and routes of their sheets, which a panel folder has no place for."""
    sheets = yaml.safe_load((folder() / "zoo.yaml").read_text(encoding="utf-8"))["models"]
    for sheet in sheets:
        model = models.get(sheet["key"])
        if model is None:
            continue
        for field in SHEET_FIELDS:
            setattr(model, field, sheet.get(field, getattr(model, field)))
        model.vendor = sheet["owner"]
        model.price_source = "price of the sample, made up"
        model.released_source = "sheet of the sample"
        weights = sheet.get("access_route") == "weights"
        model.access_route = AccessRoute.SELF_HOSTED_WEIGHTS if weights else AccessRoute.FIRST_PARTY_API
        model.currency = "EUR"
        if sheet["kind"] == "student" and sheet.get("claim"):
            # What a buyer would know of a vendor's model: its claim, not its history.
            model.taught_by_owners, model.taught_by_families, model.taught_by = None, [], []
            model.relation = model.data_source = model.note = ""
            model.history_source = model.confidence = ""
        model.save()


def names_of(audit: Audit) -> dict[str, str]:
    """The short names of an audit's models by their keys."""
    keys = audit.audit_models.values_list("model__key", flat=True)
    return {key: key.split("/", 1)[-1] for key in keys}


def run(*, now: datetime, on_progress: Any = None) -> list[SampleAudit]:
    """Run the sample audits in the foreground to their end."""
    samples = prepare(now=now)
    for sample in samples:
        foreground.run(sample.audit, on_progress=on_progress, queue_name="cpu")
    return samples

"""Registered models: checked before anything is stored, then kept with their declared history."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.db import transaction

from evaluations.errors import Refusal
from evaluations.inference.backend import CheckReport, RunContext
from evaluations.inference.backend import backends as backend_registry
from evaluations.inference.recordings import RecordingMatch, index_recording
from evaluations.models import Model, Sample, SuiteVersion, Workspace
from evaluations.records import ObtainedBy
from evaluations.services import endpoint_keys, events, files, model_context

SUFFIXES = (".jsonl.gz", ".json.gz", ".csv.gz", ".jsonl", ".json", ".csv", ".tsv")


@dataclass(frozen=True)
class ModelDetails:
    """What a person says about a model: identity, history and price (micro-units per million tokens)."""

    key: str
    name: str
    backend: str
    vendor: str = ""
    claim: str = ""
    access_route: str = ""
    owner: str = ""
    family: str = ""
    lineage: str = ""
    base: str = ""
    relation: str = ""
    released: str = ""
    released_source: str = ""
    taught_by_owners: list[str] | None = None
    taught_by_families: list[str] = dataclasses.field(default_factory=list)
    taught_by: list[str] = dataclasses.field(default_factory=list)
    data_source: str = ""
    history_source: str = ""
    confidence: str = ""
    note: str = ""
    currency: str = "USD"
    price_input_micro: int | None = None
    price_output_micro: int | None = None
    price_source: str = ""
    obtained_by: str = ObtainedBy.BUYER_RAN


def check(details_backend: str, settings: Mapping[str, Any], *, key: str = "") -> CheckReport:
    """Test a connection or pre-flight a folder, without storing anything."""
    context = dataclasses.replace(model_context.for_settings(), api_key=key)
    return backend_registry.get(details_backend).check(model_context.resolved(settings), context)


def check_again(model: Model) -> CheckReport:
    """Test a registered model with its stored key."""
    context: RunContext = model_context.for_model(model)
    return backend_registry.get(model.backend).check(model_context.resolved(model.settings), context)


def register(
    *,
    workspace: Workspace,
    user: Any,
    details: ModelDetails,
    settings: Mapping[str, Any],
    key: str = "",
    now: datetime,
) -> Model:
    """Check a model and store it; refuses a taken key and every problem of the check, storing nothing."""
    if Model.objects.filter(workspace=workspace, key=details.key).exists():
        raise Refusal(f"There is a model with the key {details.key!r} already. Choose another key.")
    report = check(details.backend, settings, key=key)
    if not report.ok:
        raise Refusal(*report.problems)
    return save(workspace=workspace, user=user, details=details, settings=settings, key=key, now=now)


@transaction.atomic
def save(
    *,
    workspace: Workspace,
    user: Any,
    details: ModelDetails,
    settings: Mapping[str, Any],
    key: str = "",
    now: datetime,
) -> Model:
    """Store a model under its key, new or changed. A moved endpoint loses its stored key."""
    model = Model.objects.filter(workspace=workspace, key=details.key).first() or Model(workspace=workspace)
    verb = "model changed" if model.pk else "model registered"
    for name, value in dataclasses.asdict(details).items():
        setattr(model, name, value)
    model.settings = dict(settings)
    if not model.pk and user is not None and user.is_authenticated:
        model.created_by = user
    try:
        model.full_clean(exclude=["created_by", "workspace"], validate_unique=False)
    except ValidationError as error:
        raise Refusal(
            *(f"{name}: {' '.join(found)}" for name, found in error.message_dict.items())
        ) from error
    model.save()
    base_url = str(settings.get("base_url", ""))
    if base_url:
        endpoint_keys.forget_if_moved(model, base_url=base_url)
        if key:
            endpoint_keys.store(model, key=key, base_url=base_url)
    events.record(workspace=workspace, user=user, verb=verb, subject=model.key, now=now)
    return model


def store_recording(filename: str, chunks: Iterable[bytes]) -> files.StoredFile:
    """Keep a file of recorded outputs; its name keeps the ending that names its format."""
    suffix = next((ending for ending in SUFFIXES if filename.lower().endswith(ending)), "")
    if not suffix:
        raise Refusal(
            f"{filename}: found a file name without a known ending, expected one of {', '.join(SUFFIXES)}. "
            "Nothing was stored."
        )
    stored = files.store("recordings", chunks, suffix=suffix)
    if stored.size == 0:
        raise Refusal(
            f"{filename}: found an empty file (0 bytes), expected recorded outputs. Nothing was stored."
        )
    return stored


def match_recording(name: str, version: SuiteVersion) -> RecordingMatch:
    """How a stored recording fits a suite version: matched, unmatched and duplicates, before anything runs."""
    rows = Sample.objects.filter(version=version).order_by("position")
    return index_recording(files.path_of(name), [row.as_record() for row in rows])


def local_folders() -> list[Path]:
    """The folders below the model roots that look like a model: they hold a config.json."""
    found = []
    for root in django_settings.MODEL_ROOTS:
        if root.is_dir():
            found += [path.parent for path in sorted(root.glob("**/config.json"))[:200]]
    return found

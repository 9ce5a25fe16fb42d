"""Reference panels: import a panel folder as a frozen suite version with its models."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from evaluations.errors import Refusal
from evaluations.models import AccessRoute, Model, Panel, Sensitivity, TaskSuite, Workspace
from evaluations.provenance.errors import ProvenanceInputError
from evaluations.provenance.panels.folder import Panel as PanelFolder
from evaluations.provenance.panels.folder import file_stem, read_panel
from evaluations.records import ModelCard, ObtainedBy, digest, to_json
from evaluations.services import events, files, suites
from evaluations.suites.reading import content_hash

EXTRA_COLUMNS = ("name", "vendor", "claim", "role")


@dataclass(frozen=True)
class ImportedPanel:
    """A panel in the workspace, and what of its folder could not be used."""

    panel: Panel
    problems: tuple[str, ...]
    created: bool


def import_panel(*, workspace: Workspace, user: Any, folder: Path, now: datetime) -> ImportedPanel:
    """Import a panel folder. The same folder a second time changes nothing."""
    try:
        found = read_panel(folder)
    except ProvenanceInputError as error:
        raise Refusal(f"{folder.name}: {error} Nothing was imported.") from error
    if not found.prompts:
        raise Refusal(f"{folder.name}: prompts.jsonl holds no usable prompt. Nothing was imported.")
    recordings = {key: folder / "completions" / f"{file_stem(key)}.jsonl.gz" for key in found.completions}
    frozen = digest(
        {
            "prompts": found.prompts,
            "cards": found.cards,
            "completions": {key: _sha256(path) for key, path in recordings.items()},
            "hold_out": found.hold_out,
        }
    )
    existing = Panel.objects.filter(workspace=workspace, name=found.name, content_hash=frozen).first()
    if existing is not None:
        return ImportedPanel(existing, found.problems, created=False)
    stored = {
        key: files.store("recordings", files.read_in_chunks(path), suffix=".jsonl.gz")
        for key, path in recordings.items()
    }
    panel = _save(workspace, user, found, frozen, stored, _extras(folder), now)
    return ImportedPanel(panel, found.problems, created=True)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _extras(folder: Path) -> dict[str, dict[str, str]]:
    """Columns of models.csv that are no part of a model's history: its name, vendor and claim."""
    with (folder / "models.csv").open(encoding="utf-8-sig", newline="") as file:
        return {
            row["id"]: {name: row.get(name) or "" for name in EXTRA_COLUMNS} for row in csv.DictReader(file)
        }


@transaction.atomic
def _save(
    workspace: Workspace, user: Any, found: PanelFolder, frozen: str,
    stored: dict[str, files.StoredFile], extras: dict[str, dict[str, str]], now: datetime,
) -> Panel:  # fmt: skip
    suite, _ = TaskSuite.objects.get_or_create(
        workspace=workspace, name=found.name, defaults={"sensitivity": Sensitivity.PUBLIC}
    )
    version = suites.create_version(
        suite=suite, user=user, samples=found.prompts, content_hash=content_hash(found.prompts), mapping={},
        source_filename="prompts.jsonl", source_sha256="", left_out=[], now=now,
    )  # fmt: skip
    n_before = Panel.objects.filter(workspace=workspace, name=found.name).count()
    prefix = found.name if not n_before else f"{found.name}@{n_before + 1}"
    panel = Panel.objects.create(
        workspace=workspace, name=found.name, title=found.title, licence=found.licence, source=found.source,
        hold_out=found.hold_out, suite_version=version, content_hash=frozen,
    )  # fmt: skip
    Model.objects.bulk_create(
        model_row(
            workspace,
            panel,
            f"{prefix}/{file_stem(key)}",
            found.cards[key],
            stored[key].name,
            extras.get(key, {}),
        )
        for key in found.cards
        if key in stored
    )
    events.record(
        workspace=workspace, user=user, verb="panel imported", subject=found.name,
        payload={"content_hash": frozen, "models": len(stored), "problems": len(found.problems)}, now=now,
    )  # fmt: skip
    return panel


def model_row(
    workspace: Workspace, panel: Panel, key: str, card: ModelCard, recording: str, extra: dict[str, str]
) -> Model:
    """The registered model of one panel member: recorded outputs and declared history."""
    owners = card.taught_by_owners
    return Model(
        workspace=workspace,
        panel=panel,
        panel_role=extra.get("role", ""),
        key=key,
        name=extra.get("name") or card.name or card.key,
        vendor=extra.get("vendor", ""),
        claim=extra.get("claim", ""),
        backend="recorded",
        settings={"file": recording},
        access_route=card.access_route if card.access_route in AccessRoute.values else "",
        owner=card.owner,
        family=card.family,
        lineage=card.own_lineage,
        base=card.base,
        relation=card.relation,
        released=card.released or "",
        released_source=card.released_source,
        taught_by_owners=None if owners is None else to_json(owners),
        taught_by_families=list(card.taught_by_families),
        taught_by=list(card.taught_by),
        data_source=card.data_source,
        history_source=card.source,
        confidence=card.confidence,
        note=card.note,
        obtained_by=ObtainedBy.BUYER_RAN,
    )

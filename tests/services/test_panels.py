"""Panels: a folder becomes a frozen suite version with its models, once."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from evaluations.errors import Refusal
from evaluations.models import Model
from evaluations.services import panels
from tests.shared_data import shared_path

pytestmark = pytest.mark.django_db

CARDS = """id,role,owner,family,lineage,base,released,relation,taught_by_owner,taught_by_family,taught_by,confidence,source,note
orrery-4,teacher_candidate,orrery,orrery4,orrery-4,,2024-01,independent,none,,,high,card,
docket,student,brackwater,,docket,,2025-02,distilled,orrery,orrery4,orrery-4,high,card,
kestrel,reference,kestrel,,kestrel,,,independent_undisclosed,,,,low,card,
"""


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"
    root = tmp_path / "small"
    (root / "completions").mkdir(parents=True)
    (root / "panel.yaml").write_text(
        "name: small\nlicence: CC0\nsource: made here\nteacher_candidates: [orrery-4]\n"
    )
    (root / "prompts.jsonl").write_text(
        "".join(json.dumps({"id": f"p{i}", "input": f"Prompt {i}"}) + "\n" for i in range(4))
    )
    (root / "models.csv").write_text(CARDS)
    for model in ("orrery-4", "docket", "kestrel"):
        with gzip.open(root / "completions" / f"{model}.jsonl.gz", "wt") as file:
            file.writelines(json.dumps({"id": f"p{i}", "output": f"{model} {i}"}) + "\n" for i in range(4))
    return root


def test_a_panel_brings_prompts_models_and_histories(folder: Path, workspace: Any, now: datetime) -> None:
    imported = panels.import_panel(workspace=workspace, user=None, folder=folder, now=now)
    assert imported.created and imported.panel.suite_version.sample_count == 4
    models = {model.key: model for model in Model.objects.all()}
    assert sorted(models) == ["small/docket", "small/kestrel", "small/orrery-4"]
    assert models["small/orrery-4"].taught_by_owners == []
    assert models["small/docket"].taught_by_owners == ["orrery"]
    assert models["small/kestrel"].taught_by_owners is None
    assert models["small/orrery-4"].panel_role == "teacher_candidate"


def test_the_same_folder_twice_changes_nothing(folder: Path, workspace: Any, now: datetime) -> None:
    first = panels.import_panel(workspace=workspace, user=None, folder=folder, now=now)
    second = panels.import_panel(workspace=workspace, user=None, folder=folder, now=now)
    assert second.panel == first.panel and not second.created
    assert Model.objects.count() == 3


def test_a_changed_folder_is_a_new_panel(folder: Path, workspace: Any, now: datetime) -> None:
    panels.import_panel(workspace=workspace, user=None, folder=folder, now=now)
    with gzip.open(folder / "completions" / "docket.jsonl.gz", "wt") as file:
        file.write(json.dumps({"id": "p0", "output": "another answer"}) + "\n")
    again = panels.import_panel(workspace=workspace, user=None, folder=folder, now=now)
    assert again.created
    assert Model.objects.filter(key="small@2/docket").exists()


def test_a_folder_without_a_panel_file_is_refused(tmp_path: Path, workspace: Any, now: datetime) -> None:
    with pytest.raises(Refusal, match=r"no panel\.yaml found"):
        panels.import_panel(workspace=workspace, user=None, folder=tmp_path, now=now)
    assert Model.objects.count() == 0


@pytest.mark.slow
def test_the_real_panel_of_131_models_imports_whole(
    workspace: Any, now: datetime, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    folder = shared_path("panels/alpaca_dev")
    imported = panels.import_panel(workspace=workspace, user=None, folder=folder, now=now)
    assert imported.panel.models.count() == 131
    assert imported.panel.suite_version.sample_count == 805
    assert imported.panel.models.filter(panel_role="teacher_candidate").count() == 14

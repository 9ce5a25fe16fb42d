"""Audit as code: a spec becomes models, a suite and a plan; every slip is named with its place."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from evaluations.errors import Refusal
from evaluations.models import Audit, Model
from evaluations.services import audits, specs

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"
    (tmp_path / "suite.csv").write_text(
        "ref,question,gold\n"
        + "".join(f"{i},Is {i} even?,{'yes' if i % 2 == 0 else 'no'}\n" for i in range(8))
    )
    rows = [json.dumps({"id": str(i), "output": "yes"}) for i in range(8)]
    for name in ("docket", "orrery"):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(rows))
    return tmp_path


def spec(**changes: Any) -> dict[str, Any]:
    return {
        "title": "Docket on parity",
        "suite": {
            "file": "suite.csv",
            "mapping": {"id": "ref", "input": "question", "target": "gold", "task_type": "qa"},
        },
        "models": {
            "docket": {"recorded": "docket.jsonl", "released": "2024-02", "obtained_by": "vendor_supplied"},
            "orrery-4": {
                "recorded": "orrery.jsonl",
                "owner": "orrery",
                "family": "orrery4",
                "taught_by": "none",
            },
            "small": {"scripted": {"rule": "echo"}, "taught_by": "orrery-4"},
            "smaller": {"scripted": {"rule": "echo"}, "taught_by": ["orrery4", "calder"]},
        },
        "student": "docket",
        "candidates": ["orrery-4"],
        "suspected_owners": ["orrery"],
        "decoding": {"temperature": 0, "samples": 1, "max_new_tokens": 64, "seed": 3},
        "margins": {"routine": 90, "critical": 0.98},
        "alpha": 0.1,
        **changes,
    }


def prepare(folder: Path, workspace: Any, now: datetime, **changes: Any) -> specs.Prepared:
    path = folder / "audit.yaml"
    path.write_text(yaml.safe_dump(spec(**changes)))
    return specs.prepare(path=path, workspace=workspace, user=None, now=now)


def test_a_spec_becomes_a_plan(folder: Path, workspace: Any, now: datetime) -> None:
    request = prepare(folder, workspace, now).request
    assert request.suite_version.sample_count == 8
    assert (request.student.key, [m.key for m in request.candidates]) == ("docket", ["orrery-4"])
    assert sorted(m.key for m in request.references) == ["small", "smaller"]
    assert request.margins == {"routine": 0.9, "standard": 0.95, "critical": 0.98}
    assert (request.alpha, request.decoding.max_new_tokens, request.decoding.seed) == (0.1, 64, 3)


def test_taught_by_is_read_as_model_family_owner_or_nobody(
    folder: Path, workspace: Any, now: datetime
) -> None:
    prepare(folder, workspace, now)
    history = {m.key: (m.taught_by_owners, m.taught_by_families) for m in Model.objects.all()}
    assert history["docket"] == (None, [])
    assert history["orrery-4"] == ([], [])
    assert history["small"] == (["orrery"], ["orrery4"])
    assert history["smaller"] == (["calder", "orrery"], ["orrery4"])


def test_the_same_spec_twice_registers_nothing_twice(folder: Path, workspace: Any, now: datetime) -> None:
    first = prepare(folder, workspace, now).request
    second = prepare(folder, workspace, now).request
    assert Model.objects.count() == 4
    assert first.suite_version == second.suite_version


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"student": "dockett"},
            "audit.yaml, student: found 'dockett', expected the id of a model of this spec",
        ),
        ({"suite": {"file": "missing.csv"}}, "suite.file: found 'missing.csv', expected a path that exists"),
        ({"alfa": 0.1}, "alfa: found 0.1, expected no such key; known are title"),
        ({"decoding": {"temprature": 1}}, "decoding.temprature: found 1, expected one of temperature"),
        ({"decoding": {"samples": "two"}}, "decoding.samples: found 'two', expected a value of type int"),
        ({"margins": {"vital": 0.9}}, "margins.vital: found 0.9, expected routine, standard or critical"),
        (
            {"models": {"docket": {"released": "2024"}}},
            "models.docket.kind: found 'none', expected exactly one of recorded",
        ),
        ({"models": {"docket": {"recorded": "docket.jsonl", "releasd": "2024"}}}, "models.docket.releasd"),
        ({"suite": None}, "suite: found 'nothing', expected a suite file"),
    ],
)
def test_a_slip_is_named_with_its_place(
    folder: Path, workspace: Any, now: datetime, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(Refusal) as refused:
        prepare(folder, workspace, now, **changes)
    assert message in str(refused.value)
    assert Audit.objects.count() == 0


def test_a_target_column_that_is_missing_is_named(folder: Path, workspace: Any, now: datetime) -> None:
    with pytest.raises(Refusal, match="golden"):
        prepare(folder, workspace, now, suite={"file": "suite.csv", "mapping": {"target": "golden"}})


def test_a_wrong_release_date_is_refused(folder: Path, workspace: Any, now: datetime) -> None:
    models = {**spec()["models"], "docket": {"recorded": "docket.jsonl", "released": "last spring"}}
    with pytest.raises(Refusal, match="Enter a date as 2026"):
        prepare(folder, workspace, now, models=models)


def test_a_plan_comes_back_as_a_spec(folder: Path, workspace: Any, now: datetime) -> None:
    request = prepare(folder, workspace, now).request
    audit = audits.create(workspace=workspace, user=None, request=request, now=now)
    exported = yaml.safe_load(specs.export(audit))
    assert exported["student"] == "docket" and exported["candidates"] == ["orrery-4"]
    assert exported["decoding"] == {"temperature": 0.0, "samples": 1, "max_new_tokens": 64, "seed": 3}
    assert exported["models"]["orrery-4"]["taught_by_owners"] == ["none"]
    assert "taught_by_owners" not in exported["models"]["docket"]
    assert exported["margins"] == audit.plan["margins"]

"""The sample audits: computed here by the real pipeline, they say what is known to be true."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from evaluations.models import Audit, AuditState, Finding, Model
from evaluations.services import outcomes, sample

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


def test_preparing_twice_locks_each_audit_once(workspace: Any, now: datetime) -> None:
    first = sample.prepare(now=now, workspace=workspace)
    second = sample.prepare(now=now, workspace=workspace)
    assert [one.audit.pk for one in first] == [one.audit.pk for one in second]
    assert Audit.objects.filter(is_sample=True).count() == len(sample.SPECS)


def test_a_suspect_is_known_by_its_claim_alone(workspace: Any, now: datetime) -> None:
    sample.prepare(now=now, workspace=workspace)
    docket = Model.objects.get(key__endswith="/brackwater-docket-8b")
    assert docket.claim and docket.taught_by_owners is None and not docket.data_source
    assert docket.price_input_micro == 280_000 and docket.currency == "EUR"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_sample_audits_name_the_true_teachers_and_accuse_no_stranger(
    workspace: Any, now: datetime
) -> None:
    with (sample.folder() / "truth.csv").open(newline="", encoding="utf-8") as file:
        teacher_of = {row["id"]: row["teacher"] for row in csv.DictReader(file)}
    for one in sample.run(now=now):
        outcome = outcomes.with_ids(outcomes.of_audit(one.audit), one.ids)
        assert outcome["state"] == AuditState.FINISHED, outcome["failure"]
        teacher = teacher_of[outcome["student"]]
        supported = [row["owner"] for row in outcome["owners"] if row["status"] == "supported"]
        # Owners are named by the first word of their model: orrery-4 is Orrery's.
        assert supported == ([teacher.split("-")[0].title()] if teacher else [])
        assert [row for row in outcome["exploration"]["families"] if row["status"] == "supported"] == []
        provenance = Finding.objects.get(audit=one.audit, kind="provenance").payload
        assert provenance["lineage_counts"]["untaught"] >= 19
        assert outcome["report"]["pdf_sha256"]

"""The fixtures have the fields of the real findings, so the tests above cannot drift from them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from evaluations.economics import results as economics
from evaluations.licensing import results as licensing
from evaluations.metrics import results as metrics
from evaluations.provenance import results as provenance
from tests.reports.snapshots import SNAPSHOTS


def fields(record: Any) -> set[str]:
    return {field.name for field in dataclasses.fields(record)}


@pytest.mark.parametrize("name", ["full", "inconclusive", "hostile"])
@pytest.mark.parametrize(
    ("path", "record"),
    [
        ("provenance", provenance.ProvenanceResult),
        ("provenance.owners", provenance.OwnerOutcome),
        ("provenance.candidates", provenance.CandidateOutcome),
        ("provenance.exploration", provenance.Exploration),
        ("provenance.exploration.families", provenance.FamilyOutcome),
        ("provenance.error_unrelated", provenance.ErrorRate),
        ("provenance.sensitivity", provenance.SensitivityRow),
        ("provenance.evidence", provenance.EvidenceRow),
        ("quality", metrics.QualityResult),
        ("quality.summaries", metrics.MetricSummary),
        ("quality.retentions", metrics.Retention),
        ("quality.flips", metrics.Flips),
        ("cost", economics.CostResult),
        ("cost.lines", economics.CostLine),
        ("shelf_life", economics.ShelfLife),
        ("shelf_life.dates", economics.DatedReason),
        ("licence", licensing.LicenceResult),
        ("licence.candidates", licensing.CandidatePosition),
        ("licence.questions", licensing.OpenQuestion),
    ],
)
def test_a_fixture_has_the_fields_of_the_finding(name: str, path: str, record: Any) -> None:
    found: Any = SNAPSHOTS[name]()["findings"]
    for part in path.split("."):
        found = found[part]

    for item in found if isinstance(found, list) else [found]:
        assert set(item) == fields(record)

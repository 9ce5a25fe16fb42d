"""Extension points: adding something is adding one file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from evaluations.distillation.domains import domains
from evaluations.distillation.recipes import recipes
from evaluations.inference.backend import backends
from evaluations.metrics.scoring import metrics
from evaluations.provenance.statistic import statistics
from evaluations.registry import Registry, UnknownItem
from evaluations.reports.build import sections
from evaluations.suites.reading import formats

REPOSITORY = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Point:
    """A registry, where it is found, and the test file that runs over every registered item."""

    registry: Registry[object]
    found_at: str
    contract: str


POINTS = {
    "statistics": Point(
        statistics, "evaluations.provenance.statistic:statistics", "provenance/statistics/test_contract.py"
    ),
    "backends": Point(backends, "evaluations.inference.backend:backends", "inference/test_contract.py"),
    "metrics": Point(metrics, "evaluations.metrics.scoring:metrics", "metrics/test_metrics.py"),
    "formats": Point(formats, "evaluations.suites.reading:formats", "suites/formats/test_contract.py"),
    "sections": Point(sections, "evaluations.reports.build:sections", "reports/test_build.py"),
    "recipes": Point(recipes, "evaluations.distillation.recipes:recipes", "distillation/test_recipes.py"),
    "domains": Point(domains, "evaluations.distillation.domains:domains", "distillation/test_domains.py"),
}
POINT = pytest.mark.parametrize("name", POINTS)
NEW_STATISTIC = '''"""Share of prompts on which both answers have the same number of words. Range 0 to 1."""

import numpy as np

from evaluations.provenance.corpus import Corpus
from evaluations.provenance.statistic import Contributions, Statistic


def contributions(corpus: Corpus) -> Contributions:
    counts = np.array([[len((text or "").split()) for text in answers] for answers in corpus.answers])
    chosen = counts[list(corpus.candidates)]
    same = (counts[:, None, :] == chosen[None, :, :]).astype(np.float32)
    return Contributions(same, np.ones(counts.shape[1], dtype=bool))


STATISTIC = Statistic(family="style", access="text", minimum_prompts=20, contributions=contributions)
'''
LIST_NAMES = """
import importlib, json, sys
module, _, attribute = sys.argv[1].partition(":")
print(json.dumps(getattr(importlib.import_module(module), attribute).names))
"""
REPORT = """
import json, django
django.setup()
import evaluations
from evaluations.provenance.assessment import assess
from evaluations.records import to_json
from tests.provenance.planted import planted_audit
from tests.reports.reading import render_report, visible_text
from tests.reports.snapshots import full
result = to_json(assess(planted_audit(80)))
snapshot = full()
snapshot["findings"]["provenance"] = result
print(json.dumps({
    "package": evaluations.__file__,
    "statistics": result["statistics"],
    "channels": [sorted(candidate["channels"]) for candidate in result["candidates"]],
    "texts": [visible_text(render_report(snapshot, medium)) for medium in ("page", "pdf")],
}))
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A temporary copy of the code, the templates and the tests."""
    for folder in ("audit_app", "evaluations", "templates", "static", "tests"):
        ignored = shutil.ignore_patterns("__pycache__", "vendor")
        shutil.copytree(REPOSITORY / folder, tmp_path / folder, ignore=ignored)
    return tmp_path


def run_in(folder: Path, code: str, *arguments: str) -> object:
    """The JSON that ``code`` prints in a fresh interpreter that imports from ``folder``."""
    own = {
        "PYTHONPATH": str(folder),
        "DJANGO_SETTINGS_MODULE": "audit_app.settings",
        "PEDIGREE_DATA_DIR": str(folder / "var"),
        "PEDIGREE_DEBUG": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout)


@POINT
def test_every_extension_point_has_items_and_each_one_loads(name: str) -> None:
    registry = POINTS[name].registry

    assert len(registry.names) >= 1
    assert [stem for stem, item in registry.items() if item is not None] == list(registry.names)


@POINT
def test_an_unknown_name_is_refused_with_the_known_ones(name: str) -> None:
    registry = POINTS[name].registry

    with pytest.raises(UnknownItem, match=f"'nonesuch'; known: .*{registry.names[0]}"):
        registry.get("nonesuch")


@POINT
def test_a_contract_test_runs_over_every_item(name: str) -> None:
    contract = (REPOSITORY / "tests" / POINTS[name].contract).read_text()

    assert f"{name}.names" in contract or f"{name}.items()" in contract


@pytest.mark.parametrize("name", ["statistics", "backends"])
def test_every_statistic_and_backend_has_a_test_file_of_its_name(name: str) -> None:
    package = POINTS[name].registry.package.split(".", 1)[1].replace(".", "/")
    missing = [
        stem
        for stem in POINTS[name].registry.names
        if not (REPOSITORY / "tests" / package / f"test_{stem}.py").exists()
    ]
    assert missing == []


def test_every_section_has_a_template_of_its_name() -> None:
    folder = REPOSITORY / "templates" / "reports" / "sections"

    assert sorted(path.stem for path in folder.glob("*.html")) == list(sections.names)


@POINT
def test_a_new_file_is_a_new_item(name: str, copy: Path) -> None:
    point = POINTS[name]
    folder = copy / point.registry.package.replace(".", "/")
    shutil.copy(folder / f"{point.registry.names[0]}.py", folder / "zz_added.py")

    names = run_in(copy, LIST_NAMES, point.found_at)

    assert names == [*point.registry.names, "zz_added"]


def test_a_new_statistic_reaches_the_report_without_another_edit(copy: Path) -> None:
    (copy / "evaluations" / "provenance" / "statistics" / "equal_length.py").write_text(NEW_STATISTIC)

    found = run_in(copy, REPORT)

    assert found["package"].startswith(str(copy))
    assert found["statistics"] == sorted([*statistics.names, "equal_length"])
    assert all("equal_length" in channels for channels in found["channels"])
    for text in found["texts"]:
        assert "Equal length" in text

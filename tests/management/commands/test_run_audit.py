"""Commands: the same services from a shell, with messages a person can act on."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command

from evaluations.models import Audit, Panel, SuiteVersion
from tests.shared_data import shared_path

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


def run(*arguments: Any, **options: Any) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    (tmp_path / "suite.csv").write_text(
        "id,prompt,expected\n" + "".join(f"{i},Say {i},{i}\n" for i in range(6))
    )
    rows = "\n".join(json.dumps({"id": str(i), "output": str(i if i < 4 else "no")}) for i in range(6))
    (tmp_path / "docket.jsonl").write_text(rows)
    path = tmp_path / "audit.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "suite": {"file": "suite.csv", "mapping": {"task_type": "qa"}},
                "models": {
                    "docket": {"recorded": "docket.jsonl"},
                    "orrery": {
                        "scripted": {"answers": {str(i): str(i) for i in range(6)}},
                        "owner": "orrery",
                    },
                },
                "student": "docket",
                "candidates": ["orrery"],
                "suspected_owners": ["orrery"],
            }
        )
    )
    return path


def test_run_audit_prints_the_outcome_as_json(spec: Path) -> None:
    outcome = json.loads(run("run_audit", spec, json=True))
    assert outcome["state"] == "finished"
    assert [(row["owner"], row["status"]) for row in outcome["owners"]] == [("orrery", "inconclusive")]
    # The student gives 4 of 6 right answers, the candidate all of them: 4/6 is kept.
    overall = next(row for row in outcome["quality"]["retentions"] if row["slice"] == "overall")
    assert overall["value"] == pytest.approx(4 / 6)
    assert len(outcome["report"]["digest"]) == 64


def test_run_audit_says_which_owner_is_inconclusive_to_a_person(spec: Path) -> None:
    text = run("run_audit", spec)
    assert "declared owner orrery: inconclusive" in text
    assert "report digest" in text


def test_a_refused_spec_stores_no_audit(spec: Path) -> None:
    spec.write_text(spec.read_text().replace("student: docket", "student: dockett"))
    with pytest.raises(CommandError, match="expected the id of a model of this spec"):
        run("run_audit", spec)
    assert Audit.objects.count() == 0


def test_import_suite_shows_a_proposal_and_imports_nothing_on_a_dry_run() -> None:
    summary = json.loads(
        run("import_suite", shared_path("suites/banking77_test.csv"), dry_run=True, json=True)
    )
    assert (summary["outcome"], summary["rows"], summary["rows_accepted"]) == ("accept", 3080, 3080)
    assert SuiteVersion.objects.count() == 0


def test_import_suite_imports_what_needs_no_question() -> None:
    summary = json.loads(run("import_suite", shared_path("suites/gsm8k_test.jsonl"), json=True))
    assert summary["outcome"] == "accept_with_report"
    assert SuiteVersion.objects.get().sample_count == 300


def test_import_suite_refuses_an_empty_file(tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    with pytest.raises(CommandError, match="empty"):
        run("import_suite", empty)


def test_import_panel_refuses_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"panel\.yaml"):
        run("import_panel", tmp_path)
    assert Panel.objects.count() == 0


def test_import_panel_counts_models_and_prompts() -> None:
    summary = json.loads(run("import_panel", shared_path("panels/qlora_crossed"), json=True))
    assert (summary["models"], summary["prompts"], summary["created"]) == (36, 80, True)

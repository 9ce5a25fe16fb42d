from __future__ import annotations

from pathlib import Path

import pytest

from evaluations.inference.backend import BackendError, RunContext, backends, plan_requests
from evaluations.records import Decoding, ErrorClass, Sample, Usage
from tests.inference.support import write_jsonl

SAMPLES = (Sample("1", "What is 2 + 2?"), Sample("2", "Name a colour."))
RECORDED = backends.get("recorded")


def test_recorded_answers_come_back_with_their_usage_and_latency(tmp_path: Path) -> None:
    path = write_jsonl(
        tmp_path / "a.jsonl",
        {
            "id": "1",
            "output": " 4\n",
            "usage": {"prompt_tokens": 8, "completion_tokens": 1},
            "latency_ms": 31.5,
            "model": "m-7b",
        },
    )

    answer, missing = RECORDED.stream(
        {"file": str(path)}, plan_requests(SAMPLES, Decoding()), Decoding(), RunContext()
    )

    assert answer.text == " 4\n"  # texts are kept unchanged
    assert (answer.usage, answer.latency_ms, answer.model_reported) == (Usage(8, 1), 31.5, "m-7b")
    assert (missing.sample_id, missing.text, missing.error) == ("2", "", ErrorClass.MISSING)
    assert "'2'" in missing.error_detail


def test_an_empty_output_is_an_answer_and_is_counted_in_the_check(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", {"id": "1", "output": ""}, {"id": "2", "output": "red"})

    report = RECORDED.check({"file": str(path)}, RunContext())
    first, _ = RECORDED.stream(
        {"file": str(path)}, plan_requests(SAMPLES, Decoding()), Decoding(), RunContext()
    )

    assert report.ok
    assert report.facts == {"Format": "jsonl", "Rows": "2", "Empty outputs": "1 (line 1)"}
    assert (first.text, first.error) == ("", "")


def test_duplicates_stop_the_run_and_the_check_lists_them(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", {"id": "1", "output": "4"}, {"id": "1", "output": "5"})

    report = RECORDED.check({"file": str(path)}, RunContext())

    assert not report.ok
    assert report.problems[0].startswith("line 2: a second answer for id '1'")
    with pytest.raises(BackendError, match="line 2"):
        next(RECORDED.stream({"file": str(path)}, (), Decoding(), RunContext()))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "setting file"),
        ({"file": "relative.jsonl"}, "an absolute path"),
        ({"file": "/nowhere/answers.jsonl"}, "cannot be opened"),
        ({"file": "/nowhere/answers.jsonl", "format": "xml"}, "one of jsonl, csv, json"),
    ],
)
def test_settings_that_lead_to_no_file_are_refused(settings: dict[str, str], said: str) -> None:
    report = RECORDED.check(settings, RunContext())

    assert not report.ok
    assert said in report.problems[0]

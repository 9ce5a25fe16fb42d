"""Unlabelled training prompts: texts are kept as they are, bad lines are named, nothing is half stored."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from evaluations.errors import Refusal
from evaluations.models import Sample, SuiteVersion, TaskSuite
from evaluations.services.distillation import prompts
from tests.services.building import make_version

pytestmark = pytest.mark.django_db


def add(workspace: Any, now: datetime, content: bytes, **changes: Any) -> SuiteVersion:
    values = {"suite_name": "More prompts", "filename": "more.txt", "chunks": [content], "user": None}
    return prompts.add(workspace=workspace, now=now, **(values | changes))


def inputs(version: SuiteVersion) -> list[str]:
    return list(Sample.objects.filter(version=version).order_by("position").values_list("input", flat=True))


def test_only_the_line_end_is_taken_from_a_prompt(workspace: Any, now: datetime) -> None:
    content = "  Ask \u2028 one\t\r\nAsk\x0btwo \nlast".encode()
    assert inputs(add(workspace, now, content)) == ["  Ask \u2028 one\t", "Ask\x0btwo ", "last"]


def test_a_version_of_prompts_has_no_targets_and_lists_its_empty_lines(workspace: Any, now: datetime) -> None:
    version = add(workspace, now, b"one\n\n   \ntwo\n")
    assert (version.sample_count, version.left_out) == (2, [2, 3])
    assert [sample.targets for sample in version.samples.all()] == [[], []]


def test_json_lines_give_the_text_under_prompt(workspace: Any, now: datetime) -> None:
    content = '{"prompt": "Line\\nbreak é", "answer": "left alone"}\n\n{"prompt": " two"}'.encode()
    assert inputs(add(workspace, now, content, filename="more.jsonl")) == ["Line\nbreak é", " two"]


def test_a_utf_16_file_is_read_by_its_mark(workspace: Any, now: datetime) -> None:
    assert inputs(add(workspace, now, "één\nzwei".encode("utf-16"))) == ["één", "zwei"]


def test_the_same_prompts_again_are_the_same_version(workspace: Any, now: datetime) -> None:
    first = add(workspace, now, b"one\ntwo")
    assert add(workspace, now, b"one\r\ntwo\r\n") == first
    assert add(workspace, now, b"one\nthree").number == 2


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("more.txt", b"", "the file is empty"),
        ("more.txt", b" \n\n", "only blank lines"),
        ("more.txt", b"%PDF-1.7\nabc", "a PDF document"),
        (
            "more.txt",
            b"fine\n" + b"x" * 32_001,
            "more.txt: line 2: 32,001 characters; expected at most 32,000.",
        ),
        ("more.jsonl", b'{"prompt": "a"}\n{broken', "more.jsonl: line 2: no JSON; expected an object with"),
        ("more.jsonl", b'{"question": "a"}', 'line 1: no text under "prompt"'),
        ("more.jsonl", b'["a"]', 'line 1: no text under "prompt"'),
        ("more.jsonl", b'{"prompt": 7}', 'line 1: no text under "prompt"'),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(
    name: str, content: bytes, sentence: str, workspace: Any, now: datetime
) -> None:
    with pytest.raises(Refusal) as refused:
        add(workspace, now, content, filename=name)
    assert sentence in refused.value.problems[0]
    assert not TaskSuite.objects.exists()


def test_twenty_bad_lines_are_named_and_the_others_counted(workspace: Any, now: datetime) -> None:
    with pytest.raises(Refusal) as refused:
        add(workspace, now, b"{\n" * 25, filename="more.jsonl")
    assert len(refused.value.problems) == 21
    assert refused.value.problems[-1] == "more.jsonl: 5 more lines cannot be used."


def test_more_prompts_than_allowed_are_refused(
    workspace: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompts, "MOST_PROMPTS", 3)
    assert add(workspace, now, b"a\nb\nc").sample_count == 3
    with pytest.raises(Refusal, match="found more than 3 prompts"):
        add(workspace, now, b"a\nb\nc\nd")


def test_a_text_that_is_too_large_is_refused(
    workspace: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompts, "MOST_BYTES", 4)
    with pytest.raises(Refusal, match="found 5 bytes, expected at most 4"):
        add(workspace, now, b"a\nb\nc")


def test_prompts_are_not_mixed_into_a_suite_with_right_answers(workspace: Any, now: datetime) -> None:
    make_version(workspace, now=now, name="Tickets")
    with pytest.raises(Refusal, match="its samples have right answers"):
        add(workspace, now, b"one", suite_name="Tickets")


def test_a_long_file_name_is_cut(workspace: Any, now: datetime) -> None:
    content = json.dumps({"prompt": "a"}).encode()
    version = add(workspace, now, content, filename="x" * 300 + ".jsonl")
    assert len(version.source_filename) == 255

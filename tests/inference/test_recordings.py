from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from evaluations.inference import recording_formats
from evaluations.inference.recordings import RecordingError, index_recording, read_recording
from evaluations.records import Sample
from tests.inference.support import write_jsonl

SAMPLES = (Sample("1", "What is 2 + 2?"), Sample("2", "Name a colour."), Sample("3", "Say hi."))


def test_rows_are_matched_by_id_then_by_input_and_the_rest_is_listed(tmp_path: Path) -> None:
    path = write_jsonl(
        tmp_path / "answers.jsonl",
        {"id": "1", "output": "4"},
        {"input": "Name  a\ncolour.", "response": ""},
        {"id": "99", "output": "nobody asked"},
    )

    match = index_recording(path, SAMPLES)

    assert match.ok
    assert (match.matched, match.unmatched, match.empty) == (("1", "2"), ("3",), ("2",))
    assert match.unused_rows == 1  # the row with id 99


def test_a_row_with_the_right_id_and_another_input_is_not_used(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", {"id": "1", "input": "What is 3 + 3?", "output": "6"})

    match = index_recording(path, SAMPLES)

    assert match.other_input == ("1",)
    assert not match.ok


def test_an_alpaca_eval_file_is_matched_by_its_instructions(tmp_path: Path) -> None:
    path = tmp_path / "model_outputs.json"
    path.write_text(
        json.dumps([{"instruction": "Say hi.", "output": "Hello", "generator": "m-7b", "dataset": "x"}])
    )

    recording = read_recording(path)
    row, _ = recording.find("3", 0, "Say hi.")

    assert recording.format == "json"
    assert row is not None
    assert (row.completion.text, row.completion.model_reported) == ("Hello", "m-7b")


def test_a_csv_keeps_line_breaks_inside_quotes_and_counts_lines_from_the_header(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(
        b'\xef\xbb\xbfSample_ID,Completion,latency_ms,prompt_tokens\r\n1,"four,\nor 4",12.5,9\r\n2,red\r\n'
    )

    recording = read_recording(path)

    row = recording.by_id["1", 0]
    assert row.completion.text == "four,\nor 4"
    assert row.completion.latency_ms == 12.5
    assert row.completion.usage.prompt_tokens == 9
    # Header is line 1, the first row takes lines 2 and 3, so the short row is line 4.
    assert recording.problems == ["line 4: 2 fields, the header has 4"]


def test_two_answers_for_one_sample_are_refused_with_both_lines(tmp_path: Path) -> None:
    path = write_jsonl(
        tmp_path / "a.jsonl",
        {"id": "1", "output": "4"},
        {"id": "2", "output": "red"},
        {"id": 1, "output": "four"},
    )

    match = index_recording(path, SAMPLES)

    assert not match.ok
    assert len(match.problems) == 1
    assert match.problems[0].startswith("line 3: a second answer for id '1', the first is in line 1.")


def test_an_array_counts_entries_not_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"id": "1", "output": "4"}, {"id": "1", "output": "5"}, {"id": "2"}, 7]))

    assert read_recording(path).errors == (
        "entry 3: no output; expected one of the fields output, completion, response, text",
        "entry 4: expected a JSON object",
        "entry 2: a second answer for id '1', the first is in entry 1. "
        "Expected one; remove one of them or number them in a field 'sample_index'",
    )


def test_numbered_answers_for_one_sample_are_kept_apart(tmp_path: Path) -> None:
    path = write_jsonl(
        tmp_path / "a.jsonl",
        {"id": "1", "output": "4", "sample_index": 0},
        {"id": "1", "output": "four", "sample_index": 1},
    )

    recording = read_recording(path)

    assert not recording.errors
    assert recording.by_id["1", 1].completion.text == "four"


def test_the_same_input_with_another_output_is_a_duplicate_but_with_the_same_is_not(tmp_path: Path) -> None:
    same = write_jsonl(tmp_path / "same.jsonl", *[{"prompt": "Say hi.", "text": "hi"}] * 2)
    other = write_jsonl(
        tmp_path / "other.jsonl", {"prompt": "Say hi.", "text": "hi"}, {"prompt": "Say hi.", "text": "ho"}
    )

    assert not read_recording(same).errors
    assert [(d.first_line, d.line) for d in read_recording(other).duplicates] == [(1, 2)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id": "1"}', "line 1: no output"),
        ('{"output": "x"}', "line 1: no id"),
        ('{"id": "1", "output": ["x"]}', "the output is a list, expected a text"),
        ('{"id": "1", "output": "a\\u0000b"}', "NUL character"),
        ('{"id": "1", "output": "\\ud800"}', "half of a surrogate pair"),
        ('{"id": "1", "output": "x", "latency_ms": NaN}', "line 1: not a JSON object (NaN is not JSON)"),
        ('{"id": "1", "output": "x", "latency_ms": -1}', "latency_ms is -1"),
        ('{"id": "1", "output": "x", "sample_index": 0.5}', "sample_index is 0.5"),
        ('["1", "x"]', "expected a JSON object"),
        ('{"id": "1", "output"', "not a JSON object"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_a_bad_row_is_named_by_its_line(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(line + "\n")

    assert any(said in problem for problem in read_recording(path).problems)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.jsonl", b"", "no rows"),
        ("a.jsonl.gz", b"not gzip", "expected UTF-8 text, or whole gzip"),
        ("a.jsonl", b'{"id": "1", "output": "\xff"}', "expected UTF-8 text"),
        ("a.json", b'{"id": 1}\n', ""),
        ("a.xlsx", b"PK\x03\x04", "expected .jsonl, .jsonl.gz, .csv or .json"),
        ("a.csv", b'id,output\n1,"open', "expected CSV"),
        ("a.csv", b"id,id\n1,2\n", "different names"),
        ("a.jsonl.gz", gzip.compress(b'{"id": "1", "output": "x"}\n' * 10, mtime=0)[:-9], "whole gzip"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    match = index_recording(path, SAMPLES)

    assert not match.ok
    assert said in match.problems[0] and name in match.problems[0] if said else match.problems


def test_a_small_archive_that_grows_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording_formats, "MAX_LINE", 2**16)
    path = tmp_path / "bomb.jsonl.gz"
    # 40 MiB of blank lines pack to about 40 KiB: a ratio near 1000, the cap is 100.
    path.write_bytes(gzip.compress(b"\n" * (40 * 2**20)))

    with pytest.raises(RecordingError, match="too large once decompressed"):
        read_recording(path)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", {"id": "1", "output": "4"})
    assert read_recording(path).n_rows == 1

    write_jsonl(path, {"id": "1", "output": "4"}, {"id": "2", "output": "red"})

    assert read_recording(path).n_rows == 2

"""What every import format keeps: it knows its own files, no other's, and reads them as they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evaluations.suites.reading import formats, propose, read
from evaluations.suites.source import Source, open_source

ROWS = [
    {"id": "a", "input": "Is the lamp broken?", "target": "yes"},
    {"id": "b", "input": "Line one\nline two, with a comma", "target": "no"},
]
SQUAD = {
    "data": [
        {
            "title": "Lamps",
            "paragraphs": [
                {
                    "context": "The lamp is broken.",
                    "qas": [
                        {"id": "a", "question": "What is broken?", "answers": [{"text": "the lamp"}]},
                        {"id": "b", "question": "Who broke it?", "answers": [{"text": "nobody"}]},
                    ],
                }
            ],
        }
    ]
}
OWN = {
    "delimited": (
        "suite.csv",
        'id,input,target\na,Is the lamp broken?,yes\nb,"Line one\nline two, with a comma",no\n',
    ),
    "json_array": ("suite.json", json.dumps(ROWS)),
    "jsonl": ("suite.jsonl", "".join(json.dumps(row) + "\n" for row in ROWS)),
    "squad": ("suite.json", json.dumps(SQUAD)),
}
NAME = pytest.mark.parametrize("name", formats.names)


def written(folder: Path, name: str) -> Path:
    filename, text = OWN[name]
    path = folder / filename
    path.write_text(text, encoding="utf-8")
    return path


def source_of(path: Path) -> Source:
    return open_source(path, path.name)


def test_every_format_has_an_example_here() -> None:
    assert sorted(OWN) == list(formats.names)


@NAME
def test_a_format_detects_its_own_file_and_no_other_does(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, name)

    assert propose(path, path.name).format == name
    detected = [stem for stem, item in formats.items() if item.detect(source_of(path))]
    assert detected == [name]


@NAME
def test_a_file_reads_as_its_rows_twice_the_same(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, name)
    mapping = propose(path, path.name).mapping

    first = read(path, mapping)

    assert [sample.id for sample in first.samples] == ["a", "b"]
    assert first.problems == () and first.left_out == ()
    assert read(path, mapping) == first


@NAME
def test_the_content_decides_and_not_the_file_name(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, name)
    renamed = path.rename(tmp_path / "upload.txt")

    assert propose(renamed, "upload.txt").format == name


@NAME
def test_an_empty_file_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / OWN[name][0]
    path.write_bytes(b"")

    assert propose(path, path.name).outcome == "refuse"

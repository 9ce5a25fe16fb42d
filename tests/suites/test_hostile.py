"""Hostile and broken files are refused with a reason; none of them crashes the reader."""

from __future__ import annotations

import io
import json
import random
import zipfile
from pathlib import Path

import pytest

from evaluations.suites import problems, scanning
from evaluations.suites.formats import delimited
from evaluations.suites.mapping import Mapping
from evaluations.suites.reading import SuiteFileError, propose, read


def _zip(inner: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(inner, "x")
    return buffer.getvalue()


HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "the file is empty"),
    "blank": (b" \n\n ", "only blank lines"),
    "bom only": (b"\xef\xbb\xbf", "only blank lines"),
    "pdf": (b"%PDF-1.7 ...", "a PDF document"),
    "png": (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    "jpeg": (b"\xff\xd8\xff\xe0", "a JPEG image"),
    "gif": (b"GIF89a", "a GIF image"),
    "xlsx": (_zip("xl/workbook.xml"), "an Excel workbook (XLSX)"),
    "docx": (_zip("word/document.xml"), "a Word document"),
    "zip": (_zip("a.txt"), "a ZIP archive"),
    "broken zip": (b"PK\x03\x04broken", "a damaged ZIP archive"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Office file"),
    "gzip": (b"\x1f\x8b\x08", "a gzip archive"),
    "parquet": (b"PAR1....", "a Parquet file"),
    "html": (b"<!DOCTYPE html><p>x", "a web page"),
    "xml": (b"<?xml version='1.0'?>", "XML"),
    "rtf": (b"{\\rtf1 x}", "an RTF document"),
    "yaml": (b"tests:\n  - vars: {}\n", "not a table or JSON"),
    "bullets": (b"- a\n- b\n", "not a table or JSON"),
    "binary": (bytes(range(256)), "NUL bytes"),
    "utf-16 without mark": ("question,answer\na,b\n".encode("utf-16-le"), "UTF-16 without a byte order mark"),
    "cut utf-16": (b"\xff\xfea\x00b", "does not decode"),
    "no encoding": (b"question,answer\n\x81\x8d,x\n", "neither UTF-8 nor Windows-1252"),
    "header only": (b"question,answer\n", "no rows"),
    "double columns": (b"question,question\na,b\n", "'question' is there twice"),
    "65 columns": ((",".join(f"c{n}" for n in range(65)) + "\n").encode(), "65 columns"),
    "open quote": (b'question,answer\n"a,b\nc,d\n', "never closed"),
    "text after quote": (b'question,answer\n"a"b,c\n', "text after a closing quote"),
    "nul in cell": (b"question,answer\n" + b"a,b\n" * 3000 + b"a\x00,b\n", "a NUL character"),
    "long cell": (b"question,answer\n" + b"x" * (1024 * 1024 + 1) + b",b\n", "a cell of more than 1,048,576"),
    "long line": (b'{"question": "a"}\n{"question": "' + b"x" * (4 * 1024 * 1024), "a line of more than"),
    "long json text": (json.dumps({"question": "x" * (1024 * 1024 + 1)}).encode(), "1,048,577 characters"),
    "nan": (b'{"question": "a", "answer": NaN}', "NaN"),
    "infinity": (b'{"question": "a", "answer": 1e999}', "1e999"),
    "json nul": (b'{"question": "a\\u0000"}', "a NUL character"),
    "lone surrogate": (b'{"question": "\\ud800"}', "half a character"),
    "double key": (b'{"question": "a", "question": "b"}', "the key is there twice"),
    "deep": (b'{"question": ' + b"[" * 40 + b"]" * 40 + b"}", "deeper than 32"),
    "very deep": (b'{"question": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "deeper than 32"),
    "very deep list": (b"[" * 100_000, "deeper than 32"),
    "huge number": (b'{"question": ' + b"9" * 5000 + b"}", "4,300 digits"),
    "huge number in list": (b'[{"question": ' + b"9" * 5000 + b"}]", "4,300 digits"),
    "bad line": (b'{"question": "a"}\n{"question": \n', "line 2: not JSON at character"),
    "list of texts": (b'["a", "b"]', "expected an object"),
    "list in line": (b'{"question": "a"}\n[1]\n', "expected an object"),
    "open list": (b'[{"question": "a"}', "the end of the file"),
    "empty list": (b"[]", "no rows"),
    "text after list": (b'[{"question": "a"}] x', "text after the closing ]"),
    "no comma": (b'[{"question": "a"} {"question": "b"}]', "a comma or the closing ]"),
    "object without list": (b'{\n"a": 1\n}', "0 lists of records"),
    "two lists": (b'{"a": [{"b": 1}],\n"c": [{"d": 1}]}', "2 lists of records"),
    "cut document": (b'{"data": [{"paragraphs": [', "not JSON"),
    "bad roles": (b'{"input": [{"role": "root", "content": "x"}]}', "role 'root'"),
    "messages of numbers": (b'{"input": [{"role": "user", "content": 3}]}', "content '3'"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_is_refused_with_its_reason(tmp_path: Path, name: str) -> None:
    content, reason = HOSTILE[name]
    path = tmp_path / "upload"
    path.write_bytes(content)
    proposal = propose(path, "suite.csv")
    assert proposal.outcome == "refuse"
    assert reason in proposal.reason
    with pytest.raises(SuiteFileError, match=r"suite\.csv: "):
        read(path, Mapping(input_columns=("question",)), filename="suite.csv")


def test_too_many_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "ROWS", 3)
    path = tmp_path / "upload"
    path.write_text("question,answer\n" + "a,b\n" * 4)
    assert "more than 3 rows" in propose(path, "x").reason
    with pytest.raises(SuiteFileError, match="more than 3 rows"):
        read(path, Mapping(input_columns=("question",)))


def test_a_file_over_the_size_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    with path.open("wb") as stream:
        stream.truncate(problems.FILE_BYTES + 1)
    assert "at most 536,870,912 bytes" in propose(path, "x").reason


def test_unknown_encodings_formats_and_delimiters_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text("question,answer\na,b\n")
    for mapping in (
        Mapping(input_columns=("question",), encoding="klingon"),
        Mapping(input_columns=("question",), format="xlsx"),
        Mapping(input_columns=("question",), delimiter=",,"),
        Mapping(input_columns=("question",), format="json_array"),
        Mapping(input_columns=("question",), format="squad"),
        Mapping(),
    ):
        with pytest.raises(SuiteFileError):
            read(path, mapping)
        if mapping != Mapping():
            assert propose(path, "x", mapping).outcome == "refuse"


def test_random_damage_never_crashes_the_reader(tmp_path: Path) -> None:
    rng = random.Random(0)
    good = [
        b'id,question,answer\n1,"a\nb",c\n2,d,e\n',
        b'{"question": "a", "answer": ["b", "c"]}\n{"question": "d"}\n',
        b'[{"question": "a", "answer": 1.50}, {"question": "d", "answer": null}]',
        b'{"data": [{"paragraphs": [{"context": "c", "qas": [{"id": "1", "question": "q", "answers": []}]}]}]}',
    ]
    path = tmp_path / "upload"
    for _ in range(400):
        content = bytearray(rng.choice(good))
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(content))
            content[at : at + rng.randint(0, 3)] = rng.randbytes(rng.randint(0, 3))
        path.write_bytes(bytes(content))
        proposal = propose(path, "x")
        if proposal.outcome in ("accept", "accept_with_report"):
            assert len(read(path, proposal.mapping).samples) == proposal.n_rows


def test_quotes_in_a_message_are_escaped() -> None:
    assert problems.quote("a\x00b") == "'a\\x00b'"
    assert problems.quote("x" * 70) == f"'{'x' * 60}' …"


def test_the_delimiter_is_the_most_regular_sign() -> None:
    assert delimited.guess_delimiter("a;b\nx, y;z\np, q, r;s\n") == ";"
    assert delimited.guess_delimiter("text\nhello, you\n") == ","

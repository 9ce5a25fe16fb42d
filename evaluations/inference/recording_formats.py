"""Readers for the file formats of recorded outputs. Each yields (line or row number, row or problem)."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final, NoReturn

Row = Mapping[str, Any]

MAX_FILE: Final = 512 * 2**20
MAX_DECODED: Final = 2 * 2**30
MAX_RATIO: Final = 100
MAX_LINE: Final = 4 * 2**20
MAX_COLUMNS: Final = 64


class RecordingError(ValueError):
    """The file as a whole cannot be used; the message says where, what was found and what was expected."""


def detect_format(path: Path) -> str:
    """``jsonl``, ``csv`` or ``json`` by the file's name, else by its first character."""
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    last = suffixes[-1] if suffixes else ""
    if last in (".jsonl", ".ndjson", ".csv"):
        return "csv" if last == ".csv" else "jsonl"
    with _opened(path, path.stat().st_size) as stream:
        head = stream.readline(MAX_LINE).lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"["):
        return "json"
    if head.startswith(b"{"):
        return "jsonl"
    if last == ".json":
        raise RecordingError(f"{path.name}: found no JSON array, expected [ at the beginning")
    raise RecordingError(f"{path.name}: unknown kind of file; expected .jsonl, .jsonl.gz, .csv or .json")


def rows_of(path: Path, format: str, size: int) -> Iterator[tuple[int, Row | str]]:
    """The rows of a file with their 1-based line numbers; a text instead of a row says what is wrong."""
    reader = READERS.get(format)
    if reader is None:
        raise RecordingError(f"{path.name}: format {format!r}; expected one of {', '.join(READERS)}")
    with _opened(path, size) as stream:
        try:
            yield from reader(path.name, stream)
        except (UnicodeDecodeError, gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise RecordingError(f"{path.name}: {error}; expected UTF-8 text, or whole gzip of it") from None
        except csv.Error as error:
            raise RecordingError(f"{path.name}: {error}; expected CSV with quoted fields") from None


class _Capped(io.RawIOBase):
    """Counts decoded bytes and stops at the cap, so that a small archive cannot fill the memory."""

    def __init__(self, stream: BinaryIO, limit: int, name: str) -> None:
        self._stream, self._left, self._name = stream, limit, name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise RecordingError(
                f"{self._name}: too large once decompressed (at most 100 times its size and 2 GiB)"
            )
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _opened(path: Path, size: int) -> io.BufferedReader:
    if size > MAX_FILE:
        raise RecordingError(f"{path.name}: {size / 2**20:.0f} MiB; expected at most {MAX_FILE // 2**20} MiB")
    try:
        stream: Any = path.open("rb")
    except OSError as error:
        raise RecordingError(f"{path.name}: cannot be opened ({error.strerror})") from None
    limit = MAX_FILE
    if path.suffix.lower() == ".gz":
        stream = gzip.GzipFile(fileobj=stream, mode="rb")
        limit = min(MAX_DECODED, max(size * MAX_RATIO, 2**20))
    return io.BufferedReader(_Capped(stream, limit, path.name), 2**18)


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _jsonl(name: str, stream: BinaryIO) -> Iterator[tuple[int, Row | str]]:
    number = 0
    while raw := stream.readline(MAX_LINE + 1):
        number += 1
        if len(raw) > MAX_LINE:
            raise RecordingError(f"{name} line {number}: longer than {MAX_LINE // 2**20} MiB")
        text = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        if not text:
            continue
        try:
            row = _json(text)
        except ValueError as error:
            yield number, f"line {number}: not a JSON object ({error})"
            continue
        yield (
            number,
            row if isinstance(row, dict) else f"line {number}: found {text[:40]!r}, expected a JSON object",
        )


def _json_array(name: str, stream: BinaryIO) -> Iterator[tuple[int, Row | str]]:
    try:
        rows = _json(stream.read().decode("utf-8-sig"))
    except ValueError as error:
        raise RecordingError(f"{name}: not JSON ({error})") from None
    if not isinstance(rows, list):
        raise RecordingError(f"{name}: found a JSON {type(rows).__name__}, expected an array of objects")
    for number, row in enumerate(rows, start=1):
        yield number, row if isinstance(row, dict) else f"entry {number}: expected a JSON object"


def _csv(name: str, stream: BinaryIO) -> Iterator[tuple[int, Row | str]]:
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    csv.field_size_limit(max(MAX_LINE, csv.field_size_limit()))
    reader = csv.reader(text, strict=True)
    header = [column.strip().lower() for column in next(reader, [])]
    if len(header) > MAX_COLUMNS or len(set(header)) != len(header):
        raise RecordingError(
            f"{name}: {len(header)} columns, expected at most {MAX_COLUMNS} with different names"
        )
    number = reader.line_num + 1
    for fields in reader:
        if fields and len(fields) != len(header):
            yield number, f"line {number}: {len(fields)} fields, the header has {len(header)}"
        elif fields:
            yield number, dict(zip(header, fields, strict=True))
        number = reader.line_num + 1


READERS: Final[dict[str, Callable[[str, BinaryIO], Iterator[tuple[int, Row | str]]]]] = {
    "jsonl": _jsonl,
    "csv": _csv,
    "json": _json_array,
}

"""Opens an uploaded file as text: its type by content, its encoding, its lines within limits."""

from __future__ import annotations

import codecs
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from evaluations.suites.problems import FILE_BYTES, LINE_CHARS, Problem, refuse

HEAD_CHARS: Final = 256 * 1024
_CHUNK: Final = 1024 * 1024
_EXPECTED: Final = "a CSV, TSV, JSON or JSONL file with one task a row"

_MAGIC: Final = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"BM\x00", "a bitmap image"),
    (b"\xd0\xcf\x11\xe0", "an old Office file (XLS, DOC)"),
    (b"PAR1", "a Parquet file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
)

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """One file that decodes as a whole. ``head`` is its first 256 Ki characters."""

    path: Path
    filename: str
    encoding: str
    head: str
    whole: bool
    delimiter: str = ""
    notes: tuple[Problem, ...] = ()

    def lines(self, newline: str) -> Iterator[tuple[int, str]]:
        """(line number from 1, line with its end). ``newline`` as in :func:`open`.

        Raises ``SuiteFileError`` on a line of more than 4 Mi characters.
        """
        with self.path.open(encoding=self.encoding, newline=newline) as stream:
            number = 0
            while line := stream.readline(LINE_CHARS + 1):
                number += 1
                if len(line) > LINE_CHARS:
                    found = f"a line of more than {LINE_CHARS:,} characters"
                    raise refuse(self.filename, found, "shorter lines", number)
                yield number, line


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a file: the line on which it begins, and its values by column.

    A value is text, or for JSON also a number, true/false, ``None`` or a list.
    """

    line: int
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Format:
    """One import format. ``unit`` says what one row is.

    ``detect`` looks at the content only, never at the file's name. ``rows`` yields every record, or
    a :class:`Problem` for one that cannot be read, and raises ``SuiteFileError`` where nothing more
    can be read.
    """

    title: str
    unit: str
    detect: Callable[[Source], bool]
    rows: Callable[[Source], Iterator[Row | Problem]]


def open_source(path: Path, filename: str, *, encoding: str = "", delimiter: str = "") -> Source:
    """The file as text. Raises ``SuiteFileError`` on empty, too large, binary or undecodable files."""
    size = path.stat().st_size
    if size == 0:
        raise refuse(filename, "the file is empty", _EXPECTED)
    if size > FILE_BYTES:
        raise refuse(filename, f"{size:,} bytes", f"at most {FILE_BYTES:,} bytes; split the suite")
    with path.open("rb") as stream:
        start = stream.read(8192)
    notes: tuple[Problem, ...] = ()
    if not encoding:
        _refuse_binary(path, filename, start)
        encoding, notes = _detect_encoding(path, filename, start)
    head, whole = _read_head(path, filename, encoding)
    if not head.strip():
        raise refuse(filename, "the file holds only blank lines", _EXPECTED)
    return Source(path, filename, encoding, head, whole, delimiter, notes)


def _refuse_binary(path: Path, filename: str, start: bytes) -> None:
    if start.startswith(b"PK\x03\x04"):
        raise refuse(
            filename, f"the file is {_zip_kind(path)}", f"{_EXPECTED}; save the sheet as CSV (UTF-8)"
        )
    for magic, kind in _MAGIC:
        if start.startswith(magic):
            raise refuse(filename, f"the file is {kind}", _EXPECTED)
    opening = start.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
    if opening.startswith((b"<!doctype html", b"<html")):
        raise refuse(filename, "the file is a web page", _EXPECTED)
    if opening.startswith((b"<?xml", b"<svg")):
        raise refuse(filename, "the file is XML", _EXPECTED)
    if opening.startswith((b"{\\rtf",)):
        raise refuse(filename, "the file is an RTF document", _EXPECTED)


def _zip_kind(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()[:200]
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError):
        return "a damaged ZIP archive"
    if any(name.startswith("xl/") for name in names):
        return "an Excel workbook (XLSX)"
    if any(name.startswith("word/") for name in names):
        return "a Word document"
    return "a ZIP archive"


def _detect_encoding(path: Path, filename: str, start: bytes) -> tuple[str, tuple[Problem, ...]]:
    for bom, name in _BOMS:
        if start.startswith(bom):
            return name, ()
    if b"\x00" in start:
        found = "the file holds NUL bytes: it is binary, or UTF-16 without a byte order mark"
        raise refuse(filename, found, f"{_EXPECTED}, saved as UTF-8")
    failure = _decode_failure(path, "utf-8")
    if failure is None:
        return "utf-8", ()
    if _decode_failure(path, "cp1252") is None:
        line, byte = failure
        found = f"byte 0x{byte:02x} is not UTF-8; the file was read as Windows-1252"
        return "cp1252", (Problem(line, "", found, "UTF-8; check accents in the preview", "note"),)
    line, byte = failure
    raise refuse(
        filename, f"byte 0x{byte:02x} is neither UTF-8 nor Windows-1252", "a file saved as UTF-8", line
    )


def _decode_failure(path: Path, encoding: str) -> tuple[int, int] | None:
    """(line, byte value) of the first byte that does not decode, or ``None``."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    pending = b""
    with path.open("rb") as stream:
        while True:
            chunk = stream.read(_CHUNK)
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                bad: bytes = error.object
                # The decoder puts bytes of the chunk before in front; their lines are counted already.
                fresh = (
                    bad[len(bad) - len(chunk) : error.start] if error.start > len(bad) - len(chunk) else b""
                )
                return lines + fresh.count(b"\n"), bad[error.start]
            lines += chunk.count(b"\n")
            pending = chunk
            if not pending:
                return None


def _read_head(path: Path, filename: str, encoding: str) -> tuple[str, bool]:
    """The first characters and whether they are the whole file; decodes a marked file to its end."""
    try:
        with path.open(encoding=encoding, newline="") as stream:
            head = stream.read(HEAD_CHARS)
            whole = not stream.read(1)
            while stream.read(_CHUNK):
                pass
    except (UnicodeError, LookupError) as error:
        raise refuse(
            filename, f"the text does not decode as {encoding}: {error}", "a file saved as UTF-8"
        ) from error
    return head, whole

"""CSV and TSV: comma, semicolon, tab or bar, quoted cells with line breaks, any Unicode encoding."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import Final

from evaluations.suites.problems import COLUMNS, FIELD_CHARS, Problem, refuse
from evaluations.suites.source import Format, Row, Source

DELIMITERS: Final = (",", ";", "\t", "|")
_SAMPLE_RECORDS: Final = 200

# The csv module has one limit for the process, and other readers may raise it: every cell is measured as well.
csv.field_size_limit(max(FIELD_CHARS, csv.field_size_limit()))


def detect(source: Source) -> bool:
    """Any text that does not open like JSON or YAML."""
    opening = source.head.lstrip("\ufeff \t\r\n")
    if opening.startswith(("{", "[")):
        return False
    first = opening.splitlines()[0].rstrip()
    return not (first in ("---", "-") or first.startswith(("- ", "%YAML")) or first.endswith(":"))


def guess_delimiter(head: str) -> str:
    """The delimiter under which most records have the header's number of fields, then most fields."""
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        widths = _widths(head, delimiter)
        if not widths or widths[0] < 2:
            continue
        share = sum(width == widths[0] for width in widths) / len(widths)
        if (share, widths[0]) > best_score:
            best, best_score = delimiter, (share, widths[0])
    return best


def _widths(head: str, delimiter: str) -> list[int]:
    """Number of fields of the first records (the last, perhaps cut off, left out)."""
    widths: list[int] = []
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    try:
        for record in reader:
            if record:
                widths.append(len(record))
            if len(widths) > _SAMPLE_RECORDS:
                break
    except csv.Error:
        return widths
    return widths[:-1] if len(widths) > 2 else widths


def rows(source: Source) -> Iterator[Row | Problem]:
    """Every record below the header. Blank records are skipped."""
    delimiter = source.delimiter or guess_delimiter(source.head)
    if len(delimiter) != 1 or delimiter in '\r\n"':
        raise refuse(source.filename, f"delimiter {delimiter!r}", "one character such as , ; or tab")
    # strict: a quote that is never closed must be an error, not a cell that swallows the file.
    reader = csv.reader((line for _, line in source.lines("")), delimiter=delimiter, strict=True)
    header: list[str] = []
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader, None)
        except csv.Error as error:
            problem = _csv_problem(str(error), line)
            if not header or _is_fatal(str(error)):
                raise refuse(source.filename, problem.found, problem.expected, line) from error
            yield problem
            continue
        if record is None:
            return
        if not any(record):
            continue
        if any(len(value) > FIELD_CHARS for value in record):
            problem = _csv_problem("field larger", line)
            raise refuse(source.filename, problem.found, problem.expected, line)
        if not header:
            header = _header(record, source, line)
            continue
        yield _row(record, header, line)


def _row(record: list[str], header: list[str], line: int) -> Row | Problem:
    if len(record) != len(header):
        missing = header[len(record) :]
        hint = f" No value for {', '.join(repr(name) for name in missing[:3])}." if missing else ""
        return Problem(line, "", f"{len(record)} fields, the header has {len(header)}.{hint}", "")
    for name, value in zip(header, record, strict=True):
        if "\x00" in value:
            return Problem(line, name, "a NUL character", "text")
    return Row(line, dict(zip(header, record, strict=True)))


def _header(record: list[str], source: Source, line: int) -> list[str]:
    names = [name.strip() or f"column {number}" for number, name in enumerate(record, start=1)]
    if len(names) > COLUMNS:
        raise refuse(source.filename, f"{len(names)} columns", f"at most {COLUMNS}", line)
    double = [name for name, count in Counter(names).items() if count > 1]
    if double:
        raise refuse(source.filename, f"column {double[0]!r} is there twice", "each column name once", line)
    if any("\x00" in name for name in names):
        raise refuse(source.filename, "a NUL character in the header", "text", line)
    return names


def _is_fatal(message: str) -> bool:
    return "unexpected end" in message or "field larger" in message


def _csv_problem(message: str, line: int) -> Problem:
    if "unexpected end" in message:
        return Problem(line, "", "a quote is opened here and never closed", "a closing quote")
    if "field larger" in message:
        found = f"a cell of more than {FIELD_CHARS:,} characters, or a quote that is never closed"
        return Problem(line, "", found, "shorter cells and closed quotes")
    if "expected after" in message:
        return Problem(line, "", "text after a closing quote", 'quotes inside a cell doubled ("")')
    return Problem(line, "", f"the row does not read as CSV ({message})", "one record a row")


FORMAT: Final = Format("CSV or TSV", "record of the table", detect, rows)

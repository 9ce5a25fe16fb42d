"""What is wrong with a suite file, said so that a person can repair it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

MAX_LISTED: Final = 200
"""Problems listed by line; the total is always given beside them."""

FILE_BYTES: Final = 512 * 1024 * 1024
ROWS: Final = 2_000_000
COLUMNS: Final = 64
LINE_CHARS: Final = 4 * 1024 * 1024
FIELD_CHARS: Final = 1024 * 1024
JSON_DEPTH: Final = 32
DOCUMENT_BYTES: Final = 64 * 1024 * 1024
"""Largest JSON document that is not a plain list and must be held in memory as a whole."""

Severity = Literal["error", "note"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to repair or to know.

    ``line`` is the line of the file, the first line is 1; ``None`` means the whole file.
    ``column`` may be empty. An ``error`` bars its row (or the file), a ``note`` bars nothing.
    """

    line: int | None
    column: str
    found: str
    expected: str
    severity: Severity = "error"

    @property
    def text(self) -> str:
        """One sentence: where, what was found, what was expected."""
        where = "" if self.line is None else f"line {self.line}"
        if self.column:
            column = f"column {self.column!r}"
            where = f"{where}, {column}" if where else column
        expected = f"; expected {self.expected}" if self.expected else ""
        return f"{where}: {self.found}{expected}" if where else f"{self.found}{expected}"


class SuiteFileError(ValueError):
    """A suite file that is refused; nothing of it is imported.

    ``problems`` holds at most :data:`MAX_LISTED` of them, ``total`` counts all.
    """

    def __init__(self, filename: str, problems: Sequence[Problem], total: int | None = None) -> None:
        self.filename = filename
        self.problems = tuple(problems[:MAX_LISTED])
        self.total = len(problems) if total is None else total
        lines = [f"{filename}: {problem.text}" for problem in self.problems]
        if self.total > len(self.problems):
            lines.append(f"{filename}: and {self.total - len(self.problems)} more problems")
        super().__init__("\n".join(lines))


class RowError(ValueError):
    """One row that cannot be read; carries its :class:`Problem`."""

    def __init__(self, line: int | None, column: str, found: str, expected: str) -> None:
        self.problem = Problem(line, column, found, expected)
        super().__init__(self.problem.text)


def refuse(filename: str, found: str, expected: str, line: int | None = None) -> SuiteFileError:
    """The error for a file that cannot be read at all."""
    return SuiteFileError(filename, (Problem(line, "", found, expected),))


def quote(text: str, limit: int = 60) -> str:
    """``text`` for a message: control characters escaped, cut to ``limit`` characters."""
    shown = (
        ascii(text[:limit]) if any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 for c in text[:limit]) else None
    )
    shown = shown if shown is not None else f"'{text[:limit]}'"
    return f"{shown} …" if len(text) > limit else shown

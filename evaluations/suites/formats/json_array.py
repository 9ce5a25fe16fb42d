"""One JSON list of objects, streamed; or a small JSON document that holds such a list under a key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO, Any, Final

from evaluations.suites.formats import jsonl, squad
from evaluations.suites.json_values import DECODER, record
from evaluations.suites.problems import JSON_DEPTH, LINE_CHARS, Problem, RowError, quote, refuse
from evaluations.suites.source import Format, Row, Source

_CHUNK: Final = 1024 * 1024
_SPACE: Final = " \t\r\n\ufeff"


def detect(source: Source) -> bool:
    """Opens with ``[``, or with ``{`` and is neither JSON Lines nor SQuAD."""
    opening = source.head.lstrip(_SPACE)
    if opening.startswith("["):
        return True
    return opening.startswith("{") and not jsonl.detect(source) and not squad.detect(source)


def rows(source: Source) -> Iterator[Row | Problem]:
    """Every object of the list. A syntax error ends the reading: what follows cannot be told apart."""
    if source.head.lstrip(_SPACE).startswith("["):
        for line, value in _elements(source):
            yield _row(value, line)
        return
    for value in _list_in(squad.document(source), source):
        yield _row(value, 1)


def _row(value: Any, line: int) -> Row | Problem:
    try:
        return Row(line, record(value, line))
    except RowError as error:
        return error.problem


def _list_in(document: Any, source: Source) -> list[Any]:
    """The one list of objects among the values of ``document``."""
    lists = {
        key: value
        for key, value in document.items()
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value)
    }
    if len(lists) == 1:
        return next(iter(lists.values()))
    found = f"an object with {len(lists)} lists of records ({', '.join(sorted(document)[:8])})"
    raise refuse(source.filename, found, "a list of objects, or an object that holds one such list")


class _Window:
    """A sliding window of text over a stream, with the line number of its position."""

    def __init__(self, stream: IO[str]) -> None:
        self.stream = stream
        self.text = ""
        self.pos = 0
        self.line = 1
        self.ended = False

    def more(self) -> bool:
        """Reads on; false at the end of the file."""
        chunk = self.stream.read(_CHUNK)
        self.text = self.text[self.pos :] + chunk
        self.pos = 0
        self.ended = not chunk
        return bool(chunk)

    def move(self, end: int) -> None:
        """Moves to ``end``, counting lines."""
        self.line += self.text.count("\n", self.pos, end)
        self.pos = end

    def peek(self) -> str:
        """The next character that is not blank; empty at the end."""
        while True:
            end = self.pos
            while end < len(self.text) and self.text[end] in _SPACE:
                end += 1
            self.move(end)
            if end < len(self.text):
                return self.text[end]
            if not self.more():
                return ""


def _elements(source: Source) -> Iterator[tuple[int, Any]]:
    """(line, value) of each element of the top-level list, holding one element at a time."""
    with source.path.open(encoding=source.encoding, newline="") as stream:
        window = _Window(stream)
        window.peek()
        window.move(window.pos + 1)
        if window.peek() == "]":
            return
        while True:
            window.peek()
            line = window.line
            yield line, _value(window, source)
            separator = window.peek()
            window.move(window.pos + 1)
            if separator == "]":
                break
            if separator != ",":
                found = quote(separator) if separator else "the end of the file"
                raise refuse(source.filename, found, "a comma or the closing ] of the list", window.line)
        if window.peek():
            raise refuse(source.filename, "text after the closing ]", "one JSON list", window.line)


def _value(window: _Window, source: Source) -> Any:
    while True:
        try:
            value, end = DECODER.raw_decode(window.text, window.pos)
        except json.JSONDecodeError as error:
            if not window.ended and len(window.text) - window.pos <= LINE_CHARS and window.more():
                continue
            line = window.line + window.text.count("\n", window.pos, error.pos)
            raise refuse(source.filename, f"not JSON: {error.msg}", "a list of JSON objects", line) from None
        except RecursionError:
            found = f"nesting deeper than {JSON_DEPTH}"
            raise refuse(source.filename, found, f"at most {JSON_DEPTH} levels", window.line) from None
        except ValueError:
            found = "a whole number of more than 4,300 digits"
            raise refuse(source.filename, found, "a shorter number", window.line) from None
        # A number at the edge of the window may go on in the next chunk.
        if end == len(window.text) and not window.ended and window.more():
            continue
        window.move(end)
        return value


FORMAT: Final = Format("JSON list", "object of the list", detect, rows)

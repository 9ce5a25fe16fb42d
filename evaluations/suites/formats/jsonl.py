"""JSON Lines: one JSON object on each line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from evaluations.suites.json_values import DECODER, record
from evaluations.suites.problems import JSON_DEPTH, Problem, RowError, SuiteFileError, quote
from evaluations.suites.source import Format, Row, Source

_CONTAINERS: Final = frozenset({"data", "examples", "rows", "samples", "items", "instances", "records"})


def detect(source: Source) -> bool:
    """The first line that is not blank is an object of its own, not a document around a list."""
    opening = source.head.lstrip("\ufeff \t\r\n")
    if not opening.startswith("{"):
        return False
    first, _, rest = opening.partition("\n")
    if not rest and not source.whole:
        first = _long_line(source)
    try:
        value = DECODER.decode(first.strip())
    except (ValueError, RecursionError):
        # Not a whole object: a document over several lines, unless the next line begins another.
        return rest.lstrip(" \t\r\n").startswith("{") and first.rstrip() != "{"
    if rest.strip() or not isinstance(value, dict):
        return True
    return not any(isinstance(value.get(key), list) for key in _CONTAINERS)


def _long_line(source: Source) -> str:
    """The first line with text, however long; empty beyond the limit, which only a document has."""
    try:
        return next((line for _, line in source.lines("\n") if line.strip("\ufeff \t\r\n")), "")
    except SuiteFileError:
        return ""


def rows(source: Source) -> Iterator[Row | Problem]:
    """Every line that is not blank."""
    # Only \n ends a line: U+2028 and a bare \r may stand inside JSON texts or between values.
    for number, line in source.lines("\n"):
        text = line.strip(" \t\r\n")
        if not text:
            continue
        try:
            yield Row(number, record(DECODER.decode(text), number))
        except RowError as error:
            yield error.problem
        except RecursionError:
            yield Problem(number, "", f"nesting deeper than {JSON_DEPTH}", f"at most {JSON_DEPTH} levels")
        except json.JSONDecodeError as error:
            at = quote(text[error.pos : error.pos + 20]) if error.pos < len(text) else "the end of the line"
            yield Problem(
                number, "", f"not JSON at character {error.pos + 1}: {at}", f"one JSON object ({error.msg})"
            )
        except ValueError:
            yield Problem(number, "", "a whole number of more than 4,300 digits", "a shorter number")


FORMAT: Final = Format("JSON Lines", "line", detect, rows)

"""Strict JSON for uploaded files: limits, no NaN, no double keys, numbers as they were written."""

from __future__ import annotations

import json
from typing import Any, Final

from evaluations.suites.problems import COLUMNS, FIELD_CHARS, JSON_DEPTH, RowError, quote

FLATTEN_DEPTH: Final = 3
"""Objects inside a record become dotted columns down to this depth; deeper ones stay JSON text."""


class WrittenNumber(float):
    """A decimal number that remembers how it was written (``3.10`` stays ``3.10``)."""

    literal: str

    def __new__(cls, literal: str) -> WrittenNumber:
        """The number of ``literal``."""
        number = super().__new__(cls, literal)
        number.literal = literal
        return number


class _NotANumber:
    """Stands for NaN or Infinity until the row's check refuses it."""

    def __init__(self, literal: str) -> None:
        self.literal = literal


class _DoubleKeys(dict[str, Any]):
    """An object that has one key twice; refused by the row's check."""

    double: str = ""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    seen: set[str] = set()
    marked = _DoubleKeys(plain)
    for key, _ in pairs:
        if key in seen:
            marked.double = key
            break
        seen.add(key)
    return marked


DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_float=WrittenNumber, parse_constant=_NotANumber
)


def record(value: Any, line: int) -> dict[str, Any]:
    """The columns of one JSON record, nested objects as dotted names.

    Raises :class:`RowError` naming line and column on anything outside the limits.
    """
    if not isinstance(value, dict):
        raise RowError(line, "", f"{_kind(value)} {quote(text_of(value))}", "an object with named values")
    check(value, line, "", 0)
    flat: dict[str, Any] = {}
    _flatten(value, "", flat, 1, line)
    if len(flat) > COLUMNS:
        raise RowError(line, "", f"{len(flat)} columns", f"at most {COLUMNS}")
    return flat


def check(value: Any, line: int, column: str, depth: int) -> None:
    """Raises :class:`RowError` on NaN, double keys, NUL, lone surrogates, length or depth."""
    if depth > JSON_DEPTH:
        raise RowError(line, column, f"nesting deeper than {JSON_DEPTH}", f"at most {JSON_DEPTH} levels")
    if isinstance(value, str):
        check_text(value, line, column)
    elif isinstance(value, _NotANumber):
        raise RowError(line, column, value.literal, "a number or null; JSON has no such number")
    elif isinstance(value, float):
        if value in (float("inf"), float("-inf")):
            raise RowError(line, column, quote(text_of(value)), "a number that fits; or a text in quotes")
    elif isinstance(value, _DoubleKeys):
        raise RowError(line, value.double, "the key is there twice", "each key once")
    elif isinstance(value, dict):
        for key, item in value.items():
            check_text(key, line, column)
            check(item, line, f"{column}.{key}" if column else key, depth + 1)
    elif isinstance(value, list):
        for item in value:
            check(item, line, column, depth + 1)


def check_text(text: str, line: int, column: str) -> None:
    """Raises :class:`RowError` on NUL, lone surrogates, or more than 1 Mi characters."""
    if len(text) > FIELD_CHARS:
        raise RowError(line, column, f"{len(text):,} characters", f"at most {FIELD_CHARS:,}")
    if "\x00" in text:
        raise RowError(line, column, "a NUL character", "text")
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            found = f"half a character (lone surrogate U+{ord(text[error.start]):04X})"
            raise RowError(line, column, found, "whole characters") from None


def _flatten(value: dict[str, Any], prefix: str, out: dict[str, Any], depth: int, line: int) -> None:
    for key, item in value.items():
        name = f"{prefix}{key}"
        if isinstance(item, dict) and item and depth < FLATTEN_DEPTH:
            _flatten(item, f"{name}.", out, depth + 1, line)
        elif name in out:
            raise RowError(line, name, "two values have this column name", "each name once")
        else:
            out[name] = item


def text_of(value: Any) -> str:
    """The text of one cell: texts unchanged, numbers as written, lists and objects as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, WrittenNumber | _NotANumber):
        return value.literal
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=text_of)
    return str(value)


def _kind(value: Any) -> str:
    names = {str: "a text", list: "a list", bool: "a truth value", type(None): "null"}
    return names.get(type(value), "a number")

"""Readers for a backend's settings, which come from a form, a spec file or the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from evaluations.inference.backend import BackendError
from evaluations.records import ErrorClass


def refuse(name: str, found: Any, expected: str) -> BackendError:
    """The error for a setting that cannot be used."""
    return BackendError(ErrorClass.NOT_ALLOWED, f"setting {name}: found {found!r:.200}, expected {expected}")


def text(settings: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """A text; without a default it must be there and not be empty."""
    value = settings.get(name, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise refuse(name, value, "a text")
    return value


def choice(settings: Mapping[str, Any], name: str, known: Collection[str], default: str) -> str:
    """One of the ``known`` words."""
    value = settings.get(name) or default
    if value not in known:
        raise refuse(name, value, "one of " + ", ".join(sorted(known)))
    return str(value)


def number(settings: Mapping[str, Any], name: str, default: float, low: float, high: float) -> float:
    """A number within ``low`` and ``high``, both included."""
    value = settings.get(name)
    value = default if value is None or value == "" else value
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise refuse(name, value, f"a number from {low:g} to {high:g}")
    return float(value)


def whole(settings: Mapping[str, Any], name: str, default: int, low: int, high: int) -> int:
    """A whole number within ``low`` and ``high``, both included."""
    value = number(settings, name, default, low, high)
    if value != int(value):
        raise refuse(name, value, f"a whole number from {low} to {high}")
    return int(value)


def flag(settings: Mapping[str, Any], name: str, default: bool = False) -> bool:
    """Yes or no."""
    value = settings.get(name, default)
    if not isinstance(value, bool):
        raise refuse(name, value, "true or false")
    return value

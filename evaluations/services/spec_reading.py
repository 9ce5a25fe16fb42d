"""Typed reading of a spec: every refusal names the file, the key, what was found and what was expected."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

from evaluations.errors import Refusal
from evaluations.records import Criticality, Decoding
from evaluations.services.audits import DEFAULT_MARGINS

DECODING_KEYS = {"temperature": float, "samples": int, "max_new_tokens": int, "seed": int, "stop": list}
MICRO = 1_000_000
MAX_SPEC_BYTES = 1_000_000


def load_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file, through the safe loader; refuses everything else."""
    try:
        if path.stat().st_size > MAX_SPEC_BYTES:
            raise Refusal(f"{path.name}: found {path.stat().st_size} bytes, expected a spec of at most 1 MB.")
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Refusal(f"{path}: the spec cannot be read ({error.strerror}).") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refusal(f"{path.name}: the spec is not YAML in UTF-8: {error}") from error
    if not isinstance(value, dict):
        raise Refusal(
            f"{path.name}: found {type(value).__name__}, expected a mapping with the keys suite, models, student …"
        )
    return value


class Reader:
    """One mapping of a spec, with the path that its file names are relative to."""

    def __init__(self, values: Mapping[str, Any], path: Path, where: str = "") -> None:
        self.values, self.file, self.where = values, path, where

    def refusal(self, key: str, found: Any, expected: str) -> Refusal:
        """The refusal for one key."""
        return Refusal(f"{self.file.name}, {self.where}{key}: found {found!r:.200}, expected {expected}.")

    def only(self, *known: str) -> None:
        """Refuse keys that mean nothing, so that a slip of the pen is not silently ignored."""
        for key in self.values:
            if key not in known:
                raise self.refusal(str(key), self.values[key], f"no such key; known are {', '.join(known)}")

    def get(self, key: str) -> Any:
        """The value or ``None``."""
        return self.values.get(key)

    def required(self, key: str) -> Any:
        """The value; refuses where it is missing."""
        if self.values.get(key) in (None, ""):
            raise self.refusal(key, "nothing", "a value")
        return self.values[key]

    def text(self, key: str, default: str = "") -> str:
        """A text; numbers and dates are taken as written."""
        value = self.values.get(key)
        if value is None:
            return default
        if isinstance(value, dict | list):
            raise self.refusal(key, value, "a text")
        return str(value)

    def words(self, key: str) -> list[str]:
        """A list of texts; a single text is a list of one."""
        value = self.values.get(key)
        if value is None:
            return []
        if isinstance(value, str):
            return [value]
        if not isinstance(value, list) or not all(isinstance(item, str | int | float) for item in value):
            raise self.refusal(key, value, "a list of names")
        return [str(item) for item in value]

    def number(self, key: str, default: float) -> float:
        """A number."""
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.refusal(key, value, "a number")
        return float(value)

    def micro(self, key: str) -> int | None:
        """An amount of money in micro-units, or ``None``."""
        value = self.values.get(key)
        if value is None:
            return None
        try:
            return int((Decimal(str(value)) * MICRO).to_integral_value())
        except InvalidOperation:
            raise self.refusal(key, value, "an amount of money") from None

    def resolve(self, name: Any, key: str) -> Path:
        """A path of the spec, relative to the spec's folder; refuses what is not there."""
        if not isinstance(name, str) or not name:
            raise self.refusal(key, name, "a path")
        path = (self.file.parent / Path(name).expanduser()).resolve()
        if not path.exists():
            raise self.refusal(key, name, f"a path that exists (looked at {path})")
        return path

    def path(self, key: str) -> Path | None:
        """The path under ``key``, or ``None``."""
        value = self.values.get(key)
        return None if value is None else self.resolve(value, key)

    def decoding(self) -> Decoding:
        """The decoding configuration."""
        section = self.values.get("decoding") or {}
        if not isinstance(section, dict):
            raise self.refusal(
                "decoding", section, "a mapping with temperature, samples, max_new_tokens, seed"
            )
        found: dict[str, Any] = {}
        for key, value in section.items():
            if key not in DECODING_KEYS:
                raise self.refusal(f"decoding.{key}", value, f"one of {', '.join(DECODING_KEYS)}")
            wanted = DECODING_KEYS[key]
            if isinstance(value, bool) or not isinstance(value, int | float if wanted is float else wanted):
                raise self.refusal(f"decoding.{key}", value, f"a value of type {wanted.__name__}")
            found[key] = tuple(value) if wanted is list else wanted(value)
        return Decoding(**found)

    def margins(self) -> dict[str, float]:
        """The margin of each criticality, as a share from .5 to 1; percent are understood."""
        section = self.values.get("margins") or {}
        if not isinstance(section, dict):
            raise self.refusal("margins", section, "a mapping of routine, standard, critical to a share")
        found = {str(name): value for name, value in DEFAULT_MARGINS.items()}
        for key, value in section.items():
            if key not in set(Criticality) or isinstance(value, bool) or not isinstance(value, int | float):
                raise self.refusal(
                    f"margins.{key}", value, "routine, standard or critical with a share such as 0.95"
                )
            found[str(key)] = value / 100 if value > 1 else float(value)
        return found

"""What one pass over a file learns of its columns."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from evaluations.suites.json_values import text_of

MARKER: Final = "####"
"""What stands before the answer proper in targets that are worked solutions."""


@dataclass
class ColumnStats:
    """What one pass over the file learned of a column. ``distinct`` stops at 1,001 values."""

    name: str
    n: int = 0
    n_empty: int = 0
    first: list[str] = field(default_factory=list)
    distinct: set[str] = field(default_factory=set)
    n_marker: int = 0
    n_json_list: int = 0
    n_semicolon: int = 0
    n_list: int = 0
    n_messages: int = 0
    n_turns: int = 0
    longest: int = 0
    total_chars: int = 0

    def add(self, value: Any) -> None:
        """Counts one value."""
        self.n += 1
        text = text_of(value)
        if not text.strip() or value == []:
            self.n_empty += 1
            return
        if len(self.first) < 3:
            self.first.append(text[:200])
        if len(self.distinct) <= 1000:
            self.distinct.add(text[:200])
        self.longest = max(self.longest, len(text))
        self.total_chars += len(text) if not isinstance(value, list) else len(text) // len(value)
        self.n_marker += MARKER in text
        if isinstance(value, list):
            self._add_list(value)
        elif text.startswith("[") and _json_list(text):
            self.n_json_list += 1
            self.n_messages += '"role"' in text or '"from"' in text
        elif ";" in text.strip("; "):
            self.n_semicolon += 1

    def _add_list(self, value: list[Any]) -> None:
        self.n_list += 1
        self.n_messages += all(isinstance(item, dict) for item in value)
        self.n_turns += all(isinstance(item, str) for item in value)

    @property
    def n_filled(self) -> int:
        """Rows with a value."""
        return self.n - self.n_empty


def _json_list(text: str) -> bool:
    try:
        return isinstance(json.loads(text), list)
    except (ValueError, RecursionError):
        return False

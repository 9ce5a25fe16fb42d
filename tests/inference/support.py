"""Small makers that several tests of this folder share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def write_jsonl(path: Path, *rows: dict[str, Any]) -> Path:
    """Writes ``rows`` as JSON lines and returns ``path``."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path

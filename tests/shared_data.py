"""Where the shared test data lies. It is test data only and never part of the product."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("PEDIGREE_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "data"


def shared_path(relative: str) -> Path:
    """The file or folder ``relative`` of the shared data; skips where absent, fails under CI."""
    path = ROOT / relative
    if path.exists():
        return path
    message = f"shared test data {relative} is not at {ROOT}; set PEDIGREE_SHARED to its parent folder"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)

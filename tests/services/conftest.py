"""What the tests of training need: a tiny base and folders of their own."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def base(torch: Any, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny base under a granted root; students train quickly and lie in the test's folder."""
    from evaluations.services.distillation import requests
    from tests.services.distilling import QUICK, make_base

    settings.MODEL_ROOTS = [tmp_path / "models"]
    settings.STUDENTS_ROOT = tmp_path / "students"
    settings.DEVICE = "cpu"
    monkeypatch.setattr(requests, "FINE_TUNE", QUICK)
    return make_base(tmp_path / "models" / "base")

"""Human and judge review: nothing of it is part of this audit yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluations.reports.section import SectionPlugin


def build(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """One line that says what is missing."""
    return {"missing": "It needs people or a judge model that rate a sample of the answers."}


SECTION = SectionPlugin("Human and judge review", 100, build)

"""Routing plan: which tasks go to which model. Nothing measures it yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluations.reports.section import SectionPlugin


def build(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """One line that says what is missing."""
    return {
        "missing": "It needs rules chosen on one half of the samples and measured on the other, with prices "
        "for both models."
    }


SECTION = SectionPlugin("Routing plan", 130, build)

"""Re-evaluation: the next date with its reason, and what pulls it forward."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts
from evaluations.reports.section import SectionPlugin


def build(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """One sentence with the date, and the triggers."""
    facts = Facts(snapshot)
    found = facts.shelf_life
    if found is None or not found.get("look_again_on"):
        return {"missing": facts.missing("shelf_life")}
    reason = str(found.get("reason") or "").strip().rstrip(".")
    return {
        "finding": f"Next audit by {fmt.day(str(found['look_again_on']))}{f': {reason}' if reason else ''}.",
        "triggers": tuple(fmt.sentence(str(item)) for item in found.get("triggers") or ()),
    }


SECTION = SectionPlugin("Re-evaluation", 150, build)

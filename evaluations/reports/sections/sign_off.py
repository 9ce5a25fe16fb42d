"""Sign-off: who prepared the report, and empty slots for everybody who has to sign."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluations.reports.facts import Facts
from evaluations.reports.section import SectionPlugin
from evaluations.reports.tables import Cell, table

_ROLES = (
    ("Technical review", ""),
    ("Legal review", ""),
    ("Procurement", ""),
    ("Approval", "not the person who prepared it"),
)


def build(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """One row for each role; only the person who prepared it is known."""
    facts = Facts(snapshot)
    prepared = str(facts.report.get("prepared_by") or "")
    rows: list[list[Cell | str]] = [["Prepared", prepared, "", "", ""]]
    rows += [[Cell(role, sub=note), "", "", "", ""] for role, note in _ROLES]
    return {"table": table("Sign-off", ["Role", "Name", "Decision", "Comment", "Date"], rows)}


SECTION = SectionPlugin("Sign-off", 170, build)

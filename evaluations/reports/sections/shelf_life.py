"""Break-even and shelf life: the dates that end this comparison."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts
from evaluations.reports.section import SectionPlugin
from evaluations.reports.tables import Cell, Column, table


def build(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """The dated reasons; break-even is not measured yet."""
    facts = Facts(snapshot)
    dates = (facts.shelf_life or {}).get("dates") or ()
    rows: list[list[Cell | str]] = [
        [
            fmt.day(str(row.get("date") or "")),
            fmt.sentence(str(row.get("reason") or "")),
            "Look again by" if row.get("chosen") else "",
        ]
        for row in sorted(dates, key=lambda row: str(row.get("date")))
    ]
    columns: list[Column | str] = [
        "Date",
        Column("What happens", wide=True),
        Column("Chosen", short="Chosen"),
    ]
    return {
        "missing": "Break-even needs the cost of rework and a price history of both models.",
        "dates": table("Dates", columns, rows),
        "no_dates": "" if rows else facts.missing("shelf_life"),
    }


SECTION = SectionPlugin("Break-even and shelf life", 120, build)

"""Cost per model and a month, with every missing price said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluations.reports import format as fmt
from evaluations.reports.cost_tables import cost_table, finding, monthly_table, nothing_costed
from evaluations.reports.facts import Facts
from evaluations.reports.figure_small import cost_figure
from evaluations.reports.retention import decisive_teacher
from evaluations.reports.section import SectionPlugin


def build(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Finding, bars and tables; one line where nothing could be costed."""
    facts = Facts(snapshot)
    costs = cost_table(facts)
    if not costs.rows:
        return {"missing": facts.missing("cost")}
    if nothing := nothing_costed(facts):
        return {"missing": nothing}
    teacher = decisive_teacher(facts) or next(iter(facts.candidates), "")
    figure = cost_figure(facts)
    reason = str((facts.cost or {}).get("reason") or "")
    return {
        "finding": finding(facts, teacher),
        "reason": fmt.sentence(reason),
        "figure": figure,
        "figures": (figure,) if figure else (),
        "costs": costs,
        "monthly": monthly_table(facts),
    }


SECTION = SectionPlugin("Cost", 110, build)

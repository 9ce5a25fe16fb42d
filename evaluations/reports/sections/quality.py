"""Quality on the buyer's tasks: retention against locked margins, and every metric."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts
from evaluations.reports.figure_retention import retention_figure
from evaluations.reports.quality_tables import metrics_table, retention_table
from evaluations.reports.recommendation import tasks
from evaluations.reports.retention import by_criticality, decisive_teacher, overall, slice_name
from evaluations.reports.section import SectionPlugin
from evaluations.reports.tables import Table

_SIDE = (
    (
        "How to read the chart",
        "The thick tick is the margin locked before the run. A whole interval to its right is within, to its left "
        "is below. Across it, more samples decide.",
    ),
)


def build(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Finding, chart and tables; one line where no answer was scored."""
    facts = Facts(snapshot)
    found = facts.quality
    metrics = metrics_table(facts, "overall", "All metrics, all samples")
    if found is None or not metrics.rows:
        return {"missing": facts.missing("quality")}
    teacher = decisive_teacher(facts)
    figure = retention_figure(facts, teacher) if teacher else None
    return {
        "finding": _finding(facts, teacher) if teacher else "No retention was measured.",
        "lede": _denominators(facts),
        "compared": _compared(facts, teacher),
        "figure": figure,
        "figures": (figure,) if figure else (),
        "retention": retention_table(facts, teacher),
        "metrics": metrics,
        "undecided": _undecided(facts, teacher),
        "side": _SIDE,
    }


def _finding(facts: Facts, teacher: str) -> str:
    names: dict[str, list[str]] = {}
    for row in by_criticality(facts, teacher):
        names.setdefault(str(row.get("outcome")), []).append(slice_name(row))
    words = (("below", "below the margin"), ("within", "within the margin"), ("undecided", "not decided yet"))
    parts = [f"{tasks(tuple(names[key]))} are {text}" for key, text in words if names.get(key)]
    if parts:
        return f"{fmt.join([parts[0], *(part[:1].lower() + part[1:] for part in parts[1:])])}."
    whole = overall(facts, teacher)
    kept = fmt.pct(whole["value"]) if whole and whole.get("value") is not None else "an unmeasured share"
    return f"{facts.student_name} keeps {kept} of {facts.name(teacher)}'s score. No margin was locked."


def _denominators(facts: Facts) -> str:
    found = facts.quality or {}
    heads = fmt.join(
        f"{fmt.words(task)} by {fmt.words(metric)}"
        for task, metric in sorted((found.get("headline") or {}).items())
    )
    student = facts.model(facts.student)
    targets = fmt.k_of_n(found.get("n_with_target") or 0, found.get("n_samples") or 0)
    answered = fmt.k_of_n(student.get("n_answered") or 0, student.get("n_all") or 0)
    return f"Scored {heads or 'by no headline metric'}. {targets} samples have a target; the student answered {answered}."


def _compared(facts: Facts, teacher: str) -> str:
    if not teacher:
        return ""
    return (
        f"The recommendation compares with {facts.name(teacher)}, the candidate that scores best on these tasks. "
        "What provenance says plays no part in that choice."
    )


def _undecided(facts: Facts, teacher: str) -> tuple[str, ...]:
    return tuple(
        f"{tasks((slice_name(row),))}: the interval {fmt.pct_range(row.get('low'), row.get('high'))} crosses the "
        f"margin of {fmt.pct_plain(row.get('margin'))} (n = {fmt.count(row.get('n') or 0)}). More samples of them decide."
        for row in by_criticality(facts, teacher)
        if row.get("outcome") == "undecided"
    )


def tables(context: Mapping[str, Any]) -> tuple[Table, ...]:
    """The tables of a built context, for tests and exports."""
    return tuple(value for value in context.values() if isinstance(value, Table))


SECTION = SectionPlugin("Quality on your tasks", 80, build)

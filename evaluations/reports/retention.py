"""Reading retention: which candidate decides, and each slice against its locked margin."""

from __future__ import annotations

from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts, Json


def decisive_teacher(facts: Facts) -> str:
    """The candidate that the recommendation compares with: the best on the buyer's own tasks.

    The one with the highest overall score; the first in the plan's order among equals; ``""`` where no
    retention was measured. The best alternative is the strictest comparison, and it does not depend on
    what provenance says.
    """
    order = {key: index for index, key in enumerate(facts.candidates)}
    best: tuple[float, int, str] | None = None
    for row in retentions(facts):
        if row.get("slice") != "overall" or row.get("value") is None:
            continue
        key = str(row.get("teacher"))
        place = (float(row.get("teacher_value") or 0.0), -order.get(key, len(order)), key)
        best = place if best is None or place > best else best
    if best is not None:
        return best[2]
    measured = [row for row in retentions(facts) if row.get("value") is not None]
    return str(measured[0].get("teacher")) if measured else ""


def retentions(facts: Facts, teacher: str | None = None) -> tuple[Json, ...]:
    """Every retention row, or those against ``teacher``."""
    found = (facts.quality or {}).get("retentions") or ()
    return tuple(row for row in found if teacher is None or row.get("teacher") == teacher)


def overall(facts: Facts, teacher: str) -> Json | None:
    """The retention over all samples against ``teacher``."""
    return next((row for row in retentions(facts, teacher) if row.get("slice") == "overall"), None)


def by_criticality(facts: Facts, teacher: str) -> tuple[Json, ...]:
    """The retention rows by criticality against ``teacher``, the most critical first."""
    order = list(facts.margins)

    def place(row: Json) -> int:
        name = slice_name(row)
        return order.index(name) if name in order else len(order)

    rows = [row for row in retentions(facts, teacher) if str(row.get("slice")).startswith("criticality:")]
    return tuple(sorted(rows, key=place))


def slice_name(row: Json) -> str:
    """The bare name of a row's slice: ``criticality:critical`` is ``critical``."""
    return str(row.get("slice") or "").rpartition(":")[2]


def slice_title(name: str) -> str:
    """A slice in words: ``overall`` is "All samples", ``task:qa`` is "Task type qa"."""
    kind, _, value = name.rpartition(":")
    words = fmt.words(value)
    if not kind:
        return "All samples" if value in ("overall", "all", "") else fmt.label(value)
    titles = {"criticality": f"{fmt.label(value)} tasks", "task": f"Task type {words}"}
    return titles.get(kind, f"{kind.replace('_', ' ').capitalize()} {words}")

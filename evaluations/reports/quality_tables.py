"""The tables of quality: retention, metrics with both denominators, flips and failed calls."""

from __future__ import annotations

from typing import Final

from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts, Json
from evaluations.reports.retention import retentions, slice_title
from evaluations.reports.tables import Cell, Column, Row, Table, group, table
from evaluations.reports.wording import NO_MARGIN, outcome

_KINDS: Final = ("criticality", "task", "overall")


def teachers(facts: Facts, first: str) -> tuple[str, ...]:
    """Candidates with a retention, the decisive one first, then in the plan's order."""
    measured = {str(row.get("teacher")) for row in retentions(facts)}
    ordered = [key for key in facts.candidates if key in measured] + sorted(measured - set(facts.candidates))
    return tuple(dict.fromkeys([key for key in (first, *ordered) if key in measured]))


def retention_table(facts: Facts, first: str) -> Table:
    """Every slice against every candidate, the decisive candidate first."""
    columns: list[Column | str] = [
        "Tasks",
        Column("n", True),
        Column("Candidate's score", True, short="Candidate"),
        Column("Student's score", True, short="Student"),
        Column("Kept", True),
        Column("95% interval", True),
        "Against the margin",
    ]
    rows: list[Row | list[Cell | str]] = []
    for key in teachers(facts, first):
        rows.append(group(facts.name(key), sub="decides the recommendation" if key == first else ""))
        rows += [_retention_row(row) for row in _ordered(facts, key)]
    return table("Retention", columns, rows, title="Kept of each candidate's score")


def _ordered(facts: Facts, key: str) -> list[Json]:
    margins = list(facts.margins)

    def place(row: Json) -> tuple[int, int, str]:
        kind, _, name = str(row.get("slice")).rpartition(":")
        kind = kind or "overall"
        return (
            _KINDS.index(kind) if kind in _KINDS else 1,
            margins.index(name) if name in margins else 9,
            name,
        )

    return sorted(retentions(facts, key), key=place)


def _retention_row(row: Json) -> list[Cell | str]:
    title, n = slice_title(str(row.get("slice"))), fmt.count(row.get("n") or 0)
    margin = row.get("margin")
    if row.get("value") is None:
        reason = fmt.sentence(str(row.get("reason") or "not measured"))
        return [title, n, Cell(reason, span=5, wide=True, label="Reason")]
    state = Cell(verdict=NO_MARGIN)
    if margin is not None:
        state = Cell(verdict=outcome(str(row.get("outcome"))), sub=f"margin {fmt.pct_plain(margin)}")
    return [
        title,
        n,
        fmt.pct(row.get("teacher_value")),
        fmt.pct(row.get("student_value")),
        fmt.pct(row["value"]),
        fmt.pct_range(row.get("low"), row.get("high")),
        state,
    ]


def metrics_table(facts: Facts, wanted: str, title: str) -> Table:
    """Every model under every metric on the slices that ``wanted`` names (``overall`` or a prefix)."""
    columns: list[Column | str] = [
        "Model",
        "Metric",
        *(["Tasks"] if wanted != "overall" else []),
        Column("Value", True),
        Column("95% interval", True),
        Column("Scored", True),
        Column("Calls failed", True, short="Failed"),
    ]
    rows = [
        _metric_row(facts, summary, wanted)
        for summary in (facts.quality or {}).get("summaries") or ()
        if (str(summary.get("slice")) == "overall") == (wanted == "overall")
    ]
    caption = "Scored: answers that the metric scored, of the samples it applies to. A failed call is never counted as wrong."
    return table("Metrics", columns, rows, title=title, caption=caption)


def _metric_row(facts: Facts, summary: Json, wanted: str) -> list[Cell | str]:
    key = str(summary.get("model"))
    role = "student" if key == facts.student else ("teacher" if key in facts.candidates else "")
    sliced = [slice_title(str(summary.get("slice")))] if wanted != "overall" else []
    return [
        Cell(facts.name(key), key=role, sub="vendor supplied" if facts.supplied_note(key) else ""),
        fmt.label(str(summary.get("metric"))),
        *sliced,
        fmt.pct(summary.get("value")),
        fmt.pct_range(summary.get("low"), summary.get("high")),
        fmt.k_of_n(summary.get("n_scored") or 0, summary.get("n_all") or 0),
        fmt.count(summary.get("n_failed") or 0),
    ]


def flips_table(facts: Facts) -> Table:
    """Samples where exactly one of the two is accepted."""
    rows: list[list[Cell | str]] = []
    for flips in (facts.quality or {}).get("flips") or ():
        ids = [str(ident) for ident in flips.get("lost_ids") or ()]
        shown = fmt.join(ids[:6]) + (f" and {fmt.count(len(ids) - 6)} more" if len(ids) > 6 else "")
        rows.append(
            [
                facts.name(str(flips.get("teacher"))),
                fmt.count(flips.get("lost")),
                fmt.count(flips.get("gained")),
                fmt.count(flips.get("n")),
                shown or "None",
            ]
        )
    columns: list[Column | str] = [
        "Compared with",
        Column("Lost", True),
        Column("Gained", True),
        Column("Samples", True),
        Column("Samples lost, first ones", wide=True, short="Lost, first ones"),
    ]
    caption = (
        "Lost: the candidate's answer is accepted and the student's is not. Gained: the other way round."
    )
    return table("Flips", columns, rows, caption=caption, title="Answers lost and gained")


def errors_table(facts: Facts) -> Table:
    """Failed calls by model and class."""
    rows: list[list[Cell | str]] = []
    for model in facts.models:
        errors = model.get("errors") or {}
        if not model.get("n_failed") and not errors:
            continue
        classes = fmt.join(
            f"{fmt.label(str(name)).lower()} {fmt.count(n)}" for name, n in sorted(errors.items())
        )
        rows.append(
            [
                facts.name(str(model.get("key"))),
                fmt.k_of_n(model.get("n_answered") or 0, model.get("n_all") or 0),
                fmt.count(model.get("n_failed") or 0),
                fmt.sentence(classes),
            ]
        )
    columns: list[Column | str] = [
        "Model",
        Column("Answered", True),
        Column("Failed", True),
        Column("By class", wide=True),
    ]
    return table("Failed calls", columns, rows, title="Failed calls by class")

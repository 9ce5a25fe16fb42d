"""The retention chart: the acceptable area, the margin, then the interval with the mark of the outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts, Json
from evaluations.reports.figures import Figure, Spark, axis_layout, nice_ticks, spark
from evaluations.reports.interactive import RetentionRow, margin_shapes, retention_traces
from evaluations.reports.retention import by_criticality, overall, slice_title
from evaluations.reports.section import Medium
from evaluations.reports.svg import Canvas, Markup, fit
from evaluations.reports.wording import outcome

_LINES: Final = {"within": "c-within-l", "undecided": "c-open-l", "below": "c-below-l"}
_WORDS: Final = {"within": "c-within-t", "undecided": "c-open-t", "below": "c-below-t"}
_AXIS: Final = "Score of the student as a share of the teacher's, same samples"


@dataclass(frozen=True, slots=True)
class _Scale:
    low: float
    high: float
    left: float
    right: float

    def x(self, value: float) -> float:
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.left + share * (self.right - self.left)


def _row(row: Json) -> RetentionRow | None:
    if row.get("value") is None:
        return None
    value = float(row["value"])
    margin = row.get("margin")
    return RetentionRow(
        name=slice_title(str(row.get("slice"))),
        sub=f"n = {fmt.count(row.get('n') or 0)}",
        outcome=str(row.get("outcome")) if margin is not None else "",
        value=value,
        low=float(row["low"]) if row.get("low") is not None else value,
        high=float(row["high"]) if row.get("high") is not None else value,
        margin=float(margin) if margin is not None else None,
    )


def _rows(facts: Facts, teacher: str) -> list[RetentionRow]:
    sliced = [_row(row) for row in by_criticality(facts, teacher)]
    whole = overall(facts, teacher)
    return [row for row in [*sliced, _row(whole) if whole else None] if row is not None]


def retention_figure(facts: Facts, teacher: str) -> Figure | None:
    """The chart against ``teacher``; ``None`` where no retention was measured."""
    rows = _rows(facts, teacher)
    if not rows:
        return None
    name = facts.name(teacher)
    title = f"Share of {name}'s score that {facts.student_name} keeps"
    description = " ".join(_describe(row) for row in rows)
    return Figure(
        id="chart-retention",
        kind="retention",
        title=title,
        subtitle="95% intervals over samples. Thick tick: the locked margin. Grey area: acceptable.",
        description=description,
        wide=_draw(rows, "page", 816, title, description),
        narrow=_draw_narrow(rows, title, description),
        pdf=_draw(rows, "pdf", 700, title, description),
        source=facts.supplied_note(facts.student, teacher),
        data=retention_traces(rows),
        layout=axis_layout(_AXIS + ", %", [row.name for row in rows], shapes=margin_shapes(rows)),
    )


def _describe(row: RetentionRow) -> str:
    margin = f", margin {fmt.pct_plain(row.margin)}" if row.margin is not None else ""
    return (
        f"{row.name}: {fmt.pct(row.value)}, interval {fmt.pct_range(row.low, row.high)}, {row.sub}{margin}, "
        f"{_word(row)}."
    )


def _word(row: RetentionRow) -> str:
    return outcome(row.outcome).word if row.margin is not None else "No margin set"


def _scale(rows: Sequence[RetentionRow], left: float, right: float) -> _Scale:
    lows = [row.low for row in rows] + [row.margin for row in rows if row.margin is not None] + [0.95]
    highs = [min(row.high, 2.0) for row in rows] + [1.0]
    low, high = max(min(lows), 0.0), max(highs)
    pad = (high - low) * 0.06
    return _Scale(max(low - pad, 0.0), high + pad, left, right)


def _mark(canvas: Canvas, row: RetentionRow, scale: _Scale, y: float, half: float, size: float) -> None:
    if row.margin is not None:
        x = scale.x(row.margin)
        canvas.rect(x, y - half, scale.right - x, 2 * half, "c-band")
        canvas.line(x, y - half - 2, x, y + half + 2, "c-margin")
    cap = 5 if size > 4 else 0
    canvas.interval(scale.x(row.low), scale.x(row.high), y, _LINES.get(row.outcome, "c-ink-l"), cap)
    x = scale.x(row.value)
    if row.outcome == "within":
        canvas.circle(x, y, size, "c-within")
    elif row.outcome == "undecided":
        canvas.half_disc(x, y, size)
    elif row.outcome == "below":
        canvas.triangle(x, y, size)
    else:
        canvas.diamond(x, y, size, "c-ink")


def _axis(canvas: Canvas, scale: _Scale, top: float, bottom: float, most: int) -> None:
    for tick in nice_ticks(scale.low, scale.high, most):
        x = scale.x(tick)
        canvas.line(x, top, x, bottom, "c-zero" if tick == 1 else "c-grid")
        canvas.text(x, bottom + 16, fmt.pct_plain(tick), "c-t3", "middle")


def _draw(rows: Sequence[RetentionRow], medium: Medium, width: float, title: str, description: str) -> Markup:
    step, top, words = 48, 24, 140
    bottom = top + step * len(rows)
    canvas = Canvas(width, bottom + 40, medium)
    scale = _scale(rows, 176, width - words)
    _axis(canvas, scale, top, bottom, 9)
    canvas.text(scale.x(1.0) - 5, top - 8, "Same as teacher, 100%", "c-t2", "end")
    for index, row in enumerate(rows):
        y = top + step * index + step / 2
        if index:
            canvas.line(0, y - step / 2, width, y - step / 2, "c-zero" if row.margin is None else "c-grid")
        _mark(canvas, row, scale, y, 13, 6)
        margin = f"margin {fmt.pct_plain(row.margin)}, " if row.margin is not None else ""
        canvas.text(0, y - 2, fit(row.name, 168), "c-b")
        canvas.text(0, y + 13, f"{margin}{row.sub}", "c-t3")
        canvas.text(width - words + 12, y - 2, _word(row), _WORDS.get(row.outcome, "c-t2"))
        value = f"{fmt.pct(row.value)} ({fmt.pct_range(row.low, row.high)[:-1]})"
        canvas.text(width - words + 12, y + 13, value, "c-t3")
    canvas.text((scale.left + scale.right) / 2, bottom + 34, _AXIS, "c-t3", "middle")
    return canvas.markup(title, description, f"retention-{medium}", "fig-w" if medium == "page" else "")


def _draw_narrow(rows: Sequence[RetentionRow], title: str, description: str) -> Markup:
    step, top, width = 74, 8, 342
    bottom = top + step * len(rows)
    canvas = Canvas(width, bottom + 40, "page")
    scale = _scale(rows, 8, width - 8)
    _axis(canvas, scale, top, bottom, 5)
    for index, row in enumerate(rows):
        y = top + step * index + 50
        _mark(canvas, row, scale, y, 11, 6)
        margin = f", margin {fmt.pct_plain(row.margin)}" if row.margin is not None else ""
        canvas.text(0, y - 32, fit(row.name, 150), "c-b")
        canvas.text(
            width, y - 32, f"{_word(row)}, {fmt.pct(row.value)}", _WORDS.get(row.outcome, "c-t2"), "end"
        )
        canvas.text(0, y - 18, f"{row.sub}{margin}", "c-t3")
        canvas.line(
            0, bottom if row is rows[-1] else y + 20, width, bottom if row is rows[-1] else y + 20, "c-grid"
        )
    canvas.text(0, bottom + 34, "Share of the teacher's score, same samples", "c-t3")
    return canvas.markup(title, description, "retention-narrow", "fig-n")


def retention_spark(facts: Facts, teacher: str) -> Spark | None:
    """The slices without words, for the second answer."""
    rows = _rows(facts, teacher)[:5]
    if not rows:
        return None

    def draw(medium: Medium) -> Markup:
        width = 320 if medium == "page" else 236
        height = 11 * len(rows)
        canvas = Canvas(width, max(height + 14, 52), medium)
        scale = _scale(rows, 4, width - 4)
        for index, row in enumerate(rows):
            _mark(canvas, row, scale, 5 + 11 * index, 4, 4)
        x = scale.x(1.0)
        canvas.line(x, 0, x, height, "c-zero")
        canvas.text(min(x, width - 22), height + 11, "teacher", "c-t3", "middle")
        margins = [row.margin for row in rows if row.margin is not None]
        if margins:
            place = scale.x(min(margins))
            canvas.text(min(place, x - 30), height + 11, "margins", "c-t3", "end" if place > 48 else "start")
        return canvas.markup("", "", "")

    return spark(draw)

"""The provenance chart: unrelated models in grey, then the interval, then the mark of the verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts, Json
from evaluations.reports.figures import Figure, Spark, axis_layout, nice_ticks, spark
from evaluations.reports.interactive import ProvenanceRow, band_shapes, provenance_traces
from evaluations.reports.section import Medium
from evaluations.reports.svg import Canvas, Markup, fit
from evaluations.reports.wording import SHARED_DATA, verdict

MAX_ROWS: Final = 18
"""Candidates in the chart, the closest first within each owner; the table lists all."""
_LINES: Final = {"supported": "c-ink-l", "inconclusive": "c-open-l"}
_WORDS: Final = {"supported": "c-b", "inconclusive": "c-open-t"}


@dataclass(frozen=True, slots=True)
class _Scale:
    low: float
    high: float
    left: float
    right: float

    def x(self, value: float) -> float:
        """The place of ``value``; values beyond the ends are drawn at the ends."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.left + share * (self.right - self.left)


def ordered_candidates(facts: Facts) -> tuple[Json, ...]:
    """The candidates under their owners, suspected owners first, the closest first within an owner."""
    found = (facts.provenance or {}).get("candidates") or ()
    owners = list(dict.fromkeys([*facts.suspected_owners, *facts.owners]))

    def place(candidate: Json) -> tuple[int, float]:
        owner = str(candidate.get("owner") or "")
        rank = owners.index(owner) if owner in owners else len(owners)
        z = candidate.get("z")
        return rank, -float(z) if z is not None else math.inf

    return tuple(sorted(found, key=place))


def provenance_figure(facts: Facts) -> Figure | None:
    """The chart of every measured candidate; ``None`` where none has a number."""
    found = facts.provenance
    measured = [c for c in ordered_candidates(facts) if c.get("z") is not None]
    if found is None or not measured:
        return None
    rows = [_row(facts, candidate) for candidate in measured][:MAX_ROWS]
    known = tuple(float(z) for z in found.get("known_student_z") or ())
    rate = found.get("known_students") or {}
    found_text = f"{fmt.k_of_n(rate.get('k') or 0, rate.get('n') or 0)} found" if rate.get("n") else ""
    parts = (rows, known, found_text)
    left_out = len(measured) - len(rows)
    n_null = max((len(row.null_z) for row in rows), default=0)
    title = f"How close is {facts.student_name} to each candidate?"
    description = " ".join(_describe(row) for row in rows)
    return Figure(
        id="chart-provenance",
        kind="provenance",
        title=title,
        subtitle=(
            f"Each grey dot is one unrelated model lineage (up to {n_null}), the band holds 95% of them. "
            f"Lines are 95% intervals over {fmt.plural(found.get('n_prompts_used') or 0, 'prompt')}."
        ),
        description=description,
        wide=_draw(parts, "page", 816, title, description),
        narrow=_draw_narrow(parts, title, description),
        pdf=_draw(parts, "pdf", 700, title, description),
        source=_source(facts, left_out),
        data=provenance_traces(rows, known),
        layout=axis_layout(
            "Closeness, standard deviations above the mean of unrelated lineages",
            [row.name for row in rows] + (["Known students"] if known else []),
            shapes=band_shapes([band(row.null_z) for row in rows], min(known, default=None)),
        ),
    )


def _source(facts: Facts, left_out: int) -> str:
    more = f"{fmt.plural(left_out, 'more candidate')} in the table below." if left_out else ""
    return f"{more} {facts.supplied_note(facts.student, *facts.candidates)}".strip()


def _row(facts: Facts, candidate: Json) -> ProvenanceRow:
    interval = candidate.get("interval")
    key = str(candidate.get("model") or "")
    released = candidate.get("released") or facts.model(key).get("released")
    date = fmt.day(released) if released else "no release date"
    return ProvenanceRow(
        name=str(candidate.get("name") or facts.name(key)),
        sub=", ".join(part for part in (str(candidate.get("owner") or ""), date) if part),
        status=str(candidate.get("status") or ""),
        z=float(candidate["z"]),
        interval=(float(interval[0]), float(interval[1])) if interval else None,
        null_z=tuple(float(z) for z in candidate.get("null_z") or ()),
        as_close=f"{fmt.k_of_n(candidate.get('n_as_close') or 0, candidate.get('n_null') or 0)} as close",
        owner=str(candidate.get("owner") or ""),
    )


def _describe(row: ProvenanceRow) -> str:
    interval = f", 95% interval {fmt.signed_range(*row.interval)}" if row.interval else ""
    word = verdict(row.status).word
    return f"{row.name}: {fmt.signed(row.z)} standard deviations{interval}; {row.as_close}; {word}."


Parts = tuple[Sequence[ProvenanceRow], tuple[float, ...], str]


def _scale(parts: Parts, left: float, right: float) -> _Scale:
    rows, known, _ = parts
    values = [0.0, *known]
    for row in rows:
        values += [row.z, *row.null_z, *(row.interval or ())]
    low, high = math.floor(max(min(values), -8)), math.ceil(min(max(values), 12))
    return _Scale(min(low, -2), max(high, 3), left, right)


def swarm(values: Sequence[float], scale: _Scale, y: float, step: float) -> list[tuple[float, float]]:
    """Dots at their values, stacked around ``y`` where they would overlap; never taller than 7 dots."""
    places: dict[int, int] = {}
    points = []
    for value in sorted(values):
        column = round(scale.x(value) / step)
        n = places.get(column, 0)
        places[column] = n + 1
        offset = (n + 1) // 2 * (1 if n % 2 else -1)
        points.append((column * step, y + max(-3, min(3, offset)) * step * 0.8))
    return points


def band(values: Sequence[float]) -> tuple[float, float] | None:
    """The central 95% of ``values`` (2.5th to 97.5th percentile, linear); ``None`` below five values."""
    if len(values) < 5:
        return None
    found = sorted(values)

    def quantile(share: float) -> float:
        place = share * (len(found) - 1)
        below = int(place)
        above = min(below + 1, len(found) - 1)
        return found[below] + (place - below) * (found[above] - found[below])

    return quantile(0.025), quantile(0.975)


def _mark(canvas: Canvas, row: ProvenanceRow, scale: _Scale, y: float) -> None:
    box = band(row.null_z)
    if box:
        canvas.rect(scale.x(box[0]), y - 14, scale.x(box[1]) - scale.x(box[0]), 28, "c-band")
    canvas.dots(swarm(row.null_z, scale, y, 4), 1.5)
    if row.interval:
        low, high = scale.x(row.interval[0]), scale.x(row.interval[1])
        canvas.interval(low, high, y, _LINES.get(row.status, "c-plain-l"))
    x = scale.x(row.z)
    if row.status == "supported":
        canvas.diamond(x, y, 7, "c-ink")
    elif row.status == "inconclusive":
        canvas.half_disc(x, y, 6)
    else:
        canvas.circle(x, y, 5.5, "c-hollow")


def _axis(canvas: Canvas, scale: _Scale, top: float, bottom: float, most: int) -> None:
    for tick in nice_ticks(scale.low, scale.high, most):
        x = scale.x(tick)
        canvas.line(x, top, x, bottom, "c-axis" if tick == 0 else "c-grid")
        canvas.text(x, bottom + 16, fmt.signed(tick, 0 if tick.is_integer() else 1), "c-t3", "middle")


def _draw(parts: Parts, medium: Medium, width: float, title: str, description: str) -> Markup:
    rows, known, found_text = parts
    step = 46 if len(rows) <= 8 else 34
    top, names, words = (32 if known else 10), 176, 150
    bottom = top + step * len(rows) + (step if known else 0)
    canvas = Canvas(width, bottom + 40, medium)
    scale = _scale(parts, names, width - words)
    _axis(canvas, scale, top, bottom, 12)
    for index, row in enumerate(rows):
        y = top + step * index + step / 2
        _mark(canvas, row, scale, y)
        canvas.text(0, y - 2, fit(row.name, names - 12), "c-b")
        canvas.text(0, y + 13, fit(row.sub, names - 6, 11), "c-t3")
        canvas.text(width - words + 12, y - 2, verdict(row.status).word, _WORDS.get(row.status, "c-t2"))
        canvas.text(width - words + 12, y + 13, _beside(row), "c-t3")
        last = index == len(rows) - 1
        canvas.line(0, y + step / 2, width, y + step / 2, "c-zero" if last and known else "c-grid")
    if known:
        y = bottom - step / 2
        _known(canvas, known, scale, y, top)
        canvas.text(0, y - 2, "Known students", "c-b")
        canvas.text(0, y + 13, "each to its own teacher", "c-t3")
        canvas.text(width - words + 12, y - 2, found_text, "c-t2")
        canvas.text(width - words + 12, y + 13, fmt.plural(len(known), "lineage"), "c-t3")
    label = "Closeness, standard deviations above the mean of unrelated lineages"
    canvas.text((scale.left + scale.right) / 2, bottom + 34, label, "c-t3", "middle")
    return canvas.markup(title, description, f"provenance-{medium}", "fig-w" if medium == "page" else "")


def _known(canvas: Canvas, known: Sequence[float], scale: _Scale, y: float, top: float) -> None:
    smallest = min(known)
    x = scale.x(smallest)
    canvas.line(x, top - 8, x, y + 16, "c-dash")
    narrow = canvas.width < 400
    words = "Known students from" if narrow else "Smallest effect in known students,"
    left = x < (scale.left + scale.right) / 2
    canvas.text(
        x + 5 if left else x - 5,
        top - 10,
        f"{words} {fmt.signed(smallest)}",
        "c-t3" if narrow else "c-t2",
        "start" if left else "end",
    )
    for index, z in enumerate(sorted(known)):
        canvas.diamond(scale.x(z), y + (0, -7, 7)[index % 3], 4, "c-known")


def _beside(row: ProvenanceRow) -> str:
    return SHARED_DATA if row.status == "supported" else f"{fmt.signed(row.z)}, {row.as_close}"


def _draw_narrow(parts: Parts, title: str, description: str) -> Markup:
    rows, known, found_text = parts
    step, top, width = 84, 30, 342
    bottom = top + step * (len(rows) + (1 if known else 0))
    canvas = Canvas(width, bottom + 40, "page")
    scale = _scale(parts, 8, width - 8)
    _axis(canvas, scale, top, bottom, 5)
    for index, row in enumerate(rows):
        y = top + step * index + 58
        _mark(canvas, row, scale, y)
        word = f"{verdict(row.status).word}, {fmt.signed(row.z)}"
        canvas.text(0, y - 38, fit(row.name, 200), "c-b")
        canvas.text(width, y - 38, word, _WORDS.get(row.status, "c-t2"), "end")
        canvas.text(0, y - 23, fit(row.sub, 170, 11), "c-t3")
        canvas.text(width, y - 23, SHARED_DATA if row.status == "supported" else row.as_close, "c-t3", "end")
        canvas.line(0, y + 24, width, y + 24, "c-grid")
    if known:
        y = bottom - 24
        _known(canvas, known, scale, y, top)
        canvas.text(0, y - 22, "Known students", "c-b")
        canvas.text(width, y - 22, found_text, "c-t2", "end")
    canvas.text(0, bottom + 34, "Closeness, SD above the mean of unrelated lineages", "c-t3")
    return canvas.markup(title, description, "provenance-narrow", "fig-n")


def provenance_spark(facts: Facts, candidate: Json) -> Spark:
    """The leading candidate's row alone, for the first answer."""
    row = _row(facts, candidate)

    def draw(medium: Medium) -> Markup:
        width = 320 if medium == "page" else 236
        canvas = Canvas(width, 52, medium)
        scale = _scale(([row], (), ""), 8, width - 12)
        _mark(canvas, row, scale, 18)
        nulls = row.null_z or (0.0,)
        middle = scale.x(sum(nulls) / len(nulls))
        x = scale.x(row.z)
        apart = abs(x - middle) > 110
        lineages = fmt.plural(len(row.null_z), "unrelated lineage")
        if apart:
            canvas.text(max(middle, 58), 48, lineages, "c-t3", "middle")
            canvas.text(min(x, width - 36), 48, "this model", "c-t3", "middle")
        else:
            canvas.text(0, 48, f"{lineages}; the mark is this model", "c-t3")
        return canvas.markup("", "", "")

    return spark(draw)

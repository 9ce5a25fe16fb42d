"""The cost bars, and the time line of the third answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts, Json
from evaluations.reports.figures import Figure, Spark, spark
from evaluations.reports.section import Medium
from evaluations.reports.svg import Canvas, Markup, fit

Bar = tuple[str, int, str, bool]
"""Name, micro-units, text, whether it is the student."""


def cost_figure(facts: Facts) -> Figure | None:
    """Cost per 1,000 accepted answers (else per 1,000 answers) as bars; ``None`` below two prices."""
    lines = [line for line in (facts.cost or {}).get("lines") or () if _compared(facts, line)]
    field, unit = "per_1000_accepted_micro", "accepted answers"
    if sum(line.get(field) is not None for line in lines) < 2:
        field, unit = "per_1000_answers_micro", "answers"
    bars = [_bar(facts, line, int(line[field])) for line in lines if line.get(field) is not None]
    if len(bars) < 2 or len({line.get("currency") for line in lines if line.get(field) is not None}) > 1:
        return None
    bars = bars[:12]
    title = f"Cost per 1,000 {unit}"
    description = " ".join(f"{name}: {text}." for name, _, text, _ in bars)
    return Figure(
        id="chart-cost",
        kind="cost",
        title=title,
        subtitle="Prices and token counts of this audit, without cache or batch discounts.",
        description=description,
        wide=_draw(bars, "page", 816, title, description),
        narrow=_draw_narrow(bars, title, description),
        pdf=_draw(bars, "pdf", 700, title, description),
    )


def _compared(facts: Facts, line: Json) -> bool:
    return line.get("model") == facts.student or line.get("model") in facts.candidates


def _bar(facts: Facts, line: Json, micro: int) -> Bar:
    key = str(line.get("model"))
    accepted = line.get("n_accepted")
    share = f", {fmt.k_of_n(accepted, line.get('n_answers') or 0)} accepted" if accepted is not None else ""
    text = f"{fmt.money(micro, str(line.get('currency') or facts.currency))}{share}"
    return facts.name(key), micro, text, key == facts.student


def _draw(bars: Sequence[Bar], medium: Medium, width: float, title: str, description: str) -> Markup:
    canvas = Canvas(width, 32 * len(bars) + 4, medium)
    most = max(micro for _, micro, _, _ in bars) or 1
    for index, (name, micro, text, student) in enumerate(bars):
        y = 32 * index + 6
        length = micro / most * (width - 184 - 200)
        canvas.text(0, y + 13, fit(name, 176), "c-b")
        canvas.rect(184, y, max(length, 1), 18, "c-student" if student else "c-teacher")
        canvas.text(184 + length + 8, y + 13, text, "c-t2")
    return canvas.markup(title, description, f"cost-{medium}", "fig-w" if medium == "page" else "")


def _draw_narrow(bars: Sequence[Bar], title: str, description: str) -> Markup:
    canvas = Canvas(342, 46 * len(bars) + 4, "page")
    most = max(micro for _, micro, _, _ in bars) or 1
    for index, (name, micro, text, student) in enumerate(bars):
        y = 46 * index
        canvas.text(0, y + 14, fit(name, 150), "c-b")
        canvas.text(342, y + 14, text, "c-t2", "end")
        canvas.rect(0, y + 21, max(micro / most * 342, 1), 14, "c-student" if student else "c-teacher")
    return canvas.markup(title, description, "cost-narrow", "fig-n")


def shelf_spark(facts: Facts) -> Spark | None:
    """From the end of the run to the dates that matter, the chosen one as a solid mark."""
    found = facts.shelf_life or {}
    start = _date(facts.audit.get("finished_at") or facts.report.get("created_at"))
    dates = [
        (day, bool(row.get("chosen"))) for row in found.get("dates") or () if (day := _date(row.get("date")))
    ]
    chosen = _date(found.get("look_again_on"))
    if start is None or chosen is None:
        return None
    marks = sorted({day: flag or day == chosen for day, flag in [*dates, (chosen, True)]}.items())
    last = max(marks[-1][0], chosen)
    if last <= start:
        return None

    def draw(medium: Medium) -> Markup:
        width = 320 if medium == "page" else 236
        canvas = Canvas(width, 52, medium)

        def place(day: dt.date) -> float:
            share = (day - start).days / max((last - start).days, 1)
            return 12 + min(max(share, 0.0), 1.0) * (width - 36)

        canvas.line(4, 18, width - 4, 18, "c-axis")
        canvas.line(place(start), 18, place(chosen), 18, "c-ink-l")
        canvas.circle(place(start), 18, 5, "c-hollow")
        canvas.text(4, 46, f"run, {start.day} {start:%b %Y}", "c-t3")
        for day, flag in marks:
            if flag:
                canvas.diamond(place(day), 18, 7, "c-ink")
            elif day != chosen:
                canvas.circle(place(day), 18, 5, "c-hollow")
        x = place(chosen)
        canvas.text(min(max(x, 120), width), 46, "look again", "c-b", "end" if x > width - 40 else "middle")
        return canvas.markup("", "", "")

    return spark(draw)


def _date(value: object) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(value or "")[:10])
    except ValueError:
        return None

"""The record of one figure: a plotly figure and a vector drawing of the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from evaluations.reports.section import Medium
from evaluations.reports.svg import Markup

Draw = Callable[[Medium, bool], Markup]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. ``wide`` and ``narrow`` are page drawings (816 and 342 units), ``pdf`` the printed one.

    ``data`` and ``layout`` are plotly JSON whose colours are tokens (``var:student``); both are empty
    where the figure has no interactive version. ``description`` says in words what the drawing shows.
    """

    id: str
    kind: str
    title: str
    subtitle: str
    description: str
    wide: Markup
    narrow: Markup
    pdf: Markup
    source: str = ""
    data: Sequence[dict[str, Any]] = ()
    layout: dict[str, Any] | None = None

    @property
    def figure_json(self) -> dict[str, Any] | None:
        """What the page's script draws; ``None`` where the drawing alone is shown."""
        if not self.data:
            return None
        return {
            "id": self.id,
            "kind": self.kind,
            "title": self.title,
            "subtitle": self.subtitle,
            "data": list(self.data),
            "layout": self.layout or {},
        }


@dataclass(frozen=True, slots=True)
class Spark:
    """A small drawing without axes that repeats numbers standing beside it."""

    page: Markup
    pdf: Markup


def spark(draw: Callable[[Medium], Markup]) -> Spark:
    """Both media of one small drawing."""
    return Spark(draw("page"), draw("pdf"))


def axis_layout(title: str, rows: Sequence[str], **extra: Any) -> dict[str, Any]:
    """The plotly layout shared by the horizontal charts: names left, values along x."""
    return {
        "xaxis": {"title": {"text": title}, "zeroline": False, "fixedrange": True},
        "yaxis": {
            "tickvals": list(range(len(rows))),
            "ticktext": list(rows),
            "autorange": "reversed",
            "fixedrange": True,
            "automargin": True,
        },
        "showlegend": False,
        "height": 96 + 44 * len(rows),
        "hovermode": "closest",
        **extra,
    }


def nice_ticks(low: float, high: float, most: int = 9) -> tuple[float, ...]:
    """Round tick values that cover ``low`` to ``high`` with at most ``most`` of them."""
    span = max(high - low, 1e-9)
    for step in _STEPS:
        first = -(-low // step) * step
        ticks = []
        while first <= high + step * 1e-6:
            ticks.append(round(first, 6) + 0.0)
            first += step
        if len(ticks) <= most and span / step >= 1:
            return tuple(ticks)
    return (low, high)


_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)

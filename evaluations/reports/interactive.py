"""The interactive versions of the charts: plotly traces whose colours are tokens of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from evaluations.reports import format as fmt
from evaluations.reports.wording import SHARED_DATA, outcome, verdict


@dataclass(frozen=True, slots=True)
class ProvenanceRow:
    """One candidate on the common scale; ``null_z`` are the unrelated lineages."""

    name: str
    sub: str
    status: str
    z: float
    interval: tuple[float, float] | None
    null_z: tuple[float, ...]
    as_close: str
    owner: str


def provenance_traces(rows: Sequence[ProvenanceRow], known: Sequence[float]) -> list[dict[str, Any]]:
    """Unrelated lineages, then each candidate with its interval, then the known students."""
    traces: list[dict[str, Any]] = []
    for index, row in enumerate(rows):
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": list(row.null_z),
                "y": [index] * len(row.null_z),
                "marker": {"color": "var:ref", "size": 4, "opacity": 0.7},
                "hovertemplate": "Unrelated lineage %{x:.2f}<extra></extra>",
            }
        )
    traces += [_student_trace(index, row) for index, row in enumerate(rows)]
    if known:
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": sorted(known),
                "y": [len(rows)] * len(known),
                "marker": {"color": "var:teacher", "symbol": "diamond-open", "size": 8},
                "hovertemplate": "Known student %{x:.2f}<extra></extra>",
            }
        )
    return traces


def band_shapes(bands: Sequence[tuple[float, float] | None], smallest: float | None) -> list[dict[str, Any]]:
    """The 95% band of unrelated lineages behind every row, and the smallest effect in known students."""
    shapes: list[dict[str, Any]] = [
        {
            "type": "rect",
            "x0": found[0],
            "x1": found[1],
            "y0": index - 0.3,
            "y1": index + 0.3,
            "fillcolor": "var:band",
            "line": {"width": 0},
            "layer": "below",
        }
        for index, found in enumerate(bands)
        if found is not None
    ]
    if smallest is not None:
        dash = {"width": 1, "dash": "dash", "color": "var:ink-2"}
        shapes.append(
            {"type": "line", "x0": smallest, "x1": smallest, "yref": "paper", "y0": 0, "y1": 1, "line": dash}
        )
    return shapes


_SYMBOLS: Final = {"supported": ("diamond", "var:ink"), "inconclusive": ("circle", "var:open")}


def _student_trace(index: int, row: ProvenanceRow) -> dict[str, Any]:
    symbol, colour = _SYMBOLS.get(row.status, ("circle-open", "var:ink-2"))
    low, high = row.interval or (row.z, row.z)
    interval = fmt.signed_range(low, high) if row.interval else "interval not measured"
    word = verdict(row.status).word
    if row.status == "supported":
        word = f"{word}, {SHARED_DATA}"
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [row.z],
        "y": [index],
        "marker": {"color": colour, "symbol": symbol, "size": 11},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [high - row.z],
            "arrayminus": [row.z - low],
            "color": colour,
            "thickness": 2,
        },
        "text": [f"{word}, {row.as_close}, {interval}"],
        "hovertemplate": "%{x:.2f} SD. %{text}<extra></extra>",
    }


@dataclass(frozen=True, slots=True)
class RetentionRow:
    """One slice against its margin; values are shares, 1.0 is the teacher's own score."""

    name: str
    sub: str
    outcome: str
    value: float
    low: float
    high: float
    margin: float | None


_MARKS: Final = {
    "within": ("circle", "var:within"),
    "undecided": ("circle-open", "var:open"),
    "below": ("triangle-down", "var:below"),
}


def retention_traces(rows: Sequence[RetentionRow]) -> list[dict[str, Any]]:
    """One mark with its interval a slice, in per cent of the teacher's score."""
    traces = []
    for index, row in enumerate(rows):
        symbol, colour = _MARKS.get(row.outcome, ("diamond", "var:ink"))
        margin = f", margin {fmt.pct_plain(row.margin)}" if row.margin is not None else ""
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [row.value * 100],
                "y": [index],
                "marker": {"color": colour, "symbol": symbol, "size": 11},
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": [(row.high - row.value) * 100],
                    "arrayminus": [(row.value - row.low) * 100],
                    "color": colour,
                    "thickness": 2,
                },
                "text": [
                    f"{outcome(row.outcome).word}, {fmt.pct_range(row.low, row.high)}{margin}, {row.sub}"
                ],
                "hovertemplate": "%{x:.1f}%. %{text}<extra></extra>",
            }
        )
    return traces


def margin_shapes(rows: Sequence[RetentionRow]) -> list[dict[str, Any]]:
    """The acceptable area, the margin tick of every row and the teacher's line at 100%."""
    shapes: list[dict[str, Any]] = []
    right = max(100.0, *(row.high * 100 for row in rows)) + 1
    for index, row in enumerate(rows):
        if row.margin is None:
            continue
        ends = {"y0": index - 0.3, "y1": index + 0.3}
        area = {"type": "rect", "x0": row.margin * 100, "x1": right, "fillcolor": "var:band", **ends}
        tick = {"type": "line", "x0": row.margin * 100, "x1": row.margin * 100, **ends}
        shapes.append({**area, "line": {"width": 0}, "layer": "below"})
        shapes.append({**tick, "line": {"width": 3, "color": "var:ink"}})
    teacher = {"type": "line", "x0": 100, "x1": 100, "yref": "paper", "y0": 0, "y1": 1}
    return [*shapes, {**teacher, "line": {"width": 1, "color": "var:ink"}, "layer": "below"}]

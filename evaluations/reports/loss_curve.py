"""The loss of one training as a drawing: steps to the right, nats a token upwards, from 0."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from evaluations.reports import format as fmt
from evaluations.reports.svg import Canvas, Markup

Point = tuple[int, float | None, float | None]
"""Step, training loss and held-out loss in nats a token; ``None`` where it was not measured."""
Line = Sequence[tuple[int, float]]

_TOP, _BOTTOM, _LEFT, _LABEL_GAP = 30.0, 36.0, 44.0, 15.0
_LABEL_FLOOR = 8.0
_TRAINING: Final = ("c-plain-l", "c-t2", "Training")
_HELD_OUT: Final = ("c-ink-l", "c-b", "Held out")


@dataclass(frozen=True, slots=True)
class LossCurve:
    """The drawing for wide and for narrow screens, and its numbers in words."""

    wide: Markup
    narrow: Markup
    description: str


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where a step and a loss lie on a drawing of ``width`` × ``height`` units."""

    width: float
    height: float
    right: float
    steps: int
    most: float

    def x(self, step: float) -> float:
        return _LEFT + (self.width - _LEFT - self.right) * step / self.steps

    def y(self, loss: float) -> float:
        return self.height - _BOTTOM - (self.height - _TOP - _BOTTOM) * loss / self.most


def loss_curve(points: Sequence[Point], *, steps: int, ident: str, title: str) -> LossCurve | None:
    """The curve of one training over ``steps`` planned steps; ``None`` where no loss was measured.

    ``ident`` is unique on the page. Training loss is a thin line, held-out loss a thick one with dots, so
    that both are told apart without colour.
    """
    training = _measured((step, loss) for step, loss, _ in points)
    held_out = _measured((step, loss) for step, _, loss in points)
    if not training and not held_out:
        return None
    last = max(step for step, _ in (*training, *held_out))
    most = max(loss for _, loss in (*training, *held_out))
    ticks = _ticks(most or 1.0, 4)
    description = " ".join(
        f"{name} loss: {_said(line)}."
        for name, line in (("Training", training), ("Held-out", held_out))
        if line
    )
    wide, narrow = (
        _draw(
            _Frame(width, height, right, max(steps, last, 1), ticks[-1]), ticks, training, held_out,
            (title, description, f"{ident}-{css}", css),
        )
        for width, height, right, css in ((640, 248, 112, "fig-w"), (342, 220, 96, "fig-n"))
    )  # fmt: skip
    return LossCurve(wide, narrow, description)


def _measured(pairs: Iterable[tuple[int, float | None]]) -> list[tuple[int, float]]:
    return sorted((step, loss) for step, loss in pairs if loss is not None and math.isfinite(loss))


def _said(line: Line) -> str:
    first, last = line[0], line[-1]
    start = f"{fmt.number(first[1], 3)} nats a token at step {fmt.count(first[0])}"
    return start if len(line) == 1 else f"{start}, {fmt.number(last[1], 3)} at step {fmt.count(last[0])}"


def _ticks(most: float, n: int) -> list[float]:
    """Round numbers from 0 to at least ``most``, about ``n`` steps apart."""
    rough = most / n
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough * 0.999)
    return [step * index for index in range(math.ceil(most / step - 1e-9) + 1)]


def _draw(
    frame: _Frame, ticks: Sequence[float], training: Line, held_out: Line, names: tuple[str, str, str, str]
) -> Markup:
    canvas = Canvas(frame.width, frame.height, "page")
    _axes(canvas, frame, ticks)
    ends: list[tuple[float, float, str, str]] = []
    for line, (css, text, name) in ((training, _TRAINING), (held_out, _HELD_OUT)):
        if not line:
            continue
        _curve(canvas, frame, line, css, dots=css == "c-ink-l")
        step, loss = line[-1]
        ends.append((frame.y(loss), frame.x(step), f"{name} {fmt.number(loss, 2)}", text))
    _labels(canvas, frame, ends)
    title, description, ident, css = names
    return canvas.markup(title, description, ident, css)


def _axes(canvas: Canvas, frame: _Frame, ticks: Sequence[float]) -> None:
    right, floor = frame.width - frame.right, frame.y(0)
    digits = max(0, -math.floor(math.log10(ticks[1]) + 1e-9))
    canvas.text(0, 12, "Loss, nats a token", "c-t3")
    for tick in ticks:
        y = frame.y(tick)
        canvas.line(_LEFT, y, right, y, "c-axis" if tick == 0 else "c-grid")
        canvas.text(_LEFT - 8, y + 4, fmt.number(tick, digits), "c-t3", "end")
    marks = _ticks(frame.steps, 4 if frame.width > 400 else 2)
    for mark in (round(mark) for mark in marks if mark <= frame.steps and mark == round(mark)):
        canvas.line(frame.x(mark), floor, frame.x(mark), floor + 4, "c-axis")
        canvas.text(frame.x(mark), floor + 17, fmt.count(mark), "c-t3", "middle")
    canvas.text(right, frame.height - 2, f"Training step, of {fmt.count(frame.steps)}", "c-t3", "end")


def _curve(canvas: Canvas, frame: _Frame, line: Line, css: str, *, dots: bool) -> None:
    path = "L".join(f"{frame.x(step):.1f} {frame.y(loss):.1f}" for step, loss in line)
    canvas.path(f"M{path}", css)
    if dots:
        for step, loss in line:
            canvas.circle(frame.x(step), frame.y(loss), 3, "c-ink")


def _labels(canvas: Canvas, frame: _Frame, ends: list[tuple[float, float, str, str]]) -> None:
    """The name of each line at its end, above the axis, pushed apart where they would overlap."""
    above = frame.y(0) - _LABEL_FLOOR
    for y, x, text, css in sorted(ends, reverse=True):
        place = min(y, above)
        above = place - _LABEL_GAP
        canvas.text(x + 8, place + 4, text, css)

"""A small SVG writer: one drawing, painted by page classes or by attributes for the PDF.

The page styles drawings through the ``c-*`` classes, in both themes. Page styles do not reach into an
SVG of the PDF, so there the same names become attributes.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from evaluations.reports.section import Medium

_FONT: Final = 'font-family="Noto Sans, DejaVu Sans, sans-serif"'
_INK, _INK2, _INK3 = "#15181c", "#434a53", "#5d656f"
_OPEN, _WITHIN, _BELOW, _TEACHER, _STUDENT = "#54588f", "#0a6a56", "#a42a22", "#955600", "#1b62b5"


def _type(size: int, fill: str, bold: bool = False) -> str:
    weight = ' font-weight="700"' if bold else ""
    return f'{_FONT} font-size="{size}"{weight} fill="{fill}"'


def _line(stroke: str, width: float, dash: str = "") -> str:
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'stroke="{stroke}" stroke-width="{width}"{dashes} fill="none"'


PAINT: Final[dict[str, str]] = {
    "c-t": _type(12, _INK),
    "c-t2": _type(12, _INK2),
    "c-t3": _type(11, _INK3),
    "c-b": _type(12, _INK, True),
    "c-open-t": _type(12, _OPEN, True),
    "c-within-t": _type(12, _WITHIN, True),
    "c-below-t": _type(12, _BELOW, True),
    "c-grid": _line("#e3e4e0", 1),
    "c-axis": _line("#838b94", 1),
    "c-zero": _line(_INK, 1),
    "c-dash": _line(_INK2, 1, "4 3"),
    "c-band": 'fill="#e9eae6"',
    "c-null": 'fill="#777f88" fill-opacity=".8"',
    "c-ink": f'fill="{_INK}" stroke="{_INK}"',
    "c-ink-l": _line(_INK, 2.5),
    "c-hollow": f'fill="#fff" stroke="{_INK2}" stroke-width="1.75"',
    "c-plain-l": _line(_INK2, 1.75),
    "c-open": f'fill="{_OPEN}" stroke="{_OPEN}"',
    "c-open-h": f'fill="#fff" stroke="{_OPEN}" stroke-width="1.75"',
    "c-open-l": _line(_OPEN, 2, "5 3"),
    "c-within": f'fill="{_WITHIN}" stroke="{_WITHIN}"',
    "c-within-l": _line(_WITHIN, 2.5),
    "c-below": f'fill="{_BELOW}" stroke="{_BELOW}"',
    "c-below-l": _line(_BELOW, 2.5),
    "c-margin": _line(_INK, 3),
    "c-student": f'fill="{_STUDENT}"',
    "c-teacher": f'fill="{_TEACHER}"',
    "c-ref": 'fill="#777f88"',
    "c-known": f'fill="#fff" stroke="{_TEACHER}" stroke-width="1.25"',
}
"""Class of the page's stylesheet to attributes of the PDF. Every class a chart uses is here."""


class Markup(str):
    """Markup that this package wrote itself, with every text escaped; template engines leave it alone."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


class Canvas:
    """Collects shapes of one drawing ``width`` × ``height`` units wide; all texts are escaped."""

    def __init__(self, width: float, height: float, medium: Medium) -> None:
        self.width, self.height, self.medium = width, height, medium
        self._parts: list[str] = []

    def _paint(self, name: str) -> str:
        return f'class="{name}"' if self.medium == "page" else PAINT[name]

    def line(self, x1: float, y1: float, x2: float, y2: float, name: str) -> None:
        self._parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {self._paint(name)}/>'
        )

    def rect(self, x: float, y: float, width: float, height: float, name: str) -> None:
        self._parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" '
            f"{self._paint(name)}/>"
        )

    def circle(self, x: float, y: float, radius: float, name: str) -> None:
        self._parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" {self._paint(name)}/>')

    def path(self, path: str, name: str) -> None:
        self._parts.append(f'<path d="{path}" {self._paint(name)}/>')

    def text(self, x: float, y: float, text: str, name: str, anchor: str = "start") -> None:
        where = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}"{where} {self._paint(name)}>{escape(printable(text))}</text>'
        )

    def diamond(self, x: float, y: float, size: float, name: str) -> None:
        s = size
        path = f"M{x:.1f} {y - s:.1f}L{x + s:.1f} {y:.1f}L{x:.1f} {y + s:.1f}L{x - s:.1f} {y:.1f}Z"
        self.path(path, name)

    def half_disc(self, x: float, y: float, size: float) -> None:
        self.circle(x, y, size, "c-open-h")
        self.path(f"M{x:.1f} {y - size:.1f}A{size} {size} 0 0 0 {x:.1f} {y + size:.1f}Z", "c-open")

    def triangle(self, x: float, y: float, size: float) -> None:
        s = size * 1.15
        path = f"M{x - s:.1f} {y - s * 0.7:.1f}L{x + s:.1f} {y - s * 0.7:.1f}L{x:.1f} {y + s:.1f}Z"
        self.path(path, "c-below")

    def interval(self, low: float, high: float, y: float, name: str, cap: float = 5) -> None:
        self.line(low, y, high, y, name)
        if cap:
            self.line(low, y - cap, low, y + cap, name)
            self.line(high, y - cap, high, y + cap, name)

    def dots(self, points: Iterable[tuple[float, float]], radius: float) -> None:
        for x, y in points:
            self.circle(x, y, radius, "c-null")

    def markup(self, title: str, description: str, ident: str, css: str = "") -> Markup:
        """The drawing. With a ``title`` it is an image with a name and a description, else decoration."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:g} {self.height:g}" '
            f'width="{self.width:g}" height="{self.height:g}"'
        )
        css = f' class="{css}"' if css else ""
        if not title:
            # A tagged PDF needs a name for every image, also for one that repeats a text.
            name = "<title>Drawing of the numbers beside it</title>" if self.medium == "pdf" else ""
            return Markup(f'{head}{css} aria-hidden="true">{name}{"".join(self._parts)}</svg>')
        return Markup(
            f'{head}{css} role="img" aria-labelledby="{ident}-t {ident}-d"><title id="{ident}-t">'
            f'{escape(printable(title))}</title><desc id="{ident}-d">{escape(printable(description))}</desc>'
            f"{''.join(self._parts)}</svg>"
        )


def printable(text: str) -> str:
    """``text`` without control characters and lone surrogates, which XML cannot carry."""
    return "".join(
        c
        if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
        else "\ufffd"
        for c in text
    )


def fit(text: str, width: float, size: float = 12) -> str:
    """``text`` shortened with an ellipsis to about ``width`` units at font ``size``."""
    limit = max(4, int(width / (size * 0.56)))
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"

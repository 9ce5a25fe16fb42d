"""Tables with finished texts: one record, drawn by one template on the page and in the PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from evaluations.reports.svg import Markup

_RING = '<circle cx="6" cy="6" r="4.75" fill="none" stroke="COLOUR" stroke-width="1.5"/>'
_MARKS: Final = {
    "diamond": '<path d="M6 .5 11.5 6 6 11.5.5 6z" fill="COLOUR"/>',
    "half": f'{_RING}<path d="M6 1.25a4.75 4.75 0 0 0 0 9.5z" fill="COLOUR"/>',
    "ring": _RING,
    "barred": f'{_RING}<path d="m2.8 9.2 6.4-6.4" stroke="COLOUR" stroke-width="1.5"/>',
    "dash": '<path d="M2 6h8" stroke="COLOUR" stroke-width="1.5"/>',
    "disc": '<circle cx="6" cy="6" r="5" fill="COLOUR"/>',
    "down": '<path d="M.8 2.2h10.4L6 11z" fill="COLOUR"/>',
    "same": '<path d="M2 4.2h8M2 7.8h8" stroke="COLOUR" stroke-width="1.5"/>',
    "differ": '<path d="M2 4.2h8M2 7.8h8M8.2 1.5 3.8 10.5" stroke="COLOUR" stroke-width="1.5"/>',
}
_COLOURS: Final = {
    "supported": "#ffffff",
    "inconclusive": "#54588f",
    "undecided": "#54588f",
    "within": "#0a6a56",
    "below": "#a42a22",
}

MAX_PDF_ROWS: Final = 60
"""Rows of one table in the PDF; the rest is on the page, because long tables cost seconds."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A state with its mark and word; ``kind`` is the class suffix of the design system."""

    family: str
    kind: str
    word: str
    mark: str

    @property
    def pdf_mark(self) -> Markup:
        """The mark drawn by attributes, for the PDF."""
        colour = _COLOURS.get(self.kind, "#434a53")
        return Markup(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 12 12"><title>Mark</title>'
            f"{_MARKS[self.mark].replace('COLOUR', colour)}</svg>"
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """One value. ``sub`` is a quiet second line, ``href`` leads to the rows behind the number."""

    text: str = ""
    sub: str = ""
    verdict: Verdict | None = None
    href: str = ""
    key: str = ""
    mono: bool = False
    wide: bool = False
    span: int = 1
    label: str = ""
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A heading. ``short`` names the value on a phone, where rows become labelled pairs."""

    title: str
    numeric: bool = False
    short: str = ""
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row; the first cell is its heading."""

    cells: tuple[Cell, ...]
    total: bool = False
    group: bool = False

    @property
    def head(self) -> Cell:
        return self.cells[0]

    @property
    def rest(self) -> tuple[Cell, ...]:
        return self.cells[1:]


@dataclass(frozen=True, slots=True)
class Table:
    """``label`` names the table for screen readers; ``caption`` is printed under it.

    ``lead``: how wide the first column is on paper: short, medium or long.
    """

    label: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    caption: str = ""
    title: str = ""
    lead: str = "medium"

    @property
    def pdf_rows(self) -> tuple[Row, ...]:
        """The rows that the PDF prints."""
        return self.rows[:MAX_PDF_ROWS]

    @property
    def keep(self) -> bool:
        """A short table stays on one page of the PDF."""
        return len(self.rows) <= 10

    @property
    def long(self) -> bool:
        """A long table is folded on the page, which is read on phones too."""
        return len(self.rows) > 40

    @property
    def pdf_more(self) -> int:
        """How many rows are on the page only."""
        return max(0, len(self.rows) - MAX_PDF_ROWS)


def table(
    label: str,
    columns: Sequence[Column | str],
    rows: Sequence[Sequence[Cell | str] | Row],
    *,
    caption: str = "",
    title: str = "",
    lead: str = "medium",
) -> Table:
    """A table from plain texts; every cell learns its column's heading and alignment."""
    heads = tuple(Column(column) if isinstance(column, str) else column for column in columns)
    return Table(label, heads, tuple(_row(row, heads) for row in rows), caption, title, lead)


def _row(row: Sequence[Cell | str] | Row, heads: tuple[Column, ...]) -> Row:
    if isinstance(row, Row) and row.group:
        return replace(row, cells=(replace(row.cells[0], span=len(heads)),))
    cells = row.cells if isinstance(row, Row) else row
    labelled = tuple(_cell(cell, head) for cell, head in zip(cells, heads, strict=False))
    total = row.total if isinstance(row, Row) else False
    return Row(labelled, total=total)


def _cell(cell: Cell | str, head: Column) -> Cell:
    found = Cell(cell) if isinstance(cell, str) else cell
    numeric = (found.numeric or head.numeric) and found.verdict is None and found.span == 1
    return replace(
        found, label=found.label or head.short or head.title, numeric=numeric, wide=found.wide or head.wide
    )


def group(text: str, sub: str = "") -> Row:
    """A row that heads the rows below it."""
    return Row((Cell(text, sub=sub),), group=True)


def total(*cells: Cell | str) -> Row:
    """The sum or summary row."""
    return Row(tuple(Cell(cell) if isinstance(cell, str) else cell for cell in cells), total=True)

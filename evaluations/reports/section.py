"""What a report section is: a plug-in that turns a frozen snapshot into finished texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Medium = Literal["page", "pdf"]


@dataclass(frozen=True, slots=True)
class SectionPlugin:
    """One section of the report, named by its module; its template has the same stem.

    ``build`` reads only the snapshot and returns the template's context: finished texts, tables and
    figures, never numbers to format. It must work when nothing was measured. ``order`` sorts the
    sections, appendices (lettered) after the rest. ``media``: where it is shown. ``starts_page``: begins a
    new page in the PDF. ``short``: the title in the list of sections.
    """

    title: str
    order: int
    build: Callable[[Mapping[str, Any]], dict[str, Any]]
    media: tuple[Medium, ...] = ("page", "pdf")
    appendix: bool = False
    numbered: bool = True
    starts_page: bool = False
    short: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One built section. ``number`` is ``"4"``, ``"A"`` or empty; ``template`` is a template path."""

    stem: str
    number: str
    title: str
    template: str
    context: dict[str, Any]
    figures: tuple[Any, ...] = ()
    short: str = ""
    media: tuple[Medium, ...] = ("page", "pdf")
    starts_page: bool = False
    appendix: bool = False

    @property
    def anchor(self) -> str:
        """The id of the section on the page and in the PDF."""
        return self.stem.replace("_", "-")

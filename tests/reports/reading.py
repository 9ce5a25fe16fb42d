"""Reads rendered reports back: visible text and the numbers in it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.template.loader import render_to_string

from evaluations.reports.build import report_context
from evaluations.reports.section import Medium, Section

NUMBER = re.compile(r"[−+<]?\s?\d[\d,]*(?:\.\d+)?%?")


def render_section(section: Section, medium: Medium) -> str:
    """One section alone."""
    return render_to_string(
        "reports/parts/_section.html", {"section": section, "medium": medium, "title": "", "footer": ""}
    )


def render_report(snapshot: dict[str, Any], medium: Medium) -> str:
    """The whole page or the whole PDF document."""
    template = {"page": "reports/report.html", "pdf": "reports/pdf.html"}[medium]
    return render_to_string(template, report_context(snapshot, medium=medium))


def visible_text(html: str) -> str:
    """The text people read: no drawings, scripts or notes beside the page's sections."""
    for tag in ("svg", "script", "aside", "style"):
        html = re.sub(rf"<{tag}\b.*?</{tag}>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def numbers(text: str) -> set[str]:
    """Every number in ``text``, with its sign and percent mark."""
    return {match.group().replace(" ", "") for match in NUMBER.finditer(text)}


def drawn_numbers(svg: str) -> set[str]:
    """The numbers that a drawing prints."""
    texts = re.findall(r"<text\b[^>]*>([^<]*)</text>", svg)
    return numbers(unescape(" ".join(texts)))

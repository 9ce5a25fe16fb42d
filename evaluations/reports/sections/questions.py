"""Open questions, conditions and clauses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluations.reports import format as fmt
from evaluations.reports.advice import advise
from evaluations.reports.facts import Facts
from evaluations.reports.questions import questions
from evaluations.reports.section import SectionPlugin
from evaluations.reports.tables import Cell, Column, table


def build(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Every question that terms and findings opened, and the conditions of the recommendation."""
    facts = Facts(snapshot)
    rows: list[list[Cell | str]] = [
        [
            question.id,
            Cell(question.text, sub=fmt.sentence(question.reason)),
            question.about,
            "Before signature" if question.critical else "With the contract",
        ]
        for question in questions(facts)
    ]
    columns: list[Column | str] = [
        "No.",
        Column("Question to the vendor", wide=True, short="Question"),
        "About",
        "When",
    ]
    return {
        "table": table("Open questions", columns, rows, lead="short"),
        "none": not rows,
        "conditions": advise(facts).conditions,
        "missing": "" if facts.licence is not None else facts.missing("licence"),
    }


SECTION = SectionPlugin(
    "Open questions, conditions and clauses", 140, build, short="Questions and conditions"
)

"""Appendix: one word for one thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluations.reports.section import SectionPlugin

WORDS = (
    ("Student", "The model under audit, the suspect."),
    ("Teacher candidate", "A model whose outputs the student may have learned from."),
    (
        "Suspected owner",
        "The company that the buyer named as possible teacher before the run. It is tested alone.",
    ),
    ("Exploration", "The search over every owner that nobody named. It needs far stronger evidence."),
    ("Reference model", "A model with documented history. It shows how close models are that nobody taught."),
    ("Lineage, family", "Models of one origin that move together in every test; the versions of one model."),
    ("Null", "The distribution of a number among unrelated models."),
    ("Closeness, SD", "Distance from the mean of unrelated lineages in their standard deviations."),
    (
        "p, smallest attainable p",
        "Share of lineages at least as close; the least value that the number of lineages allows.",
    ),
    ("Supported", "Consistent with training on outputs of the candidate, or data shared with it."),
    ("Not supported", "Excluded for the recipes tested. It says nothing about other recipes."),
    ("Inconclusive", "Neither of the two. The report says what would settle it."),
    ("Retention, kept", "The student's score divided by the candidate's on the same samples."),
    ("Margin", "The share of the candidate's score that the student must keep, locked before the run."),
    ("Accepted answer", "An answer that passes the headline metric of its task type."),
    ("Vendor supplied", "Answers that the vendor handed over and nobody repeated."),
)


def build(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """The words of the report."""
    return {"words": WORDS}


SECTION = SectionPlugin("Glossary", 230, build, appendix=True)

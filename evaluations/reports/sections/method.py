"""Appendix: method and statistics, and the table that gives the recommendation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluations.reports import format as fmt
from evaluations.reports.advice import advise
from evaluations.reports.facts import Facts
from evaluations.reports.recommendation import RULES, WORDS
from evaluations.reports.section import SectionPlugin
from evaluations.reports.tables import Cell, Column, table

_PARAGRAPHS = (
    (
        "Unit of inference",
        "The model lineage, never the prompt. Models of one origin move together in every test, so a lineage counts "
        "once, and the student's own lineage leaves the comparison with it.",
    ),
    (
        "Closeness",
        "Each statistic is centred twice: the candidate's mean over the references is subtracted, then the model's "
        "mean over the candidates. It is put in standard deviations of untaught lineages, clipped at 8, averaged "
        "within its evidence family, then over the families. No weight is learned.",
    ),
    (
        "Declared test",
        "For each suspected owner, named before the run, the mean of its admissible families; p = (1 + lineages at "
        "least as close) / (1 + lineages), over lineages documented as untaught by that owner, Holm over the owners. "
        "Fewer than 19 such lineages never give more than inconclusive.",
    ),
    (
        "Exploration",
        "Every other family on one scale, against the largest value of every reference lineage (max-T).",
    ),
    (
        "Quality",
        "Metrics per sample, averaged with a 95% bootstrap interval over samples. Retention is the student's score "
        "divided by the candidate's on the samples that both answered. Within: the interval's lower end is at least "
        "the margin. Below: its upper end is under it. Else undecided.",
    ),
    (
        "Cost",
        "Tokens times entered prices, in whole micro-units of the currency, divided by accepted answers.",
    ),
)


def build(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """How each number comes about, and which rule gave the recommendation."""
    facts = Facts(snapshot)
    advice = advise(facts)
    names = (facts.provenance or {}).get("statistics") or ()
    rows: list[list[Cell | str]] = [
        [rule.id, rule.text, WORDS[rule.outcome], "Decided here" if rule.id == advice.rule else ""]
        for rule in RULES
    ]
    return {
        "paragraphs": _PARAGRAPHS,
        "statistics": fmt.join(fmt.label(str(name)).lower() for name in names) or "none",
        "rules": table(
            "Rules of the recommendation",
            ["Rule", Column("When", wide=True), "Recommendation", Column("This report", short="Here")],
            rows,
            title="How the recommendation is reached",
            lead="short",
            caption="The first rule that holds decides. Provenance and terms add conditions and questions only.",
        ),
    }


SECTION = SectionPlugin("Method and statistics", 200, build, appendix=True, short="Method")

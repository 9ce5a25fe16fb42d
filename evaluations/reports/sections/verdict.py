"""The executive verdict: recommendation, three answers, reasons, conditions, what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluations.reports.advice import advise
from evaluations.reports.answers import answers
from evaluations.reports.facts import Facts
from evaluations.reports.section import SectionPlugin


def build(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """The page that stands alone for an executive."""
    facts = Facts(snapshot)
    advice = advise(facts)
    favourable = advice.outcome in ("buy", "conditions")
    return {
        "advice": advice,
        "answers": answers(facts, advice),
        "conditions_title": "Top conditions" if favourable else "Before anybody relies on it",
    }


SECTION = SectionPlugin("Executive verdict", 10, build, starts_page=True)

from __future__ import annotations

import math

import pytest

from evaluations.provenance.corpus import Corpus
from evaluations.provenance.statistics import agreement


def labels(rows: dict[str, list[str | None]], lineages: tuple[str, ...] | None = None) -> Corpus:
    names = tuple(rows)
    n = len(next(iter(rows.values())))
    return Corpus(names, lineages or names, tuple(map(str, range(n))), tuple(map(tuple, rows.values())), (0,))


def test_agreeing_where_the_panel_disagrees_weighs_more():
    # Prompt kinds alternate. On even prompts 3 of 4 lineages say "a"; on odd ones only t and s say "x".
    rows = {
        "t": ["a", "x"] * 20,
        "s": ["b", "x"] * 20,
        "u": ["a", "y"] * 20,
        "v": ["a", "y"] * 20,
    }
    found = agreement.contributions(labels(rows))
    # s agrees on the odd half: 1/2 * -log(2/4); u on the even half: 1/2 * -log(3/4).
    assert found.scores()[1, 0] == pytest.approx(0.5 * math.log(2), rel=1e-6)
    assert found.scores()[2, 0] == pytest.approx(0.5 * math.log(4 / 3), rel=1e-6)


def test_case_and_outer_punctuation_are_no_disagreement():
    rows = {"t": ["Refund."] * 40, "s": ["refund"] * 40, "u": ["billing"] * 40}
    # 2 of 3 lineages give "refund".
    assert agreement.contributions(labels(rows)).scores()[1, 0] == pytest.approx(math.log(3 / 2), rel=1e-6)


def test_prompts_on_which_everybody_agrees_are_not_used():
    assert agreement.contributions(labels({"t": ["a"] * 40, "s": ["a"] * 40, "u": ["a"] * 40})) is None


def test_a_lineage_counts_once_in_the_rate():
    rows = {"t": ["x"] * 40, "s": ["x"] * 40, "u": ["y"] * 40, "u2": ["y"] * 40}
    found = agreement.contributions(labels(rows, ("t", "s", "u", "u")))
    # "x" is given by 2 of 3 lineages, not by 2 of 4 models.
    assert found.scores()[1, 0] == pytest.approx(math.log(3 / 2), rel=1e-6)

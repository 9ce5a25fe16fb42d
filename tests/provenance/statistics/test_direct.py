from __future__ import annotations

import math

import pytest

from evaluations.provenance.corpus import Corpus
from evaluations.provenance.statistics import direct


def one_prompt(*answers: str) -> Corpus:
    names = tuple(f"m{i}" for i in range(len(answers)))
    return Corpus(names, names, ("p",), tuple((text,) for text in answers), (0,))


def cosine(made: Corpus, model: int) -> float:
    import numpy as np

    return float(direct._cosines(made, np.argsort(made.lineage_codes, kind="stable"), 0)[model, 0])


def test_a_shared_rare_word_weighs_more_than_a_shared_common_one():
    # Four lineages. Grams are the single words and the pairs.
    # m0 "red fox", m1 "red hen", m2 "grey fox"?  "red" is used by 3 lineages, "fox" by 2.
    made = one_prompt("red fox", "red hen", "grey fox", "red cow")
    assert cosine(made, 2) > cosine(made, 1)


def test_the_cosine_is_what_the_formula_says():
    # n = 3. Grams of m0 "a b": a, b, "a b"; of m1 "a c": a, c, "a c"; of m2 "d e": d, e, "d e".
    # w_a = log(4/2), all others log(4/1).
    made = one_prompt("a b", "a c", "d e")
    shared, own = math.log(2) ** 2, 2 * math.log(4) ** 2
    assert cosine(made, 1) == pytest.approx(shared / (shared + own), rel=1e-5)
    assert cosine(made, 0) == pytest.approx(1.0, rel=1e-5)
    assert cosine(made, 2) == 0.0


def test_prompts_on_which_most_models_agree_are_left_to_the_answers():
    # 1 distinct answer of 4 is below the share of 0.3, so this is no free text.
    made = one_prompt(*["the same words in every answer"] * 4)
    assert not direct.usable(made).any()

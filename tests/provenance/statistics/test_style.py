from __future__ import annotations

import numpy as np
import pytest

from evaluations.provenance.statistics import _style_features as features


def test_function_words_are_counted_whole_and_in_any_case():
    counts = features.features("The cat and THE dog, and others.")
    # the 2, and 2, others 1 (cat, dog are no function words)
    assert counts[: features.RATES].sum() == 5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- one\n- two", (2, 0, 0, 0)),
        ("1. one\n2) two\n10. ten", (0, 3, 0, 0)),
        ("## Title\nSteps:\n* go", (1, 0, 1, 1)),
        ("plain words", (0, 0, 0, 0)),
    ],
)
def test_lists_headings_and_labels_are_recognised(text, expected):
    assert features._lines(text) == expected


def test_features_have_the_declared_size_for_any_text():
    for text in ("x", "", "“Quoted” — 你好 ```code``` **bold**\n\n# h"):
        found = features.features(text)
        assert len(found) == features.RATES + features.LAYOUT + features.FLAGS
        assert np.isfinite(found).all()


def test_an_answer_of_one_word_has_an_opening():
    assert features.openings("Yes") == (features.openings("yes")[0],) * 2

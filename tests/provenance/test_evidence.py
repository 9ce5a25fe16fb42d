from __future__ import annotations

import numpy as np
import pytest

from evaluations.provenance import evidence, nulls
from evaluations.provenance.inputs import prepare
from evaluations.provenance.measuring import measured
from tests.provenance.planted import planted_audit


@pytest.fixture(scope="module")
def measurement():
    ready = prepare(planted_audit(120))
    return measured(ready.corpus, ready.frame)


def test_items_add_up_to_the_centred_score_in_units_of_its_spread(measurement):
    only = {"direct": measurement.contributions["direct"]}
    frame = measurement.frame
    items = evidence.item_contributions(only, {"direct": "identity"}, frame, 120)
    scores = only["direct"].scores()
    expected = nulls.double_centred(scores, frame)[0] / evidence._spread(scores, frame)
    assert items.sum(axis=1) == pytest.approx(expected, rel=1e-3)


def test_prompts_that_a_channel_does_not_use_carry_nothing(measurement):
    only = {"agreement": measurement.contributions["agreement"]}
    items = evidence.item_contributions(only, {"agreement": "answers"}, measurement.frame, 120)
    assert not items[:, ~only["agreement"].used].any()


def test_rows_are_ordered_by_what_they_carry(measurement):
    items = evidence.item_contributions(
        measurement.contributions, measurement.families, measurement.frame, 120
    )
    rows = evidence.evidence_rows(measurement.corpus, measurement.frame, items, [0])
    values = [row.contribution for row in rows if row.contribution > 0]
    assert values == sorted(values, reverse=True)
    assert values[0] == pytest.approx(items[0].max(), abs=1e-4)


def test_shared_phrases_are_in_both_texts_and_rates_count_lineages(measurement):
    corpus, frame = measurement.corpus, measurement.frame
    for prompt in range(1, 20, 2):
        phrases, rate = evidence.shared_phrases(corpus, frame, prompt, 1)
        for phrase in phrases:
            for row in (0, 1):
                assert phrase in " ".join(evidence.texts.words(corpus.answers[row][prompt]))
        assert rate is None or 0 <= rate <= 1


def test_a_short_answer_that_both_give_is_one_phrase(measurement):
    corpus = measurement.corpus
    same = next(i for i in range(0, 120, 2) if corpus.answers[0][i] == corpus.answers[1][i])
    phrases, rate = evidence.shared_phrases(corpus, measurement.frame, same, 1)
    others = [row[same] for row, unit in zip(corpus.answers[2:], corpus.lineages[2:], strict=True)]
    assert phrases == (corpus.answers[0][same],)
    assert rate == pytest.approx(np.mean([text == phrases[0] for text in others]))

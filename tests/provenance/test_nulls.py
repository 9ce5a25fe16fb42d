from __future__ import annotations

import numpy as np
import pytest

from evaluations.provenance import hypotheses, nulls, pvalues
from evaluations.provenance.frame import build_frame
from evaluations.records import ModelCard

OWNERS = ("acme", "bolt", "corx", "dune")


def small_frame(n_strangers: int, owners: tuple[str, ...] = OWNERS, sisters: int = 1):
    cards = {"student": ModelCard("student")}
    cards |= {
        f"{o}-1": ModelCard(f"{o}-1", owner=o, family=o, relation="independent", taught_by_owners=())
        for o in owners
    }
    for number in range(n_strangers):
        for sister in range(sisters):
            key = f"s{number}-{sister}"
            cards[key] = ModelCard(key, lineage=f"s{number}", relation="independent", taught_by_owners=())
    candidates = [f"{o}-1" for o in owners]
    others = [key for key in cards if key.startswith("s") and key != "student"]
    return build_frame("student", candidates, cards, others, "lineage")


def test_double_centring_removes_what_belongs_to_a_model_or_a_candidate_alone():
    frame = small_frame(8)
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(len(frame.models), 4))
    student, candidate = np.zeros((len(frame.models), 1)), rng.normal(size=(1, 4))
    student[0] = 3.0
    plain = nulls.double_centred(scores, frame)
    moved = nulls.double_centred(scores + candidate, frame)
    assert np.allclose(plain, moved, equal_nan=True)
    # A student that is closer to every candidate alike is closer to none.
    assert np.allclose(plain[0], nulls.double_centred(scores + student, frame)[0])


def test_a_models_mean_over_candidates_is_zero_after_centring():
    frame = small_frame(6)
    centred = nulls.double_centred(np.random.default_rng(1).normal(size=(len(frame.models), 4)), frame)
    assert np.nanmean(centred, axis=1) == pytest.approx(np.zeros(len(frame.models)))


def test_the_z_is_the_t_predictive_distance_worked_by_hand():
    # One candidate owner; negatives 1, 2, 3, 4, 5, 6: mean 3.5, sd 1.870829, sqrt(1 + 1/6) = 1.080123.
    frame = small_frame(6, owners=("acme",))
    values = np.array([[7.0], [0.0], [1.0], [2.0], [3.0], [4.0], [5.0], [6.0]])
    z = nulls.left_out_z(values, frame.negatives, frame)
    assert z[0, 0] == pytest.approx(3.5 / (1.870829 * 1.080123), rel=1e-5)
    # The last stranger leaves its own null: 1..5, mean 3, sd 1.581139, sqrt(1.2) = 1.095445.
    assert z[7, 0] == pytest.approx(3.0 / (1.581139 * 1.095445), rel=1e-5)


def test_z_is_cut_at_eight():
    frame = small_frame(6, owners=("acme",))
    values = np.array([[1e6], [0.0], [1.0], [2.0], [3.0], [4.0], [5.0], [6.0]])
    assert nulls.left_out_z(values, frame.negatives, frame)[0, 0] == nulls.CLIP


def test_sisters_weigh_as_one_lineage():
    frame = small_frame(6, owners=("acme",), sisters=3)
    values = np.zeros((len(frame.models), 1))
    values[2:, 0] = np.repeat([1.0, 2, 3, 4, 5, 6], 3)
    values[0] = 7
    assert nulls.left_out_z(values, frame.negatives, frame)[0, 0] == pytest.approx(
        3.5 / (1.870829 * 1.080123), rel=1e-5
    )


def test_evidence_families_weigh_equally_whatever_their_number_of_channels():
    frame = small_frame(8)
    rng = np.random.default_rng(3)
    a, b, c = (rng.normal(size=(len(frame.models), 4)) for _ in range(3))
    found = nulls.combine({"a": a, "b": b, "c": c}, {"a": "style", "b": "style", "c": "answers"}, frame)
    style = (found.channels["a"] + found.channels["b"]) / 2
    assert np.allclose(found.total, (style + found.channels["c"]) / 2, equal_nan=True)


def test_with_one_candidate_its_column_is_still_measured():
    frame = small_frame(6, owners=("acme",))
    centred = nulls.double_centred(np.arange(8.0)[:, None], frame)
    assert np.isfinite(centred[0, 0]) and centred[0, 0] != 0


def planted(rng: np.random.Generator, frame, effect: float) -> np.ndarray:
    """Exchangeable closeness with model and candidate effects; ``effect`` ties the student to acme."""
    size = (len(frame.models), 4)
    scores = rng.normal(size=size) + rng.normal(size=(size[0], 1)) + rng.normal(size=(1, 4))
    scores[0, 0] += effect
    return scores


def declared_and_explored(scores: np.ndarray, frame, declared=("acme", "bolt")) -> tuple[float, float]:
    total = nulls.combine({"a": scores}, {"a": "style"}, frame).total
    tests = [hypotheses.declared_owner(total, frame, owner, [True] * 4) for owner in declared]
    search = hypotheses.explore(total, frame, declared, [True] * 4)
    return min(pvalues.holm([test.p for test in tests])), min(search.p)


def test_the_family_wise_error_of_two_declared_owners_and_of_the_search_stays_below_alpha():
    # 250 innocent audits, 45 strangers; 0.05 plus three standard errors of 0.0138.
    frame = small_frame(45)
    rng = np.random.default_rng(11)
    found = np.array([declared_and_explored(planted(rng, frame, 0.0), frame) for _ in range(250)])
    assert (found[:, 0] <= 0.05).mean() <= 0.05 + 3 * 0.0138
    assert (found[:, 1] <= 0.05).mean() <= 0.05 + 3 * 0.0138


def test_a_planted_teacher_is_found_when_its_owner_is_declared():
    frame = small_frame(45)
    rng = np.random.default_rng(12)
    found = [declared_and_explored(planted(rng, frame, 6.0), frame)[0] for _ in range(40)]
    assert np.mean(np.array(found) <= 0.05) > 0.8


def test_the_search_finds_a_planted_teacher_that_nobody_named():
    frame = small_frame(45)
    rng = np.random.default_rng(13)
    found = [declared_and_explored(planted(rng, frame, 8.0), frame, ("bolt",))[1] for _ in range(40)]
    assert np.mean(np.array(found) <= 0.05) > 0.8

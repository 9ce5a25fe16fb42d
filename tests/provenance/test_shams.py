from __future__ import annotations

import numpy as np
import pytest

from evaluations.provenance import shams
from evaluations.provenance.frame import build_frame
from evaluations.provenance.hypotheses import OwnerTest
from evaluations.provenance.nulls import scale_of
from evaluations.records import ModelCard


def audit(n_strangers: int, known: dict[str, float], strangers: list[float] | None = None):
    """An owner test whose values are given: student 0, strangers 0, 1, 2, …, known students as named."""
    cards = {"student": ModelCard("student"), "t": ModelCard("t", owner="acme", family="a")}
    cards |= {f"s{i:02d}": ModelCard(f"s{i:02d}", taught_by_owners=()) for i in range(n_strangers)}
    cards |= {key: ModelCard(key, lineage=key[:2], taught_by_owners=("acme",)) for key in known}
    others = [key for key in cards if key not in ("student", "t")]
    frame = build_frame("student", ["t"], cards, others, "lineage")
    values = np.array([0.0, np.nan, *(strangers or range(n_strangers)), *known.values()], dtype=float)
    rows = frame.clean("acme")
    return OwnerTest(
        "acme", ("a",), values, rows, scale_of(values, rows, frame), 0.0, 1.0, n_strangers, 0.0
    ), frame


def test_a_known_lineage_is_found_when_half_of_its_models_are():
    # 20 strangers reach up to 19; alpha .05 takes a value above all of them (p = 1/21).
    test, frame = audit(20, {"k1a": 30.0, "k1b": 5.0, "k2a": 5.0, "k3a": 25.0})
    rate, z = shams.known_students(test, frame, 0.05)
    assert (rate.k, rate.n) == (2, 3)
    assert len(z) == 3 and list(z) == sorted(z)


def test_where_alpha_is_out_of_reach_the_label_says_what_was_asked():
    # 7 strangers: the smallest p is 1/8.
    test, frame = audit(7, {"k1a": 30.0, "k2a": 3.0})
    rate, _ = shams.known_students(test, frame, 0.05)
    assert rate.k == 1 and "0.125" in rate.label


def test_only_the_most_extreme_of_twenty_one_strangers_can_be_accused():
    test, frame = audit(21, {})
    assert shams.accused(test, test.null_rows, frame, 0.05) == (1, 21)


def test_shuffled_labels_find_no_more_than_chance():
    test, frame = audit(20, {f"k{i}": 40.0 + i for i in range(10)})
    k, n = shams.shuffled_labels(test, frame, 0.05, seed=0)
    # alpha .05 of 200 is 10; three standard errors are 9.
    assert n == 200 and k <= 19


def test_low_ends_leave_out_one_in_twenty():
    test, frame = audit(20, {f"k{i}": float(i) for i in range(9)})
    low = shams.low_ends([test], frame)["acme"]
    assert low == pytest.approx(test.scale.z(0.4))

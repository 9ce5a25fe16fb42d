from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.provenance import pvalues

shares = st.lists(st.floats(0, 1), max_size=60)


def test_p_is_one_more_than_the_shares_over_one_more_than_the_lineages():
    # Shares 1, 1/2 and 0 of three lineages: (1 + 1.5) / 4.
    assert pvalues.rank_p([1.0, 0.5, 0.0]) == 2.5 / 4


def test_without_lineages_p_is_one():
    assert pvalues.rank_p([]) == 1.0


@given(shares)
def test_p_is_never_zero_and_never_above_one(values):
    assert 0 < pvalues.rank_p(values) <= 1
    assert pvalues.rank_p(values) >= pvalues.smallest_p(len(values)) - 1e-12


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=40), st.floats(-5, 5), st.floats(0, 3))
def test_a_closer_student_never_has_a_larger_p(null, student, more):
    def p(value: float) -> float:
        found = pvalues.lineage_shares(np.array(null), value, np.arange(len(null)))
        return pvalues.rank_p(list(found.values()))

    assert p(student + more) <= p(student)


@settings(max_examples=25, deadline=None)
@given(st.integers(5, 40), st.integers(0, 2**31))
def test_p_is_uniform_when_student_and_lineages_are_exchangeable(n, seed):
    # For each level a = j/(n+1), P(p <= a) = a. 400 draws; the bound is 4.5 standard errors.
    values = np.random.default_rng(seed).normal(size=(400, n + 1))
    p = (1 + (values[:, 1:] >= values[:, :1]).sum(axis=1)) / (n + 1)
    check = [
        pvalues.rank_p(list(pvalues.lineage_shares(row[1:], row[0], np.arange(n)).values()))
        for row in values[:5]
    ]
    assert check == pytest.approx(p[:5].tolist())
    for level in (1 / (n + 1), (n // 2) / (n + 1)):
        bound = 4.5 * np.sqrt(level * (1 - level) / 400)
        assert abs((p <= level + 1e-9).mean() - level) <= bound


def test_a_lineage_of_several_models_contributes_a_share():
    values, codes = np.array([3.0, 1.0, 2.5, 0.0]), np.array([0, 0, 1, 2])
    assert pvalues.lineage_shares(values, 2.0, codes) == {0: 0.5, 1: 1.0, 2: 0.0}


def test_holm_doubles_the_smaller_of_two_and_keeps_the_order():
    assert pvalues.holm([0.04, 0.01]) == (0.04, 0.02)
    # 2 * 0.03 = 0.06; the larger is never below the smaller's corrected value.
    assert pvalues.holm([0.03, 0.04]) == (0.06, 0.06)
    assert pvalues.holm([0.8, 0.9]) == (1.0, 1.0)


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=2))
def test_correction_never_lowers_a_p(values):
    assert all(after >= before for before, after in zip(values, pvalues.holm(values), strict=True))


def test_nineteen_lineages_reach_one_in_twenty_and_two_owners_need_thirty_nine():
    assert pvalues.lineages_needed(0.05, 1) == 19
    assert pvalues.lineages_needed(0.05, 2) == 39
    assert pvalues.smallest_p(19) == 0.05


def test_exact_intervals_are_the_published_ones():
    # Clopper-Pearson for 0 of 7: upper = 1 - 0.025^(1/7) = 0.40962; for 7 of 7 the mirror image.
    assert pvalues.exact_interval(0, 7) == pytest.approx((0.0, 1 - 0.025 ** (1 / 7)))
    assert pvalues.exact_interval(7, 7) == pytest.approx((0.025 ** (1 / 7), 1.0))
    assert pvalues.exact_interval(0, 0) is None


def test_seventeen_of_seventeen_is_the_first_lower_bound_above_eight_tenths():
    assert pvalues.exact_interval(17, 17)[0] >= 0.8 > pvalues.exact_interval(16, 16)[0]

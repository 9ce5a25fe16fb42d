from __future__ import annotations

from dataclasses import replace

import pytest

from evaluations.provenance.pvalues import error_rate
from evaluations.provenance.verdict import Facts, judge

CLEAR = Facts(
    name="acme",
    alpha=0.05,
    p=0.03,
    z=6.0,
    n_lineages=40,
    n_as_close=0.0,
    needed_lineages=19,
    evidence={"identity": 5.0, "answers": 4.0},
)


def test_a_small_p_with_nothing_against_it_is_supported():
    assert judge(CLEAR).status == "supported"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "strong"),
        ({"evidence": {"identity": 9.0, "answers": 1.9}}, "moderate"),
        ({"evidence": {"identity": 9.0}}, "moderate"),
        ({"z": 4.9}, "moderate"),
        ({"z": 2.9}, "weak"),
    ],
)
def test_strong_takes_two_evidence_families_that_agree(changes, word):
    assert judge(replace(CLEAR, **changes)).strength == word


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"n_lineages": 18}, "18 lineages documented as untaught by acme"),
        ({"n_lineages": 24, "needed_lineages": 39}, "39 are the least"),
        ({"direct_prompts": 49}, "Only phrase overlap"),
        ({"power": error_rate("found", 2, 6)}, "power below one half"),
        ({"rivals": ("bolt-4",)}, "within noise, or closer: bolt-4"),
        ({"not_comparable": ("Not comparable in length: …",)}, "Not comparable"),
        ({"nothing_measured": "Nothing to compare: …", "p": None, "z": None}, "Nothing to compare"),
    ],
)
def test_each_forced_reason_makes_it_inconclusive_and_says_what_would_settle_it(changes, reason):
    found = judge(replace(CLEAR, **changes))
    assert found.status == "inconclusive"
    assert any(reason in line for line in found.reasons)
    assert found.settle and not found.strength


def test_fifty_prompts_of_phrase_overlap_are_enough():
    assert judge(replace(CLEAR, direct_prompts=50)).status == "supported"


def test_power_from_five_known_students_decides_nothing():
    # The exact interval of 0 of 5 reaches .52, so it does not exclude a power of one half.
    assert judge(replace(CLEAR, power=error_rate("found", 0, 5))).status == "supported"


INNOCENT = replace(CLEAR, p=0.6, z=-0.5, evidence={"identity": -0.5})


def test_without_known_students_nothing_is_excluded():
    found = judge(INNOCENT)
    assert found.status == "inconclusive"
    assert "no known students" in found.reasons[1]


def test_exclusion_takes_power_of_eight_tenths_by_its_lower_bound():
    # 17 of 17: lower bound .805; 16 of 17: .713.
    known = replace(INNOCENT, power=error_rate("found", 17, 17), below_students=True)
    assert judge(known).status == "not_supported"
    assert judge(replace(known, power=error_rate("found", 16, 17))).status == "inconclusive"
    assert judge(replace(known, below_students=False)).status == "inconclusive"
    assert judge(replace(known, n_lineages=18)).status == "inconclusive"


def test_answers_that_the_vendor_supplied_carry_no_favourable_result():
    known = replace(INNOCENT, power=error_rate("found", 17, 17), below_students=True, vendor_supplied=True)
    found = judge(known)
    assert found.status == "inconclusive"
    assert "vendor supplied" in found.reasons[-1]


def test_a_lean_is_shown_and_never_called_a_finding():
    found = judge(replace(CLEAR, n_lineages=7, n_as_close=0.0))
    assert found.lean.startswith("Leans towards acme or data shared with it (z 6.0")
    assert found.lean.endswith("A lean is not a finding.")


def test_barred_is_not_assessed_whatever_the_numbers_say():
    found = judge(replace(CLEAR, not_assessed="Every candidate of acme was released after the student."))
    assert found.status == "not_assessed" and not found.strength

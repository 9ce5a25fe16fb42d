"""The next date: the earliest reason wins."""

from __future__ import annotations

from datetime import date

import pytest

from evaluations.economics.shelf_life import add_months, next_evaluation

DONE = date(2026, 11, 24)


def test_without_any_other_date_it_is_six_months() -> None:
    found = next_evaluation(DONE)
    assert (found.look_again_on, found.reason) == ("2027-05-24", "6 months after this audit")
    assert found.triggers


def test_notice_on_the_contract_pulls_the_date_forward() -> None:
    # 2027-03-01 less 50 days is 2027-01-10.
    found = next_evaluation(DONE, contract_notice_on=date(2027, 3, 1))
    assert found.look_again_on == "2027-01-10"
    assert "50 days before notice" in found.reason


def test_the_earliest_dated_reason_is_chosen_and_all_are_listed_in_order() -> None:
    dated = [(date(2027, 4, 1), "teacher retires"), (date(2027, 2, 1), "price step")]
    found = next_evaluation(DONE, dated=dated, contract_notice_on=date(2027, 6, 1))
    assert found.reason == "price step"
    assert [(d.date, d.chosen) for d in found.dates] == [
        ("2027-02-01", True),
        ("2027-04-01", False),
        ("2027-04-12", False),
        ("2027-05-24", False),
    ]


def test_a_day_that_has_passed_means_tomorrow() -> None:
    found = next_evaluation(DONE, dated=[(date(2026, 1, 1), "teacher retired")])
    assert found.look_again_on == "2026-11-25"
    assert "look again at once" in found.reason


def test_the_specific_reason_wins_on_the_same_day() -> None:
    assert next_evaluation(DONE, dated=[(date(2027, 5, 24), "price step")]).reason == "price step"


def test_months_are_clamped_to_the_last_day() -> None:
    assert add_months(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert add_months(date(2027, 8, 31), 6) == date(2028, 2, 29)
    assert next_evaluation(DONE, cadence_months=1).reason == "1 month after this audit"
    with pytest.raises(ValueError, match="at least 1"):
        next_evaluation(DONE, cadence_months=0)

"""Prices and histories as people write them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from evaluations.forms.models import ModelFactsForm, amount, micro, words

FACTS = {"name": "Docket 8B", "history": "unknown", "currency": "EUR"}


@pytest.mark.parametrize(
    ("text", "value"), [("0.28", 280_000), ("15", 15_000_000), ("0.000001", 1), ("0", 0), ("2.5", 2_500_000)]
)
def test_a_price_goes_to_micro_units_and_back(text: str, value: int) -> None:
    assert micro(Decimal(text)) == value
    assert amount(value) == text


def test_no_price_is_none_and_not_zero() -> None:
    assert micro(None) is None
    assert amount(None) == ""
    checked = ModelFactsForm(FACTS)
    assert checked.is_valid(), checked.errors
    assert checked.details(backend="recorded").price_input_micro is None


def test_the_key_is_made_from_the_name() -> None:
    checked = ModelFactsForm(FACTS)
    assert checked.is_valid()
    assert checked.details(backend="recorded").key == "docket-8b"


@pytest.mark.parametrize(
    ("history", "taught_by", "owners"),
    [
        ("unknown", "Orrery", None),
        ("nobody", "", []),
        ("named", " Orrery , Calder,Orrery", ["Orrery", "Calder"]),
    ],
)
def test_a_history_is_unknown_documented_as_nobody_or_named(
    history: str, taught_by: str, owners: list[str] | None
) -> None:
    checked = ModelFactsForm(FACTS | {"history": history, "taught_by": taught_by})
    assert checked.is_valid(), checked.errors
    assert checked.details(backend="recorded").taught_by_owners == owners


@pytest.mark.parametrize("key", ["two words", "-/-/", "a//b", "<b>"])
def test_a_key_that_is_no_key_is_refused(key: str) -> None:
    assert "key" in ModelFactsForm(FACTS | {"key": key}).errors


def test_words_are_split_at_commas() -> None:
    assert words(" a, b ,,a") == ["a", "b"]

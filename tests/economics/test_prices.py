"""List prices from the packaged list."""

from __future__ import annotations

import socket
from datetime import date

import pytest

from evaluations.economics.prices import list_price


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a price look-up opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_a_known_model_has_its_list_price() -> None:
    price = list_price("gpt-4-0314", date(2024, 7, 1))
    assert price is not None
    # $30 and $60 a million tokens.
    assert (price.input_micro, price.output_micro, price.currency) == (30_000_000, 60_000_000, "USD")
    assert "openai gpt-4 on 2024-07-01" in price.source


def test_the_date_decides_between_price_steps() -> None:
    before, after = list_price("o3", date(2025, 6, 9)), list_price("o3", date(2025, 6, 10))
    assert before is not None and after is not None
    assert (before.input_micro, after.input_micro) == (10_000_000, 2_000_000)


def test_a_tiered_price_says_which_tier() -> None:
    price = list_price("gemini-1.5-pro", date(2024, 7, 1))
    assert price is not None
    assert price.input_micro == 1_250_000
    assert "shortest prompts" in price.source


def test_a_provider_prefix_is_understood() -> None:
    assert list_price("openai/gpt-4o", date(2024, 7, 1)) == list_price("gpt-4o", date(2024, 7, 1))


def test_an_unknown_model_has_no_price() -> None:
    for name in ("our-own-7b", "openai/our-own-7b", "nobody/x", "", "/", "x/"):
        assert list_price(name, date(2026, 1, 1)) is None

"""Fixtures of the inference tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.inference.mock_endpoint import MockEndpoint, serving


@pytest.fixture
def endpoint() -> Iterator[MockEndpoint]:
    """A mock endpoint that echoes until a test tells it otherwise."""
    with serving(MockEndpoint()) as running:
        yield running


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-off of a hundredth of a second, so that retries cost no test time."""
    from evaluations.inference.backends import openai_compatible

    full = openai_compatible.Limits
    monkeypatch.setattr(
        openai_compatible,
        "Limits",
        lambda **given: full(**{"backoff_s": 0.01, "backoff_max_s": 0.02} | given),
    )

"""Signed-in clients and a PDF that need not be made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from evaluations.reports.pdf import PdfUnavailable
from evaluations.services import rendering

NO_PANGO = "libpango is not installed on this machine; install libpango-1.0-0 and publish again."


@pytest.fixture
def as_alice(alice: Any, client_for: Callable[[Any], Client]) -> Client:
    """The admin's browser."""
    return client_for(alice)


@pytest.fixture
def as_bob(bob: Any, client_for: Callable[[Any], Client]) -> Client:
    """The viewer's browser."""
    return client_for(bob)


@pytest.fixture
def without_pango(monkeypatch: pytest.MonkeyPatch) -> str:
    """A machine without the PDF library; returns what it says."""

    def refuse(*args: Any, **kwargs: Any) -> bytes:
        raise PdfUnavailable(NO_PANGO)

    monkeypatch.setattr(rendering, "pdf_of", refuse)
    return NO_PANGO

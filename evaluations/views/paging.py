"""Reads places in long lists from an address."""

from __future__ import annotations

MOST = 2**62


def whole(text: str | None) -> int | None:
    """A whole number from 0, or ``None`` for anything else: a broken address shows the first page."""
    return int(text) if text and text.isascii() and text.isdigit() and int(text) < MOST else None

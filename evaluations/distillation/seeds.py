"""Generators that depend on nothing but the name of their purpose."""

from __future__ import annotations

import random


def seeded(text: str) -> random.Random:
    """The generator of one named purpose: the same text gives the same draws everywhere."""
    return random.Random(text)  # noqa: S311 - synthetic data and training order, nothing secret

"""Prompts for training and prompts for the verdict never meet: split and hashed before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from evaluations.records import digest

MIN_PROMPTS: Final = 200
"""Fewer training prompts are warned about: a student learns little from them."""
FEWEST_PROMPTS: Final = 20
"""Fewer training prompts than this are refused."""


@dataclass(frozen=True, slots=True)
class Split:
    """``kept``: indexes of the training prompts that may be used; ``shared``: how many the verdict's suite has too.

    The hashes are SHA-256 of the texts kept and of the verdict's texts, in their order.
    """

    kept: tuple[int, ...]
    shared: int
    training_hash: str
    verdict_hash: str


def split_prompts(training: Sequence[str], verdict: Sequence[str]) -> Split:
    """The training prompts without those of the verdict's suite, each once.

    Two prompts are the same when they differ in white space or case alone.
    """
    asked = {_plain(text) for text in verdict}
    kept: list[int] = []
    shared = 0
    seen: set[str] = set()
    for index, text in enumerate(training):
        plain = _plain(text)
        if plain in asked:
            shared += 1
        elif plain and plain not in seen:
            seen.add(plain)
            kept.append(index)
    return Split(
        tuple(kept), shared, digest([training[i] for i in kept]), digest([str(text) for text in verdict])
    )


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()

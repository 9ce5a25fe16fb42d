"""A word diff of two texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

MOST_WORDS = 1500


@dataclass(frozen=True)
class Piece:
    """A run of words. ``kind``: same, ins (only in the second text), del (only in the first)."""

    kind: str
    text: str


def word_diff(first: str, second: str) -> tuple[Piece, ...]:
    """``second`` as pieces against ``first``; empty where the texts are too long to compare in time."""
    old, new = _words(first), _words(second)
    if max(len(old), len(new)) > MOST_WORDS:
        return ()
    pieces: list[Piece] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(new[c:d])))
            continue
        if b > a:
            pieces.append(Piece("del", "".join(old[a:b])))
        if d > c:
            pieces.append(Piece("ins", "".join(new[c:d])))
    return tuple(pieces)


def _words(text: str) -> list[str]:
    """Words with the white space that follows each."""
    return re.findall(r"\S+\s*|\s+", text)

"""Marks shared phrases in model outputs, as pieces of text that templates escape."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

Piece = tuple[str, bool]
_WORD: Final = re.compile(r"\w+")


def pieces(text: str, phrases: Iterable[str]) -> tuple[Piece, ...]:
    """``text`` cut into (piece, marked). A phrase matches word by word, whatever case and punctuation."""
    spans = sorted(span for phrase in phrases for span in _spans(text, phrase))
    found: list[Piece] = []
    place = 0
    for start, end in _merged(spans):
        if start > place:
            found.append((text[place:start], False))
        found.append((text[start:end], True))
        place = end
    if place < len(text):
        found.append((text[place:], False))
    return tuple(found)


def _spans(text: str, phrase: str) -> list[tuple[int, int]]:
    words = [re.escape(word) for word in _WORD.findall(phrase)]
    if not words:
        return []
    pattern = re.compile(r"(?<!\w)" + r"\W{1,4}".join(words) + r"(?!\w)", re.IGNORECASE)
    return [match.span() for match in pattern.finditer(text)]


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def excerpt(text: str, phrases: Iterable[str], limit: int) -> str:
    """At most ``limit`` characters around the first shared phrase, cut at words."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    starts = [span[0] for phrase in phrases for span in _spans(text, phrase)]
    first = max(0, min(starts, default=0) - limit // 4)
    first = text.rfind(" ", 0, first) + 1 if first else 0
    cut = text[first : first + limit].rsplit(" ", 1)[0]
    return f"{'… ' if first else ''}{cut} …"

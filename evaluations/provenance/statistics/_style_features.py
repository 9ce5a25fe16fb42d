"""Counts of style features in one text: function words, punctuation, layout, opening words."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from evaluations.provenance import texts

_WORDS: Final = """
a about above after again against all also although always am an and another any are around as at
be because been before being below between both but by can cannot could despite did do does down during
each either enough even ever every few first for from further had has have having he hence her here hers
him his how however i if in instead into is it it's its itself just least less let like made make many may
me might more moreover most much must my neither never nevertheless next no nor not now of off often on
once one only or other others ought our ours out over own per perhaps rather really same several shall she
should similarly since so some something sometimes such than that the their theirs them then there
therefore these they this those though through thus to together too toward towards under unless until up
upon us use used using usually various very via was we well were what when where whereas whether which
while who whom whose why will with within without would yes yet you your yours yourself additionally
overall finally important ensure here's i'm don't you're that's can't let's sure certainly
"""
FUNCTION_WORDS: Final = tuple(sorted(set(_WORDS.split())))
_ASCII: Final = np.frombuffer(b",;:!?.(\"'-/%$&*#`_|=+[{", dtype=np.uint8)
_WIDE: Final = ("’", "“", "—", "–", " - ", "...", "**", "```", "\n\n", ". ", ".\n", ":\n")
_SORTED: Final = np.array(sorted(texts.word_id(word) for word in FUNCTION_WORDS), dtype=np.uint32)
_CLOSERS: Final = ".!?)]}\"'”`"
_BULLETS: Final = "-*+•"

RATES: Final = len(_SORTED)
LAYOUT: Final = len(_ASCII) + len(_WIDE) + 7
FLAGS: Final = 8

Features = npt.NDArray[np.float32]
_cache = texts.TextCache()


def _lines(text: str) -> tuple[int, int, int, int]:
    """Lines that are bullets, numbered items, headings and labels ending in a colon."""
    bullets = numbers = headings = labels = 0
    for line in text.split("\n"):
        bare = line.lstrip()
        first = bare[:1]
        if first in _BULLETS:
            bullets += bare[1:2] == " "
        elif first == "#":
            headings += 1
        elif first.isdigit():
            numbers += bare[1:2] in ".)" or bare[2:3] in ".)"
        labels += len(bare) < 40 and bare.rstrip().endswith(":")
    return bullets, numbers, headings, labels


def _layout(text: str, lines: tuple[int, int, int, int]) -> list[float]:
    """Counts that grow with the text; the statistic divides them by words."""
    signs = np.bincount(np.frombuffer(text.encode("latin-1", "replace"), dtype=np.uint8), minlength=256)
    counts: list[float] = signs[_ASCII].tolist()
    counts.extend(text.count(mark) for mark in _WIDE)
    counts.extend((*lines, int(signs[48:58].sum()), int(signs[65:91].sum()), len(text) / 10))
    return counts


def _flags(text: str, lines: tuple[int, int, int, int]) -> list[float]:
    """Yes/no facts of one answer that do not grow with its length."""
    bare = text.strip()
    return [
        *(float(count > 0) for count in lines[:3]),
        float("**" in text),
        float("```" in text),
        float("\n\n" in bare),
        float(bare[-1:] in _CLOSERS),
        float(bare[:1].isupper()),
    ]


def _make(text: str) -> Features:
    ids = texts.word_ids(text)
    places = np.minimum(np.searchsorted(_SORTED, ids), RATES - 1)
    counts = np.bincount(places[_SORTED[places] == ids], minlength=RATES)
    lines = _lines(text)
    return np.concatenate([counts, _layout(text, lines), _flags(text, lines)]).astype(np.float32)


def features(text: str) -> Features:
    """``RATES`` function-word counts, ``LAYOUT`` layout counts and ``FLAGS`` yes/no facts."""
    return _cache.get(text, _make)


def openings(text: str) -> tuple[int, int]:
    """Identifiers of the first word and of the first two words."""
    ids = texts.word_ids(text)[:2]
    pair = texts.ngram_ids(ids, 2)
    return int(ids[0]), int(pair[0]) if len(pair) else int(ids[0])

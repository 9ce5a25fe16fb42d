"""Counts of style features in one text: function words, punctuation, layout, opening words."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import numpy.typing as npt

from evaluations.provenance import texts

FUNCTION_WORDS: Final = tuple(
    sorted(
        set(
            """a about above after again against all also although always am an and another any are around as at
be because been before being below between both but by can cannot could despite did do does down during
each either enough even ever every few first for from further had has have having he hence her here hers
him his how however i if in instead into is it it's its itself just least less let like made make many may
me might more moreover most much must my neither never nevertheless next no nor not now of off often on
once one only or other others ought our ours out over own per perhaps rather really same several shall she
should similarly since so some something sometimes such than that the their theirs them then there
therefore these they this those though through thus to together too toward towards under unless until up
upon us use used using usually various very via was we well were what when where whereas whether which
while who whom whose why will with within without would yes yet you your yours yourself additionally
overall finally important ensure here's i'm don't you're that's can't let's sure certainly""".split()
        )
    )
)
MARKS: Final = (",", ";", ":", "!", "?", "(", '"', "'", "’", "“", "—", "–", " - ", "...", "/", "%", "$", "&")
_LINES: Final = {
    "bullet": re.compile(r"^[ \t]*[-*+•][ \t]", re.MULTILINE),
    "number": re.compile(r"^[ \t]*\d{1,3}[.)][ \t]", re.MULTILINE),
    "heading": re.compile(r"^#{1,6}[ \t]", re.MULTILINE),
    "label": re.compile(r"^[^\n:]{1,40}:[ \t]*$", re.MULTILINE),
    "bold": re.compile(r"\*\*[^*\n]+\*\*"),
    "sentence": re.compile(r"[.!?](?=\s|$)"),
    "digit": re.compile(r"\d+"),
    "capital": re.compile(r"\b[A-Z][a-z]"),
    "acronym": re.compile(r"\b[A-Z]{2,}\b"),
}
_SORTED: Final = np.array(sorted(texts.word_id(word) for word in FUNCTION_WORDS), dtype=np.uint32)
_CLOSERS: Final = ".!?)]}\"'”`"

RATES: Final = len(_SORTED)
LAYOUT: Final = len(MARKS) + len(_LINES) + 3
FLAGS: Final = 8

Features = npt.NDArray[np.float32]
_cache = texts.TextCache()


def _layout(text: str) -> list[float]:
    """Counts that grow with the text; the statistic divides them by words."""
    counts: list[float] = [text.count(mark) for mark in MARKS]
    counts.extend(len(pattern.findall(text)) for pattern in _LINES.values())
    counts.extend((text.count("\n\n"), text.count("\n"), len(text) / 10))
    return counts


def _flags(text: str) -> list[float]:
    """Yes/no facts of one answer that do not grow with its length."""
    bare = text.strip()
    return [
        float(bool(_LINES["bullet"].search(text))),
        float(bool(_LINES["number"].search(text))),
        float(bool(_LINES["heading"].search(text))),
        float("**" in text),
        float("```" in text),
        float("\n\n" in bare),
        float(bare[-1:] in _CLOSERS),
        float(bare[:1].isupper()),
    ]


def _make(text: str) -> Features:
    ids = texts.word_ids(text)
    places = np.minimum(np.searchsorted(_SORTED, ids), RATES - 1)
    hits = places[_SORTED[places] == ids]
    counts = np.bincount(hits, minlength=RATES)
    return np.concatenate([counts, _layout(text), _flags(text)]).astype(np.float32)


def features(text: str) -> Features:
    """``RATES`` function-word counts, ``LAYOUT`` layout counts and ``FLAGS`` yes/no facts."""
    return _cache.get(text, _make)


def openings(text: str) -> tuple[int, int]:
    """Identifiers of the first word and of the first two words."""
    ids = texts.word_ids(text)[:2]
    pair = texts.ngram_ids(ids, 2)
    return int(ids[0]), int(pair[0]) if len(pair) else int(ids[0])

"""The identity and base lines, and what the student says of itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from evaluations.provenance import texts
from evaluations.provenance.corpus import BoolArray, Corpus
from evaluations.provenance.frame import Frame
from evaluations.provenance.planning import MINIMUM_LINEAGES
from evaluations.provenance.results import Line
from evaluations.provenance.wording import plural

NEAR_VERBATIM: Final = 0.8
LONG_WORDS: Final = 40
SERVED: Final = 0.5
FEWEST_LONG: Final = 20

_SELF: Final = (
    r"\b(?:i am|i'm|my name is|as an?|(?:trained|developed|created|built|made|designed) by)\b[^.\n]{0,50}"
)


@dataclass(frozen=True)
class Verbatim:
    """Near-verbatim shares. ``student`` [candidate]: share of the ``n_long`` prompts on which both
    wrote at least 40 words and the trigram Dice is at least .8. ``reference``: the largest share of
    any reference lineage with each candidate."""

    student: tuple[float | None, ...]
    n_long: tuple[int, ...]
    reference: tuple[float | None, ...]
    n_lineages: int


Trigrams = frozenset[int]


def _numbers(rows: BoolArray) -> list[int]:
    return [int(i) for i in np.flatnonzero(rows)]


def _trigrams(text: str | None) -> Trigrams:
    return frozenset(texts.ngram_ids(texts.word_ids(text or ""), 3).tolist())


def _shares(corpus: Corpus, row: int, grams: list[dict[int, Trigrams]]) -> list[tuple[int, int]]:
    """For one model and each candidate: (near-verbatim, both long)."""
    found = []
    own: dict[int, Trigrams] = {}
    sizes: list[int] = corpus.word_counts[row].tolist()
    for column, others in zip(corpus.candidates, grams, strict=True):
        other_sizes: list[int] = corpus.word_counts[column].tolist()
        near = long = 0
        for prompt, other in others.items():
            size, other_size = sizes[prompt], other_sizes[prompt]
            if size < LONG_WORDS:
                continue
            long += 1
            # Dice of .8 needs the smaller set to be two thirds of the larger one.
            if min(size, other_size) < 0.5 * max(size, other_size):
                continue
            if prompt not in own:
                own[prompt] = _trigrams(corpus.answers[row][prompt])
            mine = own[prompt]
            near += 2 * len(mine & other) >= NEAR_VERBATIM * (len(mine) + len(other))
        found.append((near, long))
    return found


def verbatim(corpus: Corpus, frame: Frame, most_prompts: int = 200) -> Verbatim:
    """Near-verbatim shares of the student (all prompts) and of one model a lineage (a sample)."""
    grams = [
        {i: _trigrams(corpus.answers[c][i]) for i in _numbers(corpus.word_counts[c] >= LONG_WORDS)}
        for c in corpus.candidates
    ]
    mine = _shares(corpus, 0, grams)
    kept = set(range(0, len(corpus.prompts), max(1, len(corpus.prompts) // most_prompts)))
    fewer = [{i: value for i, value in by_prompt.items() if i in kept} for by_prompt in grams]
    largest: list[float | None] = [None] * len(corpus.candidates)
    rows = np.flatnonzero(frame.reference)
    firsts = [int(rows[frame.codes[rows] == code][0]) for code in np.unique(frame.codes[rows])]
    for row in firsts:
        for j, (near, long) in enumerate(_shares(corpus, row, fewer)):
            if long >= FEWEST_LONG and not frame.masked[row, j]:
                largest[j] = max(largest[j] or 0.0, near / long)
    return Verbatim(
        tuple(near / long if long else None for near, long in mine),
        tuple(long for _, long in mine),
        tuple(largest),
        len(firsts),
    )


def identity_line(found: Verbatim, names: tuple[str, ...]) -> Line:
    """Is the same model served? Only about the same prompts and greedy answers."""
    known = [
        (share, j)
        for j, share in enumerate(found.student)
        if share is not None and found.n_long[j] >= FEWEST_LONG
    ]
    if not known:
        return Line(
            "not_assessed", f"Too few answers of {LONG_WORDS} words or more to look for repeated answers."
        )
    share, j = max(known)
    reference = found.reference[j] or 0.0
    text = (
        f"{share:.1%} of {plural(found.n_long[j], 'long answer')} repeat those of {names[j]} nearly word for word; "
        f"the largest share of a reference lineage is {reference:.1%}."
    )
    if share >= SERVED and share > reference and found.n_lineages >= MINIMUM_LINEAGES:
        return Line("supported", f"Consistent with serving {names[j]}, or data shared with it. {text}")
    if share > max(reference, 0.01):
        return Line(
            "inconclusive", f"Some answers repeat a candidate's, as a router or a cache would. {text}"
        )
    if found.n_long[j] >= 50 and found.n_lineages >= MINIMUM_LINEAGES:
        return Line(
            "not_supported", f"No candidate is served unchanged with these prompts and settings. {text}"
        )
    return Line("inconclusive", f"No sign of repeated answers. {text}")


def base_line(frame: Frame) -> Line:
    """Are the starting weights the same? Only the declaration is known here."""
    base = frame.cards[0].base
    same = [
        frame.cards[row].name or frame.models[row]
        for row in frame.columns
        if base and base in (frame.models[row], frame.cards[row].base)
    ]
    declared = f"Declared base: {base}." if base else "No base is declared."
    shared = f" It is also declared for {', '.join(same)}." if same else ""
    return Line("not_assessed", f"Weights were not compared. {declared}{shared}")


def self_mentions(answers: Iterable[str | None], names: Iterable[str]) -> dict[str, int]:
    """How many answers say "I am …", "trained by …" with one of ``names``. Shown, never scored."""
    patterns = {
        name: re.compile(_SELF + rf"\b{re.escape(name)}\b", re.IGNORECASE)
        for name in sorted({name for name in names if len(name) > 1})
    }
    counts = dict.fromkeys(patterns, 0)
    for answer in answers:
        if not answer:
            continue
        lowered = answer.casefold()
        for name, pattern in patterns.items():
            if name.casefold() in lowered and pattern.search(answer):
                counts[name] += 1
    return {name: count for name, count in counts.items() if count}

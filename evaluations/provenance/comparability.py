"""Does a model answer in the panel's range of length, language and format? Else: not comparable."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np

from evaluations.provenance import texts
from evaluations.provenance.corpus import BoolArray, Corpus, FloatArray

COMMON_WORDS: Final = 300
LENGTH_FACTOR: Final = 2.0
FORMAT_MARGIN: Final = 0.35
SAMPLED_PROMPTS: Final = 100


@dataclass(frozen=True)
class Ranges:
    """[model] what each model's answers look like.

    ``length``: mean natural logarithm of words. ``common``: share of words among the panel's 300
    commonest. ``marked``: share of answers with lists, headings, bold or code.
    """

    length: FloatArray
    common: FloatArray
    marked: FloatArray


def ranges(corpus: Corpus) -> Ranges:
    """The three figures of every model, on at most 100 prompts spread evenly."""
    step = max(1, len(corpus.prompts) // SAMPLED_PROMPTS)
    prompts = range(0, len(corpus.prompts), step)
    counts: list[Counter[int]] = []
    marked = np.zeros(len(corpus.models))
    for model, row in enumerate(corpus.answers):
        answers = [row[i] or "" for i in prompts if corpus.present[model, i]]
        total: Counter[int] = Counter()
        for answer in answers:
            total.update(texts.word_ids(answer).tolist())
        counts.append(total)
        marked[model] = np.mean([texts.is_marked(a) for a in answers]) if answers else 0.0
    common = _common(counts)
    shares = [sum(c[w] for w in common) / c.total() if c.total() else 0.0 for c in counts]
    lengths = np.log(np.maximum(corpus.word_counts, 1)).sum(axis=1) / np.maximum(
        corpus.present.sum(axis=1), 1
    )
    return Ranges(np.asarray(lengths), np.array(shares), marked)


def _common(counts: list[Counter[int]]) -> list[int]:
    """The words that most models use: one vote a model, and a quarter of the models must agree."""
    votes: Counter[int] = Counter()
    for count in counts:
        votes.update([word for word, _ in count.most_common(COMMON_WORDS)])
    least = max(2, len(counts) // 4)
    ranked = sorted(
        (item for item in votes.items() if item[1] >= least), key=lambda item: (-item[1], item[0])
    )
    return [word for word, _ in ranked[:COMMON_WORDS]]


def other_language(found: Ranges) -> BoolArray:
    """[model]: fewer than half as many common words as the median model: another language or script."""
    return np.asarray(found.common < 0.5 * np.median(found.common))


def outside(found: Ranges, model: int, reference: BoolArray) -> tuple[str, ...]:
    """Why ``model`` lies outside the range of the ``reference`` models; empty when it does not."""
    if not reference.any():
        return ()
    reasons = []
    low, high = found.length[reference].min(), found.length[reference].max()
    size = found.length[model]
    if size < low - np.log(LENGTH_FACTOR) or size > high + np.log(LENGTH_FACTOR):
        reasons.append(
            f"Not comparable in length: its answers have about {np.exp(size):.0f} words; "
            f"the panel's models have {np.exp(low):.0f} to {np.exp(high):.0f}."
        )
    if found.common[model] < 0.5 * found.common[reference].min():
        reasons.append(
            f"Not comparable in language: {found.common[model]:.0%} of its words are among the panel's common "
            f"words; the panel's models have at least {found.common[reference].min():.0%}."
        )
    low, high = found.marked[reference].min(), found.marked[reference].max()
    share = found.marked[model]
    if share < low - FORMAT_MARGIN or share > high + FORMAT_MARGIN:
        reasons.append(
            f"Not comparable in format: {share:.0%} of its answers have lists, headings or code; "
            f"the panel's models have {low:.0%} to {high:.0%}."
        )
    return tuple(reasons)

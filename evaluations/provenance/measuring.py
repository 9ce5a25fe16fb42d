"""Texts in, closeness out: the corpus of one assessment and its per-item contributions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluations.provenance import nulls
from evaluations.provenance.corpus import Corpus, FloatArray
from evaluations.provenance.frame import Frame
from evaluations.provenance.statistic import Contributions, measure, statistics


@dataclass(frozen=True)
class Measurement:
    """Everything measured. ``contributions`` [model, candidate, prompt used] per measured channel."""

    corpus: Corpus
    frame: Frame
    contributions: dict[str, Contributions]
    names: tuple[str, ...]

    @property
    def families(self) -> dict[str, str]:
        """The evidence family of each measured channel."""
        return {name: statistics.get(name).family for name in self.contributions}

    def combined(self, weights: FloatArray | None = None, without: str = "") -> nulls.Combined:
        """z of every model and candidate; ``weights`` [prompt] resample prompts, ``without`` drops a channel."""
        kept = {name: item for name, item in self.contributions.items() if name != without}
        return nulls.combine(
            {name: item.scores(weights) for name, item in kept.items()}, self.families, self.frame
        )

    def resampled(self, rounds: int, seed: int) -> Iterator[nulls.Combined]:
        """``combined`` on prompts drawn with replacement."""
        rng = np.random.default_rng([seed, 11])
        n = len(self.corpus.prompts)
        for _ in range(rounds):
            yield self.combined(np.bincount(rng.integers(0, n, n), minlength=n).astype(np.float64))


def build_corpus(
    frame: Frame, prompts: Sequence[str], completions: Mapping[str, Sequence[str | None]], kept: Sequence[int]
) -> Corpus:
    """The corpus of the frame's models over the prompts numbered ``kept``."""
    return Corpus(
        models=frame.models,
        lineages=frame.units,
        prompts=tuple(prompts[i] for i in kept),
        answers=tuple(tuple(completions[key][i] for i in kept) for key in frame.models),
        candidates=frame.columns,
    )


def measured(corpus: Corpus, frame: Frame) -> Measurement:
    """Every registered statistic on the corpus; those without enough prompts are absent."""
    found = measure(corpus)
    return Measurement(
        corpus, frame, {name: item for name, item in found.items() if item is not None}, tuple(found)
    )

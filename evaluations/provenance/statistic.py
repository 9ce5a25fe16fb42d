"""What a provenance statistic is. A new one is one file in ``statistics/``.

A statistic turns texts into closeness per model, candidate and prompt. It knows nothing of
p-values; the null (``nulls.py``) knows nothing of what a statistic measures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from evaluations.provenance.corpus import BoolArray, Corpus, FloatArray
from evaluations.registry import Registry

EvidenceFamily = Literal["identity", "style", "answers"]
Access = Literal["text", "short_answers"]


@dataclass(frozen=True)
class Contributions:
    """Closeness per item.

    ``values``: float32 [model, candidate, prompt used]; NaN where model or candidate gave no
    answer. ``used``: bool [prompt], which prompts of the corpus the last axis stands for.
    """

    values: npt.NDArray[np.float32]
    used: BoolArray

    @property
    def n_prompts(self) -> int:
        """How many prompts carry the statistic."""
        return int(self.used.sum())

    def filled(self) -> Contributions:
        """Missing items replaced by the mean over models of the same candidate and prompt.

        A missing answer then pulls its model towards nobody.
        """
        missing = np.isnan(self.values)
        if not missing.any():
            return self
        known = np.where(missing, 0.0, self.values).sum(axis=0, keepdims=True)
        mean = known / np.maximum((~missing).sum(axis=0, keepdims=True), 1)
        return Contributions(np.where(missing, mean, self.values).astype(np.float32), self.used)

    def scores(self, weights: FloatArray | None = None) -> FloatArray:
        """[model, candidate]: mean over prompts, or the mean weighted by ``weights`` [prompt]."""
        if weights is None:
            return np.asarray(self.values.mean(axis=2), dtype=np.float64)
        kept = weights[self.used]
        total = kept.sum()
        if total <= 0:
            return self.scores()
        return np.asarray(self.values @ (kept / total).astype(np.float32), dtype=np.float64)


@dataclass(frozen=True)
class Statistic:
    """One registered statistic; its name is the stem of its module.

    ``family``: statistics of one evidence family are averaged before the families are.
    ``access``: what the buyer must be able to obtain. ``minimum_prompts``: with fewer usable
    prompts the statistic is not measured. ``contributions`` returns ``None`` when not measured.
    """

    family: EvidenceFamily
    access: Access
    minimum_prompts: int
    contributions: Callable[[Corpus], Contributions | None]


statistics: Final[Registry[Statistic]] = Registry("evaluations.provenance.statistics", "STATISTIC")


def measure_one(statistic: Statistic, corpus: Corpus) -> Contributions | None:
    """One statistic on ``corpus``; ``None`` when fewer prompts than it needs are usable."""
    found = statistic.contributions(corpus) if corpus.prompts else None
    if found is None or found.n_prompts < statistic.minimum_prompts:
        return None
    return found.filled()


def measure(corpus: Corpus) -> dict[str, Contributions | None]:
    """Every registered statistic on ``corpus``, by name; ``None`` where it is not measured."""
    return {name: measure_one(statistic, corpus) for name, statistic in statistics.items()}

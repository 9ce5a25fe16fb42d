"""95 % bootstrap intervals over samples: multinomial weights, drawn once and shared."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DRAWS: Final = 1000
_LEVELS: Final = (2.5, 97.5)
_DIRECT: Final = 4000
"""Up to this many samples each has its own weight; above, equal (rounded) rows share one."""


class Bootstrap:
    """Percentile bootstrap (Efron & Tibshirani 1993, ch. 13) with one seed.

    Weights depend on the number of samples only, so student and teacher on the same samples are
    resampled together (paired).
    """

    def __init__(self, seed: int, draws: int = DRAWS) -> None:
        self.seed = seed
        self.draws = draws
        self._weights: dict[int, Floats] = {}

    def sums(self, rows: Floats) -> Floats:
        """Resampled column sums (draws × k) of ``rows`` (n × k, values in 0..1)."""
        n = len(rows)
        if n <= _DIRECT:
            if n not in self._weights:
                self._weights[n] = self.multinomial(np.ones(n))
            return np.asarray(self._weights[n] @ rows)
        # Equal rows have one multinomial count together; rounding keeps the number of rows bounded.
        cells, counts = np.unique(np.round(rows, 2), axis=0, return_counts=True)
        shift = rows.sum(axis=0) - counts @ cells
        return np.asarray(self.multinomial(counts.astype(np.float64)) @ cells + shift)

    def multinomial(self, counts: Floats) -> Floats:
        """Resampled counts (draws × g) of groups that hold ``counts`` samples each."""
        rng = np.random.default_rng([self.seed, len(counts)])
        total = int(counts.sum())
        return rng.multinomial(total, counts / counts.sum(), size=self.draws).astype(np.float64)

    def mean(self, scores: Floats) -> tuple[float, float]:
        """Interval of the mean of ``scores`` (n values in 0..1).

        Where all are 1 or all are 0 a resample has no spread; the open end is then the exact
        (Clopper-Pearson) bound for 0 of n, so that few samples never look certain.
        """
        n = len(scores)
        if np.all(scores == 1.0):
            return 1.0 - zero_of(n), 1.0
        if np.all(scores == 0.0):
            return 0.0, zero_of(n)
        return interval(self.sums(scores[:, None])[:, 0] / n)

    def ratio(self, student: Floats, teacher: Floats) -> tuple[float, float]:
        """Interval of sum(student) / sum(teacher) over the same samples; the teacher's sum is > 0.

        Draws in which the teacher scores 0 have no ratio and are left out. Where no sample differs,
        the ends come from the exact bound for 0 differing samples of n.
        """
        n = len(student)
        if np.array_equal(student, teacher):
            reach = zero_of(n) * n / float(teacher.sum())
            return max(0.0, 1.0 - reach), 1.0 + reach
        sums = self.sums(np.stack([student, teacher], axis=1))
        usable = sums[sums[:, 1] > 0]
        return interval(usable[:, 0] / usable[:, 1])


def zero_of(n: int) -> float:
    """Upper end of the two-sided 95 % Clopper-Pearson interval for 0 of ``n``."""
    return float(1.0 - 0.025 ** (1.0 / n))


def interval(values: Floats) -> tuple[float, float]:
    """The 2.5th and 97.5th percentiles."""
    low, high = np.percentile(values, _LEVELS)
    return float(low), float(high)

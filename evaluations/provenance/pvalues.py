"""Rank p-values over lineages, Holm's correction, exact intervals. They know no statistic."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

from evaluations.provenance.results import ErrorRate


def rank_p(shares: Sequence[float]) -> float:
    """p = (1 + sum of lineage shares at least as close) / (1 + lineages).

    ``shares``: for each null lineage the share (0 to 1) of its models that are at least as close as
    the student. Never 0 (Phipson & Smyth 2010); 1 when there is no lineage.
    """
    return min(1.0, (1.0 + float(sum(shares))) / (1.0 + len(shares)))


def smallest_p(n_lineages: int) -> float:
    """The smallest p-value that ``n_lineages`` null lineages allow."""
    return 1.0 / (1.0 + n_lineages)


def lineages_needed(alpha: float, n_owners: int) -> int:
    """Null lineages with which the first of ``n_owners`` declared owners can reach ``alpha``."""
    return math.ceil(max(1, n_owners) / alpha - 1e-9) - 1


def holm(pvalues: Sequence[float]) -> tuple[float, ...]:
    """Holm-adjusted p-values in the order given (Holm 1979)."""
    order = sorted(range(len(pvalues)), key=lambda i: pvalues[i])
    adjusted = [0.0] * len(pvalues)
    highest = 0.0
    for rank, position in enumerate(order):
        highest = max(highest, min(1.0, pvalues[position] * (len(pvalues) - rank)))
        adjusted[position] = highest
    return tuple(adjusted)


def predictive_p(z: float, n_lineages: int) -> float | None:
    """One-sided p of a t-predictive ``z`` from ``n_lineages`` values; ``None`` below three.

    It relies on the tail of a t distribution that nobody observed: print it as extrapolated.
    """
    if n_lineages < 3:
        return None
    return float(stats.t.sf(z, n_lineages - 1))


def exact_interval(k: int, n: int) -> tuple[float, float] | None:
    """Clopper-Pearson 95 % interval of k of n; ``None`` for n = 0."""
    if n <= 0:
        return None
    low = 0.0 if k == 0 else float(stats.beta.ppf(0.025, k, n - k + 1))
    high = 1.0 if k == n else float(stats.beta.ppf(0.975, k + 1, n - k))
    return low, high


def error_rate(label: str, k: int, n: int) -> ErrorRate:
    """``k`` of ``n`` with its exact interval."""
    interval = exact_interval(k, n)
    return ErrorRate(label, k, n, *(interval if interval else (None, None)))


def lineage_shares(values: np.ndarray, threshold: float, codes: np.ndarray) -> dict[int, float]:
    """For each lineage code the share of its ``values`` that reach ``threshold``; NaN never does."""
    reached = np.nan_to_num(values, nan=-np.inf) >= threshold
    return {int(code): float(reached[codes == code].mean()) for code in np.unique(codes)}

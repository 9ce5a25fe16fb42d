"""From closeness to z: double centring, negatives with each lineage left out, no learned weights.

The null knows nothing of what a statistic measures. All arrays are [model, candidate]; row 0 is
the student; masked pairs are NaN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evaluations.provenance.corpus import BoolArray, FloatArray
from evaluations.provenance.frame import Frame

CLIP = 8.0


@dataclass(frozen=True)
class Combined:
    """z per channel, per evidence family and over all; ``total`` is ``None`` with no channel.

    ``closeness`` [candidate] is the student's centred closeness in one unit for all candidates,
    the spread of the whole panel: two candidates can be compared in it whatever their negatives.
    """

    channels: dict[str, FloatArray]
    evidence: dict[str, FloatArray]
    total: FloatArray | None
    closeness: FloatArray


def lineage_means(values: FloatArray, rows: BoolArray, frame: Frame) -> tuple[FloatArray, BoolArray]:
    """[lineage, candidate] mean over the lineage's rows, and whether it has any.

    ``rows`` is [model] or [model, candidate].
    """
    kept = (rows if rows.ndim == 2 else rows[:, None]) & ~np.isnan(values)
    members = np.zeros((int(frame.codes.max()) + 1, len(values)))
    members[frame.codes, np.arange(len(values))] = 1.0
    sizes = members @ kept
    sums = members @ np.where(kept, values, 0.0)
    return sums / np.maximum(sizes, 1), sizes > 0


def double_centred(scores: FloatArray, frame: Frame) -> FloatArray:
    """Scores less the candidate's mean over other lineages, less the model's mean over candidates.

    The student's lineage and the row's own lineage are left out of the candidate's mean. With one
    candidate the second mean is not taken: it would be the score itself.
    """
    values = np.where(frame.masked, np.nan, scores)
    means, has = lineage_means(values, frame.reference, frame)
    own = np.where(has, means, 0.0)[frame.codes]
    others = has.sum(axis=0) - has[frame.codes]
    column = (np.where(has, means, 0.0).sum(axis=0) - own) / np.maximum(others, 1)
    centred = np.where(others > 0, values - column, np.nan)
    if values.shape[1] < 2:
        return centred
    kept = ~np.isnan(centred)
    row = np.where(kept, centred, 0.0).sum(axis=1) / np.maximum(kept.sum(axis=1), 1)
    return np.asarray(centred - row[:, None])


def left_out_z(values: FloatArray, negatives: BoolArray, frame: Frame) -> FloatArray:
    """t-predictive z of every row against the negatives of other lineages: (x - mean) / (sd sqrt(1 + 1/n)).

    Each lineage counts once and is left out for its own rows. NaN with fewer than two negatives;
    clipped to +-8.
    """
    means, has = lineage_means(values, negatives, frame)
    kept = np.where(has, means, 0.0)
    own = kept[frame.codes]
    n = has.sum(axis=0) - has[frame.codes]
    centre = (kept.sum(axis=0) - own) / np.maximum(n, 1)
    deviations = np.where(has, means, np.nan)[:, None, :] - centre[None, :, :]
    same = np.arange(len(means))[:, None] == frame.codes[None, :]
    squares = np.where(same[:, :, None] | np.isnan(deviations), 0.0, deviations**2)
    spread = np.sqrt(squares.sum(axis=0) / np.maximum(n - 1, 1)) * np.sqrt(1 + 1 / np.maximum(n, 1))
    distance = values - centre
    flat = spread < 1e-9
    z = np.where(
        flat,
        np.where(np.abs(distance) < 1e-9, 0.0, np.sign(distance) * CLIP),
        distance / np.where(flat, 1, spread),
    )
    return np.where(n >= 2, np.clip(z, -CLIP, CLIP), np.nan)


def combine(scores: Mapping[str, FloatArray], families: Mapping[str, str], frame: Frame) -> Combined:
    """Channels to one z: mean within an evidence family, then mean of the families, equal weights.

    ``scores``: per channel the raw closeness. ``families``: the evidence family of each channel.
    """
    centred = {name: double_centred(values, frame) for name, values in scores.items()}
    channels = {name: left_out_z(values, frame.negatives, frame) for name, values in centred.items()}
    evidence: dict[str, FloatArray] = {}
    for family in dict.fromkeys(families[name] for name in channels):
        evidence[family] = _mean([channels[name] for name in channels if families[name] == family])
    total = _mean(list(evidence.values())) if evidence else None
    units = [values[0] / _panel_spread(values, frame) for values in centred.values()]
    return Combined(channels, evidence, total, _mean(units) if units else np.empty(0))


def _panel_spread(values: FloatArray, frame: Frame) -> float:
    """Standard deviation of a channel's centred closeness over all references and candidates."""
    known = values[frame.reference]
    known = known[~np.isnan(known)]
    spread = float(known.std()) if known.size else 0.0
    return spread if spread > 1e-9 else 1.0


def _mean(arrays: list[FloatArray]) -> FloatArray:
    """Elementwise mean of the known values; NaN where none is known."""
    stacked = np.stack(arrays)
    known = ~np.isnan(stacked)
    total = np.where(known, stacked, 0.0).sum(axis=0)
    return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)


def mean_over(values: FloatArray, groups: list[list[int]]) -> FloatArray:
    """[model]: mean over groups of the mean over each group's columns (families of an owner)."""
    return _mean([_mean([values[:, j] for j in group]) for group in groups])


@dataclass(frozen=True)
class Scale:
    """Mean and predictive spread of the null lineages of one hypothesis."""

    centre: float
    spread: float
    n: int

    def z(self, value: float) -> float | None:
        """(value - centre) / spread, clipped to +-8; ``None`` when nothing was measured."""
        if self.n < 2 or np.isnan(value):
            return None
        if self.spread < 1e-9:
            return 0.0 if abs(value - self.centre) < 1e-9 else float(np.sign(value - self.centre) * CLIP)
        return float(np.clip((value - self.centre) / self.spread, -CLIP, CLIP))


def scale_of(values: FloatArray, rows: BoolArray, frame: Frame) -> Scale:
    """The scale of [model] ``values`` over the lineages of ``rows``."""
    means, has = lineage_means(values[:, None], rows, frame)
    kept = means[has[:, 0], 0]
    n = len(kept)
    if n < 2:
        return Scale(float(kept.mean()) if n else 0.0, 0.0, n)
    return Scale(float(kept.mean()), float(kept.std(ddof=1) * np.sqrt(1 + 1 / n)), n)

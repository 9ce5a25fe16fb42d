"""The student beside each candidate on the samples that both answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from evaluations.metrics._bootstrap import Bootstrap
from evaluations.metrics._slices import Slice
from evaluations.metrics.results import Flips, MarginOutcome, Retention
from evaluations.records import Sample

MIN_SAMPLES: Final = 30
"""With fewer common samples no interval decides; the outcome is undecided."""

MAX_FLIPS: Final = 50


def retentions(
    headline: Mapping[str, Sequence[float | None]],
    student: str,
    candidates: Sequence[str],
    samples: Sequence[Sample],
    slices: Sequence[Slice],
    margins: Mapping[str, float],
    bootstrap: Bootstrap,
) -> tuple[Retention, ...]:
    """The retention of ``student`` against every candidate in every slice.

    The margin of a criticality slice is the one of that criticality. Overall and by task type it
    is the mean of the margins of the samples in the slice.
    """
    sample_margins = np.array([margins.get(str(sample.criticality), np.nan) for sample in samples])
    ours = _array(headline[student])
    found = []
    for teacher in candidates:
        theirs = _array(headline[teacher])
        both = ~np.isnan(ours) & ~np.isnan(theirs)
        for part in slices:
            wanted = sample_margins[part.mask]
            margin = None if np.isnan(wanted).any() else round(float(wanted.mean()), 6)
            mask = part.mask & both
            found.append(_retention(teacher, part.name, ours[mask], theirs[mask], margin, bootstrap))
    return tuple(found)


def flips(
    accepted: Mapping[str, Sequence[bool | None]], student: str, teacher: str, samples: Sequence[Sample]
) -> Flips:
    """Samples of which exactly one answer is accepted; at most 50 ids of each kind, in order."""
    lost, gained, n = [], [], 0
    for sample, ours, theirs in zip(samples, accepted[student], accepted[teacher], strict=True):
        if ours is None or theirs is None:
            continue
        n += 1
        if theirs and not ours:
            lost.append(sample.id)
        elif ours and not theirs:
            gained.append(sample.id)
    return Flips(teacher, len(lost), len(gained), n, tuple(lost[:MAX_FLIPS]), tuple(gained[:MAX_FLIPS]))


def _array(values: Sequence[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _retention(
    teacher: str,
    name: str,
    ours: NDArray[np.float64],
    theirs: NDArray[np.float64],
    margin: float | None,
    bootstrap: Bootstrap,
) -> Retention:
    n = len(ours)
    if n == 0:
        reason = "no sample was answered by both"
        return Retention(teacher, name, None, None, None, None, None, 0, margin, "not_measured", reason)
    ours_mean, theirs_mean = float(ours.mean()), float(theirs.mean())
    if theirs_mean == 0:
        reason = "the teacher scores 0 on these samples, so a share of its score is undefined"
        return Retention(
            teacher, name, None, None, None, ours_mean, theirs_mean, n, margin, "not_measured", reason
        )
    low, high = bootstrap.ratio(ours, theirs)
    outcome, reason = _outcome(low, high, margin, n)
    value = ours_mean / theirs_mean
    return Retention(teacher, name, value, low, high, ours_mean, theirs_mean, n, margin, outcome, reason)


def _outcome(low: float, high: float, margin: float | None, n: int) -> tuple[MarginOutcome, str]:
    if margin is None:
        return "undecided", "no margin was fixed for this slice"
    if n < MIN_SAMPLES:
        return "undecided", f"only {n} common samples; at least {MIN_SAMPLES} are needed to decide"
    if low >= margin:
        return "within", ""
    if high < margin:
        return "below", ""
    return "undecided", "the interval includes the margin; more samples would narrow it"

"""The frozen outcome of scoring an audit. Field names are the keys of the stored finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MarginOutcome = Literal["within", "below", "undecided", "not_measured"]


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """One model under one metric on one slice.

    ``value`` with its 95 % bootstrap interval over samples; ``None`` means not measured.
    The two denominators: ``n_scored`` completions were scored, of ``n_all`` samples in the slice
    that the metric applies to; ``n_failed`` calls failed and are never counted as wrong.
    """

    model: str
    metric: str
    slice: str
    value: float | None
    low: float | None
    high: float | None
    n_scored: int
    n_all: int
    n_failed: int


@dataclass(frozen=True, slots=True)
class Retention:
    """Student score divided by the teacher's on the samples that both answered.

    ``slice``: ``overall``, ``criticality:<name>`` or ``task:<type>``. ``margin``: the locked share
    of the teacher's score that the student must keep. ``outcome``: within when the interval's lower
    end is at least the margin, below when its upper end is under it, else undecided.
    """

    teacher: str
    slice: str
    value: float | None
    low: float | None
    high: float | None
    student_value: float | None
    teacher_value: float | None
    n: int
    margin: float | None
    outcome: MarginOutcome
    reason: str


@dataclass(frozen=True, slots=True)
class Flips:
    """Samples where exactly one of the two is accepted."""

    teacher: str
    lost: int
    gained: int
    n: int
    lost_ids: tuple[str, ...]
    gained_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QualityResult:
    """Quality on the buyer's tasks. ``headline``: the metric that decides, by task type."""

    headline: dict[str, str]
    n_samples: int
    n_with_target: int
    summaries: tuple[MetricSummary, ...]
    retentions: tuple[Retention, ...]
    flips: tuple[Flips, ...]
    accepted: dict[str, int]
    reason: str

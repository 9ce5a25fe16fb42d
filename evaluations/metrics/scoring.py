"""Scores an audit: per model and slice, against each candidate, sample by sample.

The metric that decides (headline) is exact match for classification, extraction and question
answering, ROUGE-L for summarisation and generation, chrF for translation. An answer is *accepted*
when its headline score is 1 under exact match, or at least 0.5 under ROUGE-L or chrF: a convention
that says "closer to the reference than not", shown wherever acceptance is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from evaluations.metrics._answers import Answer, AnswerReader
from evaluations.metrics._bootstrap import Bootstrap
from evaluations.metrics._comparing import flips, retentions
from evaluations.metrics._slices import Slice, slices_of
from evaluations.metrics._summaries import summaries_of
from evaluations.metrics.results import MetricSummary, QualityResult, Retention
from evaluations.records import Completion, Sample, TaskType
from evaluations.registry import Registry

if TYPE_CHECKING:
    from evaluations.metrics._text_metric import TextMetric

ACCEPTED_FROM: Final = 0.5
NO_TARGETS: Final = "no targets in this suite"

_NOT_METRICS: Final = frozenset({"results", "scoring"})


class MetricRegistry(Registry[type["TextMetric"]]):
    """Every public module of this package but the results and the scoring is one metric."""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The stems of all metrics."""
        return tuple(name for name in super().names if name not in _NOT_METRICS)


metrics = MetricRegistry("evaluations.metrics", "METRIC")


@dataclass(frozen=True, slots=True)
class Scored:
    """The finding and what it was computed from.

    ``per_sample[model][metric]`` and ``accepted[model]`` align with the samples; ``None`` where an
    answer was not scored: no target, no answer, a failed call, or a metric of another task type.
    """

    quality: QualityResult
    per_sample: dict[str, dict[str, tuple[float | None, ...]]]
    accepted: dict[str, tuple[bool | None, ...]]


def score(
    samples: Sequence[Sample],
    runs: Mapping[str, Sequence[Completion | None]],
    *,
    student: str,
    candidates: Sequence[str],
    margins: Mapping[str, float],
    seed: int,
) -> Scored:
    """Scores every run against the targets of ``samples``.

    ``runs``: model key → one completion per sample in order, ``None`` where there is none.
    ``margins``: criticality → share of the teacher's score to keep. A failed call is never a wrong
    answer but left out. ``ValueError``: a run of another length, or a compared model without run.
    """
    _check(samples, runs, student, candidates)
    n_with_target = sum(bool(sample.targets) for sample in samples)
    if not n_with_target:
        return _without_targets(samples, runs, candidates)
    bench = _Bench(samples)
    bootstrap = Bootstrap(seed)
    per_sample: dict[str, dict[str, tuple[float | None, ...]]] = {}
    summaries: list[MetricSummary] = []
    for model, run in runs.items():
        scores, answers = bench.scores(run)
        per_sample[model] = scores
        summaries.extend(summaries_of(model, bench.targets_of, run, scores, answers, bench.slices, bootstrap))
    headline = {model: bench.headline_scores(scores) for model, scores in per_sample.items()}
    accepted = {model: bench.accepted(values) for model, values in headline.items()}
    quality = QualityResult(
        headline=bench.headline,
        n_samples=len(samples),
        n_with_target=n_with_target,
        summaries=tuple(summaries),
        retentions=retentions(headline, student, candidates, samples, bench.slices, margins, bootstrap),
        flips=tuple(flips(accepted, student, teacher, samples) for teacher in candidates),
        accepted=_counts(accepted),
        reason=_partial(n_with_target, len(samples)),
    )
    return Scored(quality, per_sample, accepted)


def _check(
    samples: Sequence[Sample],
    runs: Mapping[str, Sequence[Completion | None]],
    student: str,
    candidates: Sequence[str],
) -> None:
    for model in (student, *candidates):
        if model not in runs:
            raise ValueError(f"no run of {model!r}; runs of: {', '.join(sorted(runs)) or 'no model'}")
    for model, run in runs.items():
        if len(run) != len(samples):
            raise ValueError(
                f"run of {model!r} has {len(run)} completions; expected {len(samples)}, one a sample"
            )


def _partial(n_with_target: int, n: int) -> str:
    return "" if n_with_target == n else f"{n_with_target:,} of {n:,} samples have a target"


def _counts(accepted: Mapping[str, Sequence[bool | None]]) -> dict[str, int]:
    """Accepted answers of every model that has a scored one."""
    return {
        model: sum(value is True for value in values)
        for model, values in accepted.items()
        if any(value is not None for value in values)
    }


def _without_targets(
    samples: Sequence[Sample], runs: Mapping[str, Sequence[Completion | None]], candidates: Sequence[str]
) -> Scored:
    none = (None,) * len(samples)
    nothing = tuple(
        Retention(teacher, "overall", None, None, None, None, None, 0, None, "not_measured", NO_TARGETS)
        for teacher in candidates
    )
    quality = QualityResult({}, len(samples), 0, (), nothing, (), {}, NO_TARGETS)
    return Scored(quality, {model: {} for model in runs}, dict.fromkeys(runs, none))


class _Bench:
    """The samples with the metrics that apply to them, ready to score one run after another."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self.samples = samples
        self.reader = AnswerReader(samples)
        self.slices: tuple[Slice, ...] = slices_of(samples)
        types = {sample.task_type for sample in samples if sample.targets}
        self.metrics = {name: metric() for name, metric in metrics.items() if metric.task_types & types}
        deciding = {task: name for name, metric in self.metrics.items() for task in metric.headline_for}
        self.headline = {str(task): deciding[task] for task in sorted(types)}
        self.targets_of = {
            name: [bool(s.targets) and s.task_type in metric.task_types for s in samples]
            for name, metric in self.metrics.items()
        }

    def scores(
        self, run: Sequence[Completion | None]
    ) -> tuple[dict[str, tuple[float | None, ...]], dict[int, Answer]]:
        """Per-sample scores by metric, and the answers by sample number."""
        answers = {
            number: self.reader.read(sample, completion.text)
            for number, (sample, completion) in enumerate(zip(self.samples, run, strict=True))
            if completion is not None and not completion.error and sample.targets
        }
        scores: dict[str, tuple[float | None, ...]] = {}
        for name, metric in self.metrics.items():
            if not metric.defined_per_sample:
                continue
            numbers = [number for number in answers if self.targets_of[name][number]]
            measured = metric.measure(
                [answers[number].text for number in numbers],
                [answers[number].references for number in numbers],
            )
            values: list[float | None] = [None] * len(self.samples)
            for number, value in zip(numbers, measured.per_sample, strict=True):
                values[number] = value
            scores[name] = tuple(values)
        return scores, answers

    def headline_scores(self, scores: Mapping[str, Sequence[float | None]]) -> tuple[float | None, ...]:
        """Each sample's score under the metric that decides its task type."""
        return tuple(
            scores[self.headline[sample.task_type]][number] if sample.targets else None
            for number, sample in enumerate(self.samples)
        )

    def accepted(self, values: Sequence[float | None]) -> tuple[bool | None, ...]:
        """Whether each answer is accepted; ``None`` where it was not scored."""
        exact = {TaskType.CLASSIFICATION, TaskType.EXTRACTION, TaskType.QA}
        return tuple(
            None if value is None else value >= (1.0 if sample.task_type in exact else ACCEPTED_FROM)
            for sample, value in zip(self.samples, values, strict=True)
        )

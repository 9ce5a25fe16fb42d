"""One model's value under every metric and slice, with its interval and both denominators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from evaluations.metrics._answers import Answer
from evaluations.metrics._bootstrap import Bootstrap, interval
from evaluations.metrics._confusion import confusion_cells, macro_f1_of_counts
from evaluations.metrics._slices import Slice
from evaluations.metrics.results import MetricSummary
from evaluations.records import Completion


def summaries_of(
    model: str,
    applies: Mapping[str, Sequence[bool]],
    run: Sequence[Completion | None],
    scores: Mapping[str, Sequence[float | None]],
    answers: Mapping[int, Answer],
    slices: Sequence[Slice],
    bootstrap: Bootstrap,
) -> list[MetricSummary]:
    """A summary per metric and slice to which the metric applies.

    ``applies``: metric → whether it scores each sample; metrics without per-sample scores (absent
    from ``scores``) are resampled over their confusion cells.
    """
    failed = np.array([completion is not None and bool(completion.error) for completion in run])
    answered = np.zeros(len(run), dtype=bool)
    answered[list(answers)] = True
    found = []
    for metric, wanted in applies.items():
        values = np.array([np.nan if v is None else v for v in scores.get(metric, ())], dtype=np.float64)
        for part in slices:
            mask = part.mask & np.array(wanted)
            if not mask.any():
                continue
            scored = mask & answered
            numbers = (
                _mean(values[scored], bootstrap)
                if metric in scores
                else _macro_f1(scored, answers, bootstrap)
            )
            counts = (int(scored.sum()), int(mask.sum()), int((mask & failed).sum()))
            found.append(MetricSummary(model, metric, part.name, *numbers, *counts))
    return found


def _mean(
    values: NDArray[np.float64], bootstrap: Bootstrap
) -> tuple[float | None, float | None, float | None]:
    if not len(values):
        return None, None, None
    return (float(values.mean()), *bootstrap.mean(values))


def _macro_f1(
    scored: NDArray[np.bool_], answers: Mapping[int, Answer], bootstrap: Bootstrap
) -> tuple[float | None, float | None, float | None]:
    chosen = [answers[number] for number in np.flatnonzero(scored).tolist()]
    if not chosen:
        return None, None, None
    cells, counts = confusion_cells([a.text for a in chosen], [a.references for a in chosen])
    value = float(macro_f1_of_counts(cells, counts[None, :])[0])
    return (value, *interval(macro_f1_of_counts(cells, bootstrap.multinomial(counts))))

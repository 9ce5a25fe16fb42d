"""Label against answer, counted once per distinct pair, so that resampling is over few cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluations.metrics._texts import normalise


def confusion_cells(
    predictions: Sequence[str], references: Sequence[Sequence[str]]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The distinct (label, answer) pairs as indices (g × 2) and how often each occurs (g).

    Labels are numbered from 0; an answer outside them is -1.
    """
    pairs = [_pair(p, [normalise(r) for r in refs]) for p, refs in zip(predictions, references, strict=True)]
    index = {label: number for number, label in enumerate(sorted({label for label, _ in pairs}))}
    coded = np.array([(index[label], index.get(answer, -1)) for label, answer in pairs], dtype=np.int64)
    cells, counts = np.unique(coded, axis=0, return_counts=True)
    return cells, counts.astype(np.float64)


def macro_f1_of_counts(cells: NDArray[np.int64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Macro-F1 of each row of ``counts`` (b × g) over ``cells`` (g × 2); labels that a row does not
    draw at all are left out of its mean."""
    n_labels = int(cells[:, 0].max()) + 1
    labels = np.arange(n_labels)
    of_label = (cells[:, :1] == labels).astype(np.float64)
    of_answer = (cells[:, 1:] == labels).astype(np.float64)
    true_positive = counts @ (of_label * of_answer)
    actual, answered = counts @ of_label, counts @ of_answer
    score = 2 * true_positive / np.maximum(actual + answered, 1e-12)
    present = actual > 0
    return np.asarray((score * present).sum(axis=1) / np.maximum(present.sum(axis=1), 1))


def _pair(prediction: str, references: Sequence[str]) -> tuple[str, str]:
    answer = normalise(prediction)
    return (answer if answer in references else references[0]), answer

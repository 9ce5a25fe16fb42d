"""Macro-F1 over the labels of a closed set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from evaluations.metrics._confusion import confusion_cells, macro_f1_of_counts
from evaluations.metrics._text_metric import TextMetric
from evaluations.records import TaskType


class MacroF1(TextMetric):
    """Unweighted mean of F1 over the labels that occur among the targets.

    F1 of a label = 2TP / (2TP + FP + FN). An answer outside the label set counts as a miss of its
    target and as no label's false positive, so a label that no target has never enters the mean
    (scikit-learn's ``f1_score`` with ``labels=`` the targets' labels). Where a sample has several
    targets, the matching one is its label, else the first.
    """

    title: ClassVar[str] = "Macro-F1"
    description: ClassVar[str] = "Mean over labels of F1, each label counting the same, 0 to 1."
    task_types: ClassVar[frozenset[str]] = frozenset({TaskType.CLASSIFICATION})
    defined_per_sample: ClassVar[bool] = False

    def corpus_value(self, predictions: Sequence[str], references: Sequence[Sequence[str]]) -> float:
        """Macro-F1 in [0, 1]."""
        cells, counts = confusion_cells(predictions, references)
        return float(macro_f1_of_counts(cells, counts[None, :])[0])


METRIC: Final = MacroF1

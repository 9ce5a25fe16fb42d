"""Exact match: is the answer, lightly normalised, one of the references?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from evaluations.metrics._text_metric import TextMetric
from evaluations.metrics._texts import normalise
from evaluations.records import TaskType


class ExactMatch(TextMetric):
    """1 when ``normalise(answer)`` equals ``normalise(reference)`` for any reference, else 0."""

    title: ClassVar[str] = "Exact match"
    description: ClassVar[str] = "Share of answers equal to a reference after light normalisation."
    task_types: ClassVar[frozenset[str]] = frozenset(
        {TaskType.CLASSIFICATION, TaskType.EXTRACTION, TaskType.QA}
    )
    headline_for: ClassVar[frozenset[str]] = task_types

    def sample_score(self, prediction: str, references: Sequence[str]) -> float:
        """1.0 or 0.0."""
        answer = normalise(prediction)
        return float(any(answer == normalise(reference) for reference in references))


METRIC: Final = ExactMatch

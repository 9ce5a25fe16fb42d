"""chrF (Popović 2015) from sacrebleu: overlap of character n-grams up to 6."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from evaluations.metrics._text_metric import TextMetric
from evaluations.records import TaskType


class ChrF(TextMetric):
    """sacrebleu's sentence chrF2 (n-grams 1 to 6, beta 2) divided by 100, best over references.

    The value over all samples is the mean of the sentences, so that it can be resampled by sample.
    """

    title: ClassVar[str] = "chrF"
    description: ClassVar[str] = "Overlap of character n-grams with the reference, mean over samples, 0 to 1."
    citation_text: ClassVar[str] = "Popović 2015, chrF: character n-gram F-score for automatic MT evaluation"
    task_types: ClassVar[frozenset[str]] = frozenset(
        {TaskType.TRANSLATION, TaskType.SUMMARISATION, TaskType.GENERATION}
    )
    headline_for: ClassVar[frozenset[str]] = frozenset({TaskType.TRANSLATION})

    def __init__(self) -> None:
        from sacrebleu.metrics import CHRF

        super().__init__()
        self._chrf: Any = CHRF()

    def sample_score(self, prediction: str, references: Sequence[str]) -> float:
        """chrF / 100 in [0, 1]. Texts without a visible character agree when both are blank."""
        if not prediction.strip():
            return float(any(not reference.strip() for reference in references))
        score = float(self._chrf.sentence_score(prediction, list(references)).score) / 100
        return min(score, 1.0)


METRIC: Final = ChrF

"""ROUGE-L (Lin 2004): the longest common subsequence of tokens, for any script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from rapidfuzz.distance import LCSseq

from evaluations.metrics._text_metric import TextMetric
from evaluations.metrics._texts import tokens
from evaluations.records import TaskType


class RougeL(TextMetric):
    """F = 2L / (m + n), L the longest common subsequence of m and n tokens, best over references.

    Equal to the F-measure of the package rouge-score given the same tokens; its own tokenizer drops
    everything that is not ASCII, so texts in other scripts would score 0. The subsequence is found
    by bit-parallel search because the plain table costs minutes on long answers.
    """

    title: ClassVar[str] = "ROUGE-L"
    description: ClassVar[str] = "Longest common subsequence of words with the reference, F-measure, 0 to 1."
    citation_text: ClassVar[str] = "Lin 2004, ROUGE: A Package for Automatic Evaluation of Summaries"
    task_types: ClassVar[frozenset[str]] = frozenset({TaskType.SUMMARISATION, TaskType.GENERATION})
    headline_for: ClassVar[frozenset[str]] = task_types

    def sample_score(self, prediction: str, references: Sequence[str]) -> float:
        """F-measure in [0, 1]. Two texts without a word agree when they are equal."""
        return max(_f_measure(prediction, reference) for reference in references)


def _f_measure(prediction: str, reference: str) -> float:
    answer, wanted = tokens(prediction), tokens(reference)
    if not answer and not wanted:
        return float(prediction.strip() == reference.strip())
    return 2 * float(LCSseq.similarity(answer, wanted)) / (len(answer) + len(wanted))


METRIC: Final = RougeL

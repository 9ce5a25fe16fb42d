"""Token F1 as in the SQuAD evaluation (Rajpurkar et al. 2016), for any script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar, Final

from evaluations.metrics._text_metric import TextMetric
from evaluations.metrics._texts import squad_tokens
from evaluations.records import TaskType


class TokenF1(TextMetric):
    """F1 = 2PR / (P + R) over the multiset of tokens, the best over the references.

    Two texts without tokens (punctuation or articles only) agree fully; one without and one with
    tokens score 0, as in SQuAD.
    """

    title: ClassVar[str] = "Token F1"
    description: ClassVar[str] = "Overlap of answer and reference in tokens, best reference, 0 to 1."
    citation_text: ClassVar[str] = (
        "Rajpurkar et al. 2016, SQuAD: 100,000+ Questions for Machine Comprehension of Text"
    )
    task_types: ClassVar[frozenset[str]] = frozenset({TaskType.EXTRACTION, TaskType.QA})

    def sample_score(self, prediction: str, references: Sequence[str]) -> float:
        """F1 in [0, 1]."""
        return max(_f1(squad_tokens(prediction), squad_tokens(reference)) for reference in references)


def _f1(answer: tuple[str, ...], reference: tuple[str, ...]) -> float:
    if not answer or not reference:
        return float(answer == reference)
    common = sum((Counter(answer) & Counter(reference)).values())
    return 2 * common / (len(answer) + len(reference))


METRIC: Final = TokenF1

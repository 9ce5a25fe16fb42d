"""The base of every metric: our own ``evaluate.Metric`` over texts, without the hub or a home folder."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from evaluations.records import NOT_MEASURED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


@contextmanager
def _without_pipelines() -> Iterator[None]:
    """Keeps ``import evaluate`` from loading transformers and torch for pipelines nobody uses here.

    evaluate treats transformers as optional; loading it costs seconds and hundreds of megabytes in
    processes that only score texts. Where it is loaded already, nothing is changed.
    """
    if "transformers" in sys.modules:
        yield
        return
    modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment]
    modules["transformers"] = None
    try:
        yield
    finally:
        del modules["transformers"]


with _without_pipelines():
    import datasets
    import evaluate


@cache
def _scratch() -> tempfile.TemporaryDirectory[str]:
    """One folder of this process, removed at its end."""
    return tempfile.TemporaryDirectory(prefix="pedigree-metrics-")


@dataclass(frozen=True, slots=True)
class Measured:
    """``value`` over all samples and ``per_sample`` where the metric is defined for one sample.

    ``value`` is ``NOT_MEASURED`` and ``per_sample`` empty when there was nothing to score.
    """

    value: float | None
    per_sample: tuple[float | None, ...]


class TextMetric(evaluate.Metric):  # type: ignore[misc]
    """One answer against one or more references; higher is better, 0 is worst and 1 best.

    A subclass names itself (``title``, ``task_types`` it applies to, ``headline_for`` which it
    decides) and implements :meth:`sample_score`, or :meth:`corpus_value` where a single answer has
    no score of its own (``defined_per_sample`` false).
    """

    title: ClassVar[str]
    description: ClassVar[str]
    citation_text: ClassVar[str] = ""
    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0
    task_types: ClassVar[frozenset[str]]
    headline_for: ClassVar[frozenset[str]] = frozenset()
    defined_per_sample: ClassVar[bool] = True

    def __init__(self) -> None:
        # evaluate makes its folder even when all is kept in memory; a read-only home must not matter.
        super().__init__(keep_in_memory=True, cache_dir=_scratch().name, seed=0)

    def _info(self) -> Any:
        features = datasets.Features(
            {
                "predictions": datasets.Value("string"),
                "references": datasets.Sequence(datasets.Value("string")),
            }
        )
        return evaluate.MetricInfo(
            description=self.description,
            citation=self.citation_text,
            features=features,
            inputs_description="",
        )

    def _compute(self, predictions: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, Any]:
        if not self.defined_per_sample:
            return {"value": self.corpus_value(predictions, references), "per_sample": None}
        scores = [self.sample_score(p, r) for p, r in zip(predictions, references, strict=True)]
        return {"value": sum(scores) / len(scores), "per_sample": scores}

    def measure(self, predictions: Sequence[str], references: Sequence[Sequence[str]]) -> Measured:
        """Scores ``predictions`` (n texts) against ``references`` (n non-empty lists of texts).

        ``value`` is the mean of the samples' scores unless the metric defines its own corpus value.
        Raises ``ValueError`` when the two differ in length or a sample has no reference.
        """
        if len(predictions) != len(references):
            raise ValueError(f"{len(predictions)} predictions, {len(references)} lists of references")
        if any(not alternatives for alternatives in references):
            raise ValueError("a sample without a reference cannot be scored; leave it out")
        if not predictions:
            return Measured(NOT_MEASURED, ())
        result = self.compute(predictions=list(predictions), references=[list(r) for r in references])
        scores = result["per_sample"]
        return Measured(
            float(result["value"]), (None,) * len(predictions) if scores is None else tuple(scores)
        )

    def sample_score(self, prediction: str, references: Sequence[str]) -> float:
        """The score of one answer, the best over its references, in [``low``, ``high``]."""
        raise NotImplementedError(f"{type(self).__name__} has no score for a single sample")

    def corpus_value(self, predictions: Sequence[str], references: Sequence[Sequence[str]]) -> float:
        """The value over all samples, for a metric that is not a mean of samples' scores."""
        raise NotImplementedError(f"{type(self).__name__} is the mean of its samples' scores")

"""The texts that a statistic sees: models by prompts, with the lineage of each model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from evaluations.provenance import texts

Texts = tuple[tuple[str | None, ...], ...]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

LONG_ANSWER = 400


@dataclass(frozen=True)
class Corpus:
    """Greedy answers of every model.

    ``answers[m][i]`` is the text of model ``m`` for prompt ``i`` or ``None``. ``candidates`` are
    the row numbers of the teacher candidates. ``lineages`` gives the independent unit of each row:
    panel rates count lineages, so that ten sisters weigh as much as one model.
    """

    models: tuple[str, ...]
    lineages: tuple[str, ...]
    prompts: tuple[str, ...]
    answers: Texts
    candidates: tuple[int, ...]

    @cached_property
    def lineage_codes(self) -> IntArray:
        """The lineage of each row as a number from 0."""
        names = {name: code for code, name in enumerate(dict.fromkeys(self.lineages))}
        return np.array([names[name] for name in self.lineages], dtype=np.int64)

    @cached_property
    def n_lineages(self) -> int:
        """How many lineages the rows form."""
        return int(self.lineage_codes.max()) + 1 if self.lineages else 0

    @cached_property
    def present(self) -> BoolArray:
        """[model, prompt]: there is an answer with at least one word."""
        return self.word_counts > 0

    @cached_property
    def word_counts(self) -> IntArray:
        """[model, prompt]: words in the answer, 0 where it is missing."""
        rows = [[0 if t is None else len(texts.word_ids(t)) for t in row] for row in self.answers]
        return np.array(rows, dtype=np.int64).reshape(len(self.models), len(self.prompts))

    @cached_property
    def median_words(self) -> FloatArray:
        """[prompt]: median words of the answers given; 0 where nobody answered."""
        counts = np.where(self.present, self.word_counts, np.nan)
        answered = self.present.any(axis=0)
        medians = np.zeros(len(self.prompts))
        medians[answered] = np.nanmedian(counts[:, answered], axis=0)
        return medians

    @cached_property
    def answer_codes(self) -> IntArray:
        """[model, prompt]: number of the normalised answer within its prompt, -1 where missing.

        Answers of more than ``LONG_ANSWER`` characters are compared unchanged, for speed.
        """
        codes = np.full((len(self.models), len(self.prompts)), -1, dtype=np.int64)
        for prompt in range(len(self.prompts)):
            seen: dict[str, int] = {}
            for model, row in enumerate(self.answers):
                text = row[prompt]
                if text is not None and self.present[model, prompt]:
                    key = texts.normalised(text) if len(text) <= LONG_ANSWER else text
                    codes[model, prompt] = seen.setdefault(key, len(seen))
        return codes

    @cached_property
    def distinct_share(self) -> FloatArray:
        """[prompt]: distinct normalised answers per answer given; 1 where nobody answered."""
        given = self.present.sum(axis=0)
        distinct = self.answer_codes.max(axis=0, initial=-1) + 1
        return np.where(given > 0, distinct / np.maximum(given, 1), 1.0)

    def with_answers(self, change: Callable[[int, str], str]) -> Corpus:
        """The same corpus with every text replaced by ``change(prompt number, text)``."""
        return replace(
            self,
            answers=tuple(
                tuple(None if t is None else change(i, t) for i, t in enumerate(row)) for row in self.answers
            ),
        )

    def only(self, prompts: Sequence[int]) -> Corpus:
        """The corpus of some prompts, by number."""
        return replace(
            self,
            prompts=tuple(self.prompts[i] for i in prompts),
            answers=tuple(tuple(row[i] for i in prompts) for row in self.answers),
        )

"""The same question under other choices: how much does the answer hang on one of them?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from evaluations.provenance import texts
from evaluations.provenance.corpus import Corpus
from evaluations.provenance.frame import Frame
from evaluations.provenance.hypotheses import declared_owner
from evaluations.provenance.measuring import Measurement, measured
from evaluations.provenance.nulls import Combined
from evaluations.provenance.results import SensitivityRow
from evaluations.provenance.wording import plural

MOST_PROMPTS = 240
"""Rewriting texts repeats the whole measurement, so it is done on a spread of prompts."""


def rows(
    found: Measurement, owners: Sequence[str], admissible: Sequence[bool], seed: int
) -> tuple[SensitivityRow, ...]:
    """z and p of each owner under each variation."""
    answers: list[SensitivityRow] = []

    def add(variation: str, combined: Combined, frame: Frame, allowed: Sequence[bool], note: str) -> None:
        answers.extend(_row(variation, combined, frame, owner, allowed, note) for owner in owners)

    every = [True] * len(admissible)
    headline = found.combined()
    add("as reported", headline, found.frame, admissible, plural(len(found.corpus.prompts), "prompt"))
    add("date filter off", headline, found.frame, every, "time-barred candidates count too")
    if len(found.contributions) > 1:
        for name in found.contributions:
            add(
                f"without {name}",
                found.combined(without=name),
                found.frame,
                admissible,
                "one channel left out",
            )
    for half, weights in enumerate(_halves(len(found.corpus.prompts), seed), start=1):
        add(
            f"half of the prompts ({half} of 2)",
            found.combined(weights),
            found.frame,
            admissible,
            "random half",
        )
    if any(found.frame.sharing_data(owner).any() for owner in owners):
        wider = replace(found.frame, count_shared_data=True)
        add("data-sharing lineages in the null", headline, wider, admissible, "counted as untaught")
    answers.extend(_rewritten(found, owners, admissible))
    return tuple(answers)


def _rewritten(found: Measurement, owners: Sequence[str], admissible: Sequence[bool]) -> list[SensitivityRow]:
    """Length-matched and format-stripped, beside the same prompts unchanged."""
    step = max(1.0, len(found.corpus.prompts) / MOST_PROMPTS)
    kept = [int(i * step) for i in range(min(len(found.corpus.prompts), MOST_PROMPTS))]
    part = found.corpus.only(kept)
    lengths = matched_lengths(part)
    variants = {
        "length-matched": part.with_answers(lambda i, text: texts.first_words(text, lengths[i])),
        "format-stripped": part.with_answers(lambda _, text: texts.strip_format(text)),
    }
    if len(kept) < len(found.corpus.prompts):
        variants = {"unchanged, fewer prompts": part, **variants}
    note = plural(len(kept), "prompt")
    answers: list[SensitivityRow] = []
    for variation, corpus in variants.items():
        combined = measured(corpus, found.frame).combined()
        answers.extend(_row(variation, combined, found.frame, owner, admissible, note) for owner in owners)
    return answers


def matched_lengths(corpus: Corpus) -> list[int]:
    """[prompt] words kept when all answers are cut to one length: the lower quartile of the models."""
    counts = np.where(corpus.present, corpus.word_counts, np.nan)
    answered = corpus.present.any(axis=0)
    lengths = np.ones(len(corpus.prompts))
    lengths[answered] = np.nanquantile(counts[:, answered], 0.25, axis=0)
    return [max(1, int(value)) for value in lengths]


def _halves(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    order = np.random.default_rng([seed, 13]).permutation(n)
    first = np.zeros(n)
    first[order[: n // 2]] = 1.0
    return first, 1.0 - first


def _row(
    variation: str, combined: Combined, frame: Frame, owner: str, allowed: Sequence[bool], note: str
) -> SensitivityRow:
    if combined.total is None:
        return SensitivityRow(variation, owner, None, None, f"not measured; {note}")
    test = declared_owner(combined.total, frame, owner, allowed)
    if test is None or np.isnan(test.values[0]):
        return SensitivityRow(variation, owner, None, None, f"not measured; {note}")
    return SensitivityRow(variation, owner, test.z, test.p, note)

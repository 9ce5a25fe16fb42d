"""Rarity-weighted agreement on short answers.

For prompt i let a be the normalised answer that model m and candidate c share, and r the share of
lineages in which some model gives a:

    s(m, c) = mean over prompts of [a_m = a_c] * -log(r_i(a))

Range: 0 (never agree, or only where everybody agrees) to log(lineages). Agreeing where the panel
disagrees is evidence; agreeing where everybody does is none. The rate is taken per prompt, never
as 1 / number of labels, because prompts differ in difficulty.

Source: after the rarity weights of record linkage (Fellegi & Sunter 1969) and the point that
capable models agree on errors (Goel et al. 2025, "Great Models Think Alike").
"""

from __future__ import annotations

import numpy as np

from evaluations.provenance.corpus import BoolArray, Corpus
from evaluations.provenance.statistic import Contributions, Statistic

MINIMUM_PROMPTS = 30
LONGEST_ANSWER = 20
MOST_DISTINCT = 0.7


def usable(corpus: Corpus) -> BoolArray:
    """[prompt]: answers are short, repeat across the panel, and do not all agree."""
    short = (corpus.median_words > 0) & (corpus.median_words <= LONGEST_ANSWER)
    varied = corpus.answer_codes.max(axis=0, initial=-1) >= 1
    return np.asarray(short & varied & (corpus.distinct_share <= MOST_DISTINCT))


def contributions(corpus: Corpus) -> Contributions | None:
    """[model, candidate, prompt]: weight of the shared answer, 0 where they differ."""
    used = usable(corpus)
    if used.sum() < MINIMUM_PROMPTS:
        return None
    columns = np.array(corpus.candidates, dtype=np.int64)
    values = np.empty((len(corpus.models), len(columns), int(used.sum())), dtype=np.float32)
    for position, prompt in enumerate(np.flatnonzero(used)):
        codes = corpus.answer_codes[:, prompt]
        given = codes >= 0
        pairs = np.unique(np.stack([codes[given], corpus.lineage_codes[given]]), axis=1)
        lineages = np.bincount(pairs[0])
        weight = np.log(len(np.unique(pairs[1])) / lineages)
        same = codes[:, None] == codes[None, columns]
        values[:, :, position] = np.where(same, weight[codes][:, None], 0.0)
        values[~given, :, position] = np.nan
        values[:, ~given[columns], position] = np.nan
    return Contributions(values, used)


STATISTIC = Statistic(
    family="answers",
    access="short_answers",
    minimum_prompts=MINIMUM_PROMPTS,
    contributions=contributions,
)

"""Panel-rarity-weighted n-gram cosine: do two models use the same rare phrases?

For prompt i let A and B be the sets of word 1- to 3-grams of two answers, n the lineages that
answered, n_g those in which some model uses gram g, and w_g = log((1 + n) / n_g):

    s(m, c) = mean over prompts of  sum_{g in A and B} w_g^2 / sqrt(sum_A w_g^2 * sum_B w_g^2)

Range: 0 (nothing shared) to 1 (the same grams). Phrases that every model uses for this prompt
hardly count; every lineage counts once, the suspect's own as one more, so that no model is
treated differently from another.

Source: tf-idf cosine (Salton & Buckley 1988) with the panel of models as the collection.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from evaluations.provenance import texts
from evaluations.provenance.corpus import BoolArray, Corpus, IntArray
from evaluations.provenance.statistic import Contributions, Statistic

MINIMUM_PROMPTS = 20
SHORTEST_ANSWER = 5
LEAST_DISTINCT = 0.3
ORDERS = (1, 2, 3)


def usable(corpus: Corpus) -> BoolArray:
    """[prompt]: free text, that is answers of some length that differ between models."""
    return np.asarray((corpus.median_words >= SHORTEST_ANSWER) & (corpus.distinct_share >= LEAST_DISTINCT))


def _grams(corpus: Corpus, order: IntArray, prompt: int) -> tuple[IntArray, npt.NDArray[np.uint64]]:
    """Place in ``order`` and gram of every gram occurrence in the answers to one prompt."""
    found = [texts.word_ids(corpus.answers[row][prompt] or "") for row in order]
    places = np.repeat(np.arange(len(found)), [len(ids) for ids in found])
    words = np.concatenate(found)
    owners, grams = [], []
    for size in ORDERS:
        ends = len(words) - size + 1
        if ends > 0:
            inside = places[:ends] == places[size - 1 :]
            owners.append(places[:ends][inside])
            grams.append(texts.ngram_ids(words, size)[inside])
    return np.concatenate(owners), np.concatenate(grams)


def _cosines(corpus: Corpus, order: IntArray, prompt: int) -> npt.NDArray[np.float32]:
    """[model, candidate] weighted cosine for one prompt; 0 where there is no answer.

    One sort of the grams gives the columns of a sparse matrix; ``order`` keeps lineages together,
    so that a change of lineage within a column is one more lineage that uses the gram.
    """
    places, grams = _grams(corpus, order, prompt)
    sorting = np.argsort(grams, kind="stable")
    # The occurrences were listed by order of gram, then by place: a gram has one order only.
    grams, places = grams[sorting], places[sorting]
    starts = np.concatenate([[True], grams[1:] != grams[:-1]])
    kept = starts | np.concatenate([[True], places[1:] != places[:-1]])
    starts, places = starts[kept], places[kept]
    lineage = corpus.lineage_codes[order][places]
    columns = np.cumsum(starts) - 1
    news = starts | np.concatenate([[True], lineage[1:] != lineage[:-1]])
    weight = np.log((1 + len(np.unique(lineage))) / np.bincount(columns[news])).astype(np.float32)
    values = weight[columns]
    norms = np.sqrt(np.bincount(places, values * values, minlength=len(order)))
    values = values / np.maximum(norms, 1e-12)[places].astype(np.float32)
    pointers = np.concatenate([np.flatnonzero(starts), [len(places)]])
    by_gram = sparse.csr_matrix((values, places, pointers), shape=(len(weight), len(order)))
    where = np.argsort(order)
    chosen = by_gram[:, where[list(corpus.candidates)]]
    return np.asarray((by_gram.T @ chosen).toarray()[where], dtype=np.float32)


def contributions(corpus: Corpus) -> Contributions | None:
    """[model, candidate, prompt]: weighted cosine of the two answers."""
    used = usable(corpus)
    if used.sum() < MINIMUM_PROMPTS:
        return None
    columns = np.array(corpus.candidates, dtype=np.int64)
    order = np.argsort(corpus.lineage_codes, kind="stable")
    values = np.empty((len(corpus.models), len(columns), int(used.sum())), dtype=np.float32)
    for position, prompt in enumerate(np.flatnonzero(used)):
        values[:, :, position] = _cosines(corpus, order, int(prompt))
        missing = ~corpus.present[:, prompt]
        values[missing, :, position] = np.nan
        values[:, missing[columns], position] = np.nan
    return Contributions(values, used)


STATISTIC = Statistic(
    family="identity",
    access="text",
    minimum_prompts=MINIMUM_PROMPTS,
    contributions=contributions,
)

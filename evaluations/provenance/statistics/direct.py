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


def _grams(corpus: Corpus, prompt: int) -> tuple[IntArray, npt.NDArray[np.uint64]]:
    """Row number and gram of every gram occurrence in the answers to one prompt."""
    grams: list[npt.NDArray[np.uint64]] = []
    sizes = np.zeros(len(corpus.models), dtype=np.int64)
    for model, row in enumerate(corpus.answers):
        text = row[prompt]
        if text is None:
            continue
        ids = texts.word_ids(text)
        for order in ORDERS:
            found = texts.ngram_ids(ids, order)
            grams.append(found)
            sizes[model] += len(found)
    return np.repeat(np.arange(len(corpus.models)), sizes), np.concatenate(grams)


def _weighted(corpus: Corpus, prompt: int) -> sparse.csr_matrix:
    """[model, gram]: unit rows of rarity weights; an empty row where there is no answer."""
    rows, grams = _grams(corpus, prompt)
    names, columns = np.unique(grams, return_inverse=True)
    shape = (len(corpus.models), len(names))
    used = sparse.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)
    used.data[:] = 1.0
    members = sparse.csr_matrix(
        (np.ones(shape[0], dtype=np.float32), (corpus.lineage_codes, np.arange(shape[0]))),
        shape=(corpus.n_lineages, shape[0]),
    )
    by_lineage = members @ used
    lineages = np.bincount(by_lineage.indices, minlength=shape[1])
    answered = np.count_nonzero(np.diff(by_lineage.indptr))
    weight = np.log((1 + answered) / lineages).astype(np.float32)
    used.data *= weight[used.indices]
    norms = np.sqrt(np.asarray(used.multiply(used).sum(axis=1)).ravel())
    used.data /= np.repeat(np.maximum(norms, 1e-12), np.diff(used.indptr))
    return used


def contributions(corpus: Corpus) -> Contributions | None:
    """[model, candidate, prompt]: weighted cosine of the two answers."""
    used = usable(corpus)
    if used.sum() < MINIMUM_PROMPTS:
        return None
    columns = np.array(corpus.candidates, dtype=np.int64)
    values = np.empty((len(corpus.models), len(columns), int(used.sum())), dtype=np.float32)
    for position, prompt in enumerate(np.flatnonzero(used)):
        weighted = _weighted(corpus, int(prompt))
        cosines = weighted @ weighted[columns].T.tocsc()
        values[:, :, position] = cosines.toarray()
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

"""Style: function words, layout and opening words, standardised over lineages, equal weights.

Three blocks of features are averaged over prompts for each model: counts of function words per
word, layout (punctuation and list marks per word, yes/no facts per answer), and the rates of the
panel's commonest first words and first word pairs. With x the block of a model minus the lineage
mean, divided by the lineage standard deviation,

    s(m, c) = mean over blocks of  x_m . x_c / (|x_m| |x_c|)

Range: -1 (opposite habits) to 1 (the same habits); 0 is what strangers show. Length itself is no
feature. Per prompt the value is the prompt's share of the numerator, so the values average to s.

Source: function-word stylometry (Mosteller & Wallace 1964; Burrows's Delta 2002, cosine form of
Smith & Aldridge 2011).
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from evaluations.provenance.corpus import BoolArray, Corpus, FloatArray
from evaluations.provenance.statistic import Contributions, Statistic
from evaluations.provenance.statistics import _style_features as style_features

MINIMUM_PROMPTS = 200
SHORTEST_ANSWER = 15
LEAST_DISTINCT = 0.5
OPENINGS = 60

Block = npt.NDArray[np.float32]


def usable(corpus: Corpus) -> BoolArray:
    """[prompt]: free text long enough to show habits."""
    return np.asarray((corpus.median_words >= SHORTEST_ANSWER) & (corpus.distinct_share >= LEAST_DISTINCT))


def _counts(corpus: Corpus, prompts: npt.NDArray[np.intp]) -> Block:
    """[model, prompt, feature] raw counts; zeros where there is no answer."""
    size = style_features.RATES + style_features.LAYOUT + style_features.FLAGS
    counts = np.zeros((len(corpus.models), len(prompts), size), dtype=np.float32)
    for model, row in enumerate(corpus.answers):
        for position, prompt in enumerate(prompts):
            text = row[prompt]
            if text is not None:
                counts[model, position] = style_features.features(text)
    return counts


def _openings(corpus: Corpus, prompts: npt.NDArray[np.intp]) -> Block:
    """[model, prompt, opening] ones: the panel's commonest first words and first word pairs."""
    found = np.full((len(corpus.models), len(prompts), 2), -1, dtype=object)
    for model, row in enumerate(corpus.answers):
        for position, prompt in enumerate(prompts):
            text = row[prompt]
            if text is not None and corpus.present[model, prompt]:
                found[model, position] = style_features.openings(text)
    blocks = []
    for kind in range(2):
        totals = Counter(found[:, :, kind].ravel().tolist())
        totals.pop(-1, None)
        # Ties are broken by identifier, so that the order of the prompts does not matter.
        common = [name for name, _ in sorted(totals.items(), key=lambda item: (-item[1], item[0]))[:OPENINGS]]
        place = {name: number for number, name in enumerate(common)}
        numbers = np.vectorize(lambda name, place=place: place.get(name, -1), otypes=[np.int64])(
            found[:, :, kind]
        )
        blocks.append((numbers[:, :, None] == np.arange(len(common))).astype(np.float32))
    return np.concatenate(blocks, axis=2)


def _lineage_moments(corpus: Corpus, means: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation over lineages of the models' feature means."""
    codes = corpus.lineage_codes
    sizes = np.bincount(codes, minlength=corpus.n_lineages)
    sums = np.zeros((corpus.n_lineages, means.shape[1]))
    np.add.at(sums, codes, means)
    lineages = sums / sizes[:, None]
    return lineages.mean(axis=0), lineages.std(axis=0)


def _cosines(corpus: Corpus, counts: Block, exposure: Block) -> Block:
    """[model, candidate, prompt] shares of the cosine of one block.

    ``exposure`` [model, prompt] is what the counts are divided by (words, or 1 an answer).
    """
    total = np.maximum(exposure.sum(axis=1, dtype=np.float64), 1e-12)
    means = counts.sum(axis=1, dtype=np.float64) / total[:, None]
    centre, spread = _lineage_moments(corpus, means)
    kept = spread > 1e-9
    if not kept.any():
        return np.zeros((len(counts), len(corpus.candidates), counts.shape[1]), dtype=np.float32)
    scaled = (means[:, kept] - centre[kept]) / spread[kept]
    unit = scaled / np.maximum(np.linalg.norm(scaled, axis=1, keepdims=True), 1e-12)
    # Each prompt's deviation, so that the mean over prompts is the standardised mean itself.
    direction = unit[list(corpus.candidates)] / spread[kept]
    norm = np.maximum(np.linalg.norm(scaled, axis=1), 1e-12) * total / counts.shape[1]
    raw = np.einsum("mpf,cf->mcp", counts[:, :, kept], direction.astype(np.float32), optimize=True)
    expected = exposure[:, None, :] * (direction @ centre[kept])[None, :, None]
    return np.asarray((raw - expected) / norm[:, None, None], dtype=np.float32)


def contributions(corpus: Corpus) -> Contributions | None:
    """[model, candidate, prompt]: equal-weight mean of the three blocks' cosine shares."""
    used = usable(corpus)
    if used.sum() < MINIMUM_PROMPTS:
        return None
    prompts = np.flatnonzero(used)
    counts = _counts(corpus, prompts)
    exposure = corpus.word_counts[:, prompts].astype(np.float32)
    answered = corpus.present[:, prompts].astype(np.float32)
    rates, layout = style_features.RATES, style_features.LAYOUT
    function_words = _cosines(corpus, counts[:, :, :rates], exposure)
    marks = _cosines(corpus, counts[:, :, rates : rates + layout], exposure)
    flags = _cosines(corpus, counts[:, :, rates + layout :], answered)
    opening = _cosines(corpus, _openings(corpus, prompts), answered)
    values = (function_words + (marks + flags) / 2 + opening) / 3
    return Contributions(values.astype(np.float32), used)


STATISTIC = Statistic(
    family="style",
    access="text",
    minimum_prompts=MINIMUM_PROMPTS,
    contributions=contributions,
)

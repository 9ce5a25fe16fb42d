"""From a number back to its prompts: which items carry the closeness, and which phrases are shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from evaluations.provenance import texts
from evaluations.provenance.corpus import Corpus, FloatArray
from evaluations.provenance.frame import Frame
from evaluations.provenance.nulls import double_centred, lineage_means
from evaluations.provenance.results import EvidenceRow
from evaluations.provenance.statistic import Contributions

ROWS_PER_CANDIDATE = 8
PHRASES = 3
LONGEST_PHRASE = 6
PAIR_SPACES = 3
"""Spaces in a run of two words, which begins and ends with one."""


def item_contributions(
    measured: Mapping[str, Contributions], families: Mapping[str, str], frame: Frame, n_prompts: int
) -> FloatArray:
    """[candidate, prompt] share of the student's combined z, in z units before clipping.

    Each channel's item is centred like its score (candidate's mean over lineages, then the mean over
    candidates) and divided by the channel's spread; the sum over prompts is the centred score in
    units of that spread.
    """
    items = np.zeros((len(frame.columns), n_prompts))
    n_families = len({families[name] for name in measured})
    for name, found in measured.items():
        weight = 1 / n_families / sum(families[other] == families[name] for other in measured)
        spread = _spread(found.scores(), frame)
        mean = np.einsum("mj,mji->ji", lineage_weights(frame), found.values, optimize=True)
        centred = found.values[0] - mean
        if len(centred) > 1:
            centred = centred - centred.mean(axis=0, keepdims=True)
        items[:, found.used] += weight * centred / spread[:, None] / found.n_prompts
    return items


def lineage_weights(frame: Frame) -> FloatArray:
    """[model, candidate] weights that turn a sum over models into the mean over reference lineages."""
    valid = frame.reference[:, None] & ~frame.masked
    sizes = np.bincount(frame.codes, weights=frame.reference, minlength=int(frame.codes.max()) + 1)
    shares = valid / np.maximum(sizes[frame.codes], 1)[:, None]
    return np.asarray(shares / np.maximum(shares.sum(axis=0), 1e-12))


def _spread(scores: FloatArray, frame: Frame) -> FloatArray:
    """[candidate] predictive spread of the centred scores over the negatives."""
    means, has = lineage_means(double_centred(scores, frame), frame.negatives, frame)
    spreads = np.ones(len(frame.columns))
    for j in range(len(frame.columns)):
        kept = means[has[:, j], j]
        if len(kept) >= 2 and kept.std(ddof=1) > 1e-9:
            spreads[j] = kept.std(ddof=1) * np.sqrt(1 + 1 / len(kept))
    return spreads


def evidence_rows(
    corpus: Corpus, frame: Frame, items: FloatArray, columns: Sequence[int]
) -> tuple[EvidenceRow, ...]:
    """The prompts that carry most for each of ``columns``, then the one that weakens it most."""
    rows = []
    for j in columns:
        order = np.argsort(-items[j], kind="stable")
        picked = [int(i) for i in order[:ROWS_PER_CANDIDATE] if items[j, i] > 0]
        if items[j, order[-1]] < 0:
            picked.append(int(order[-1]))
        for prompt in picked:
            shared, rate = shared_phrases(corpus, frame, prompt, frame.columns[j])
            rows.append(
                EvidenceRow(
                    prompt_id=corpus.prompts[prompt],
                    candidate=corpus.models[frame.columns[j]],
                    contribution=round(float(items[j, prompt]), 4),
                    shared=shared,
                    panel_rate=rate,
                )
            )
    return tuple(rows)


def shared_phrases(
    corpus: Corpus, frame: Frame, prompt: int, candidate: int
) -> tuple[tuple[str, ...], float | None]:
    """The rarest phrases that student and candidate share, and the rarest one's rate among references.

    A short answer that both give is one phrase. Rates count lineages other than the candidate's.
    """
    own, other = corpus.answers[0][prompt], corpus.answers[candidate][prompt]
    if not own or not other:
        return (), None
    lineages = _word_runs_by_lineage(corpus, frame, prompt, candidate)
    if not lineages:
        return (), None
    mine, theirs = texts.words(own), texts.words(other)
    seen = set(_runs(theirs))
    found: dict[str, float] = {}
    for run in _runs(mine):
        if run in seen and run not in found:
            found[run] = sum(run in joined for joined in lineages) / len(lineages)
    kept: list[str] = []
    for run in sorted(found, key=lambda r: (found[r], -len(r), r)):
        pairs = {pair for pair in _runs(texts.words(run)) if pair.count(" ") == PAIR_SPACES}
        if not any(pair in longer for longer in kept for pair in pairs) and run not in kept:
            kept.append(run)
        if len(kept) == PHRASES:
            break
    return tuple(run.strip() for run in kept), (found[kept[0]] if kept else None)


def _runs(words: list[str]) -> list[str]:
    """Word runs of 2 to 6 words (or the whole of a shorter text), spaced so that they match whole words."""
    if len(words) < 2:
        return [f" {words[0]} "] if words else []
    sizes = range(2, min(LONGEST_PHRASE, len(words)) + 1)
    return [f" {' '.join(words[i : i + n])} " for n in sizes for i in range(len(words) - n + 1)]


def _word_runs_by_lineage(corpus: Corpus, frame: Frame, prompt: int, candidate: int) -> list[str]:
    joined: dict[int, list[str]] = {}
    for m in np.flatnonzero(frame.reference & (frame.codes != frame.codes[candidate])):
        text = corpus.answers[m][prompt]
        if text:
            joined.setdefault(int(frame.codes[m]), []).append(f" {' '.join(texts.words(text))} ")
    return ["|".join(parts) for parts in joined.values()]

"""The two tests of a locked plan: the declared owner, and the max-T exploration.

Both compare the student with lineages. ``total`` is [model, candidate] from ``nulls.combine``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluations.provenance import pvalues
from evaluations.provenance.corpus import BoolArray, FloatArray
from evaluations.provenance.frame import SCALE_LINEAGES, Frame
from evaluations.provenance.nulls import Scale, left_out_z, mean_over, scale_of

Groups = list[list[int]]


@dataclass(frozen=True)
class OwnerTest:
    """The declared test of one owner. ``values`` [model]: the owner's statistic of every model."""

    owner: str
    families: tuple[str, ...]
    values: FloatArray
    null_rows: BoolArray
    scale: Scale
    z: float | None
    p: float
    n_lineages: int
    n_as_close: float


@dataclass(frozen=True)
class Search:
    """The max-T search. ``z`` per family of the student, ``p`` against every lineage's maximum."""

    families: tuple[str, ...]
    owners: tuple[str, ...]
    z: tuple[float | None, ...]
    p: tuple[float, ...]
    n_lineages: int


def family_groups(frame: Frame, columns: Sequence[int]) -> dict[str, list[int]]:
    """The columns by family, in the order of the columns."""
    groups: dict[str, list[int]] = {}
    for j in columns:
        groups.setdefault(frame.families[j], []).append(j)
    return groups


def p_of_row(values: FloatArray, row: int, null_rows: BoolArray, frame: Frame) -> tuple[float, int, float]:
    """p of model ``row`` against the null lineages other than its own; also lineages and share sum."""
    rows = null_rows & (frame.codes != frame.codes[row]) & ~np.isnan(values)
    if np.isnan(values[row]):
        return 1.0, frame.n_lineages(rows), 0.0
    shares = pvalues.lineage_shares(values[rows], float(values[row]), frame.codes[rows])
    return pvalues.rank_p(list(shares.values())), len(shares), sum(shares.values())


def declared_owner(
    total: FloatArray, frame: Frame, owner: str, admissible: Sequence[bool]
) -> OwnerTest | None:
    """The test of ``owner`` over its admissible families; ``None`` where it has none.

    The statistic is the mean of the families' scores, a family being the mean of its snapshots.
    """
    columns = [j for j in frame.candidates_of(owner) if admissible[j]]
    if not columns:
        return None
    groups = family_groups(frame, columns)
    values = mean_over(total, list(groups.values()))
    null_rows = frame.clean(owner) & ~np.isnan(values)
    scale_rows = null_rows if frame.n_lineages(null_rows) > SCALE_LINEAGES else frame.negatives[:, columns[0]]
    scale = scale_of(values, scale_rows, frame)
    p, n_lineages, as_close = p_of_row(values, 0, null_rows, frame)
    z = scale.z(float(values[0]))
    return OwnerTest(owner, tuple(groups), values, null_rows, scale, z, p, n_lineages, as_close)


def explore(
    total: FloatArray, frame: Frame, declared: Sequence[str], admissible: Sequence[bool]
) -> Search | None:
    """max-T over the families of owners that were not declared; ``None`` where there is none.

    Each family is put on one scale, z against the lineages untaught by its owner with each lineage
    left out for itself. A reference's maximum leaves out its own and its documented teachers'
    families; the student's is the full one. Every reference lineage counts, also those of unknown
    history: they can only make the search more careful.
    """
    columns = [j for j, owner in enumerate(frame.owners) if owner not in declared and admissible[j]]
    if not columns:
        return None
    groups = family_groups(frame, columns)
    firsts = [group[0] for group in groups.values()]
    owners = tuple(frame.owners[j] for j in firsts)
    raw = np.stack([mean_over(total, [group]) for group in groups.values()], axis=1)
    z = left_out_z(raw, frame.negatives[:, firsts], frame)
    allowed = ~np.isnan(z) & ~_documented(frame, tuple(groups), owners)
    maxima = np.where(allowed, z, -np.inf).max(axis=1)
    rows = frame.reference & np.isfinite(maxima)
    student = tuple(None if np.isnan(value) else float(value) for value in z[0])
    found = [
        pvalues.lineage_shares(maxima[rows], -np.inf if value is None else value, frame.codes[rows])
        for value in student
    ]
    p = tuple(pvalues.rank_p(list(shares.values())) for shares in found)
    return Search(tuple(groups), owners, student, p, frame.n_lineages(rows))


def search_power(
    total: FloatArray, frame: Frame, admissible: Sequence[bool], alpha: float
) -> tuple[int, int]:
    """Known student lineages whose documented family a search over every family finds, k of n.

    The search is the one of :func:`explore` with no owner declared. A lineage is found when at
    least half of its models are, each against the maxima of the other lineages.
    """
    columns = [j for j, allowed in enumerate(admissible) if allowed]
    groups = family_groups(frame, columns)
    if not groups:
        return 0, 0
    firsts = [group[0] for group in groups.values()]
    owners = tuple(frame.owners[j] for j in firsts)
    raw = np.stack([mean_over(total, [group]) for group in groups.values()], axis=1)
    z = left_out_z(raw, frame.negatives[:, firsts], frame)
    known = _documented(frame, tuple(groups), owners)
    own = np.array([[card.owner == owner for owner in owners] for card in frame.cards])
    maxima = np.where(~np.isnan(z) & ~known, z, -np.inf).max(axis=1)
    taught = np.where(~np.isnan(z) & known & ~own, z, -np.inf).max(axis=1)
    rows = np.flatnonzero(frame.reference & np.isfinite(taught) & ~own.any(axis=1))
    null = frame.reference & np.isfinite(maxima)
    hits = []
    for m in rows:
        others = null & (frame.codes != frame.codes[m])
        shares = pvalues.lineage_shares(maxima[others], float(taught[m]), frame.codes[others])
        hits.append(pvalues.rank_p(list(shares.values())) <= alpha)
    codes = frame.codes[rows]
    found = [np.mean(np.array(hits)[codes == code]) >= 0.5 for code in np.unique(codes)]
    return int(sum(found)), len(found)


def _documented(frame: Frame, families: tuple[str, ...], owners: tuple[str, ...]) -> BoolArray:
    """[model, family]: the model is of the family's owner or documented as taught by it."""
    known = np.zeros((len(frame.models), len(families)), dtype=bool)
    for m, key in enumerate(frame.models):
        taught = frame.histories.taught_owners(key) | {frame.cards[m].owner}
        named = frame.histories.taught_families(key)
        for f, family in enumerate(families):
            known[m, f] = family in named or owners[f] in taught
    return known

"""Sham audits: models whose answer is known, audited exactly like the student."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluations.provenance import pvalues
from evaluations.provenance.corpus import BoolArray
from evaluations.provenance.frame import Frame
from evaluations.provenance.hypotheses import OwnerTest, p_of_row
from evaluations.provenance.results import ErrorRate

SHUFFLES = 200


@dataclass(frozen=True)
class Shams:
    """Known students found, strangers and data-sharing models accused, and the shuffled control."""

    known_students: ErrorRate
    known_student_z: tuple[float, ...]
    unrelated: ErrorRate
    shared_data: ErrorRate
    shuffled: ErrorRate


def level(alpha: float, n_lineages: int) -> float:
    """alpha, or the smallest p that can be reached where alpha cannot."""
    return max(alpha, pvalues.smallest_p(n_lineages))


def found_lineages(test: OwnerTest, rows: BoolArray, frame: Frame, threshold: float) -> dict[int, float]:
    """For each lineage of ``rows`` the share of its models with p at or below ``threshold``."""
    measured = np.flatnonzero(rows & ~np.isnan(test.values))
    hits = np.array(
        [p_of_row(test.values, int(m), test.null_rows, frame)[0] <= threshold + 1e-12 for m in measured]
    )
    codes = frame.codes[measured]
    return {int(code): float(hits[codes == code].mean()) for code in np.unique(codes)}


def known_students(test: OwnerTest, frame: Frame, alpha: float) -> tuple[ErrorRate, tuple[float, ...]]:
    """Known student lineages of the owner that are found, and the z of each (its median model).

    A lineage is found when at least half of its models are. Where alpha cannot be reached the
    question is whether they are closer than every untaught lineage, and the label says so.
    """
    rows = frame.students_of(test.owner)
    threshold = level(alpha, test.n_lineages)
    found = found_lineages(test, rows, frame, threshold)
    label = (
        f"known students found at p ≤ {alpha:g}"
        if threshold <= alpha
        else f"known students found at the smallest attainable p, {threshold:.3f}"
    )
    k = sum(1 for share in found.values() if share >= 0.5)
    values = []
    for code in found:
        z = test.scale.z(float(np.nanmedian(test.values[rows & (frame.codes == code)])))
        if z is not None:
            values.append(z)
    return pvalues.error_rate(label, k, len(found)), tuple(sorted(values))


def low_ends(tests: list[OwnerTest], frame: Frame) -> dict[str, float]:
    """Per owner the z below which only one in twenty of its known student models lies."""
    found: dict[str, float] = {}
    for test in tests:
        rows = frame.students_of(test.owner) & ~np.isnan(test.values)
        z = test.scale.z(float(np.quantile(test.values[rows], 0.05))) if rows.any() else None
        if z is not None:
            found[test.owner] = z
    return found


def accused(test: OwnerTest, rows: BoolArray, frame: Frame, alpha: float) -> tuple[int, int]:
    """Lineages of ``rows`` of which any model reaches p ≤ alpha, and how many lineages there are."""
    found = found_lineages(test, rows, frame, alpha)
    return sum(1 for share in found.values() if share > 0), len(found)


def shuffled_labels(test: OwnerTest, frame: Frame, alpha: float, seed: int) -> tuple[int, int]:
    """Findings when the label *suspect* falls on a random lineage: the effect must be gone.

    One model stands for each lineage of the untaught, the known students and the suspect; the
    labels are shuffled and the test is repeated.
    """
    pool = test.null_rows | frame.students_of(test.owner)
    pool[0] = True
    rows = np.flatnonzero(pool & ~np.isnan(test.values))
    codes = np.unique(frame.codes[rows])
    if test.n_lineages < 1 or len(codes) <= test.n_lineages:
        return 0, 0
    rng = np.random.default_rng([seed, 7])
    threshold = level(alpha, test.n_lineages)
    values = np.array([np.median(test.values[rows[frame.codes[rows] == code]]) for code in codes])
    k = 0
    for _ in range(SHUFFLES):
        order = rng.permutation(values)
        null = order[1 : 1 + test.n_lineages]
        k += pvalues.rank_p(list((null >= order[0]).astype(float))) <= threshold + 1e-12
    return k, SHUFFLES


def run(tests: list[OwnerTest], frame: Frame, alpha: float, seed: int) -> tuple[Shams, dict[str, ErrorRate]]:
    """All sham audits over the owners tested, pooled; and the power per owner."""
    power: dict[str, ErrorRate] = {}
    z: list[float] = []
    counts = {"unrelated": [0, 0], "shared": [0, 0], "shuffled": [0, 0]}
    for test in tests:
        power[test.owner], values = known_students(test, frame, alpha)
        z.extend(values)
        for name, (k, n) in {
            "unrelated": accused(test, test.null_rows, frame, alpha),
            "shared": accused(test, frame.sharing_data(test.owner), frame, alpha),
            "shuffled": shuffled_labels(test, frame, alpha, seed),
        }.items():
            counts[name][0] += k
            counts[name][1] += n
    label = next(iter(power.values())).label if power else "known students found"
    return (
        Shams(
            pvalues.error_rate(label, sum(r.k for r in power.values()), sum(r.n for r in power.values())),
            tuple(sorted(z)),
            pvalues.error_rate("models of unrelated data accused", *counts["unrelated"]),
            pvalues.error_rate("models sharing data with a candidate accused", *counts["shared"]),
            pvalues.error_rate("findings with shuffled labels", *counts["shuffled"]),
        ),
        power,
    )

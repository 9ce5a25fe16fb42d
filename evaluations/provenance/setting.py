"""What all hypotheses of one assessment share: scores, admissibility, resampled prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluations.provenance.corpus import FloatArray
from evaluations.provenance.frame import Frame
from evaluations.provenance.hypotheses import family_groups
from evaluations.provenance.measuring import Measurement
from evaluations.provenance.nulls import Combined, mean_over, scale_of
from evaluations.provenance.planning import Admissibility

ROUNDS = 200


@dataclass(frozen=True)
class Setting:
    """What every hypothesis of one assessment has in common.

    ``family_z``: the student's z per admissible family. ``draws`` [round, family]: the same on
    resampled prompts. ``closeness`` [1 + round, family]: the closest candidate's centred closeness,
    first as measured, then on resampled prompts.
    """

    measurement: Measurement
    combined: Combined
    admissible: tuple[bool, ...]
    alpha: float
    declared: tuple[str, ...]
    not_comparable: tuple[str, ...]
    vendor_supplied: bool
    families: dict[str, str]
    family_z: dict[str, float | None]
    draws: FloatArray
    candidate_draws: FloatArray
    closeness: FloatArray

    @property
    def frame(self) -> Frame:
        """Who is who."""
        return self.measurement.frame

    @property
    def nothing_measured(self) -> str:
        """Why no channel was measured; empty when one was."""
        if self.measurement.contributions:
            return ""
        names = ", ".join(self.measurement.names)
        n = len(self.measurement.corpus.prompts)
        return f"Nothing to compare: none of {names} has enough usable prompts among {n}."

    @property
    def direct_prompts(self) -> int | None:
        """Prompts of the direct channel when only identity evidence was measured."""
        found = self.measurement.contributions
        if not found or set(self.measurement.families.values()) != {"identity"}:
            return None
        return max(item.n_prompts for item in found.values())


def candidate_z(total: FloatArray, frame: Frame) -> FloatArray:
    """[candidate] z of the student on the scale of each candidate's negatives; NaN where unknown."""
    values = [
        scale_of(total[:, j], frame.negatives[:, j], frame).z(float(total[0, j]))
        for j in range(total.shape[1])
    ]
    return np.array([np.nan if value is None else value for value in values])


def families_z(total: FloatArray, frame: Frame, groups: Mapping[str, list[int]]) -> FloatArray:
    """[family] z of the student for each family of admissible candidates."""
    found = []
    for group in groups.values():
        values = mean_over(total, [group])
        z = scale_of(values, frame.negatives[:, group[0]], frame).z(float(values[0]))
        found.append(np.nan if z is None else z)
    return np.array(found)


def build_setting(
    measurement: Measurement,
    combined: Combined,
    admissible: Sequence[Admissibility],
    *,
    alpha: float,
    seed: int,
    declared: tuple[str, ...],
    not_comparable: tuple[str, ...],
    vendor_supplied: bool,
) -> Setting:
    """The setting, with the student's family scores on ``ROUNDS`` resamples of the prompts."""
    frame = measurement.frame
    allowed = tuple(item.admissible for item in admissible)
    groups = family_groups(frame, [j for j in range(len(allowed)) if allowed[j]])
    z: dict[str, float | None] = dict.fromkeys(groups)
    draws, candidates = np.empty((0, len(groups))), np.empty((0, len(allowed)))
    closeness = np.empty((0, len(groups)))
    if combined.total is not None:
        point = families_z(combined.total, frame, groups)
        z = dict(zip(groups, (None if np.isnan(value) else float(value) for value in point), strict=True))
        rounds = [(draw.total, draw.closeness) for draw in measurement.resampled(ROUNDS, seed)]
        totals = [total for total, _ in rounds if total is not None]
        draws = np.array([families_z(total, frame, groups) for total in totals])
        candidates = np.array([candidate_z(total, frame) for total in totals])
        units = [combined.closeness, *(unit for _, unit in rounds)]
        closeness = np.array([[unit[group].max() for group in groups.values()] for unit in units])
    families = {name: frame.owners[group[0]] for name, group in groups.items()}
    scores = (families, z, draws, candidates, closeness)
    return Setting(measurement, combined, allowed, alpha, declared, not_comparable, vendor_supplied, *scores)

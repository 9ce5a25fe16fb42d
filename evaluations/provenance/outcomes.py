"""Results per owner, family and candidate, assembled from tests, shams and verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluations.provenance import hypotheses, pvalues, verdict
from evaluations.provenance.corpus import FloatArray
from evaluations.provenance.frame import Frame
from evaluations.provenance.hypotheses import OwnerTest, Search, family_groups
from evaluations.provenance.measuring import Measurement
from evaluations.provenance.nulls import Combined, mean_over, scale_of
from evaluations.provenance.planning import MINIMUM_LINEAGES, Admissibility
from evaluations.provenance.results import ErrorRate, Exploration, FamilyOutcome, OwnerOutcome
from evaluations.provenance.verdict import Facts, Judgement

ROUNDS = 200
NOISE_Z = 1.96


@dataclass(frozen=True)
class Setting:
    """What every hypothesis of one assessment has in common.

    ``family_z``: the student's z per admissible family. ``draws`` [round, family]: the same on
    resampled prompts.
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
    if combined.total is not None:
        point = families_z(combined.total, frame, groups)
        z = {
            name: None if np.isnan(value) else float(value) for name, value in zip(groups, point, strict=True)
        }
        totals = [draw.total for draw in measurement.resampled(ROUNDS, seed) if draw.total is not None]
        draws = np.array([families_z(total, frame, groups) for total in totals])
        candidates = np.array([candidate_z(total, frame) for total in totals])
    families = {name: frame.owners[group[0]] for name, group in groups.items()}
    return Setting(
        measurement,
        combined,
        allowed,
        alpha,
        declared,
        not_comparable,
        vendor_supplied,
        families,
        z,
        draws,
        candidates,
    )


def rivals(setting: Setting, owner: str, family: str | None = None) -> tuple[str, ...]:
    """Families of other owners that are closer than the owner's first family, or within noise of it.

    Noise is 1.96 standard deviations of the difference over resampled prompts.
    """
    names = list(setting.families)
    own = [name for name in names if (name == family if family else setting.families[name] == owner)]
    known = {name: z for name, z in setting.family_z.items() if z is not None}
    own = [name for name in own if name in known]
    if not own or not len(setting.draws):
        return ()
    best = max(own, key=lambda name: known[name])
    found = []
    for name in names:
        if setting.families[name] == owner or name not in known:
            continue
        spread = np.std(setting.draws[:, names.index(best)] - setting.draws[:, names.index(name)])
        if known[best] - known[name] <= NOISE_Z * spread + 1e-9:
            found.append(name)
    return tuple(sorted(found, key=lambda name: -known[name]))


def evidence_z(setting: Setting, groups: list[list[int]], owner: str) -> dict[str, float | None]:
    """z of each evidence family for the candidates in ``groups``."""
    frame = setting.frame
    found: dict[str, float | None] = {}
    for name, values in setting.combined.evidence.items():
        mean = mean_over(values, groups)
        rows = frame.negatives[:, groups[0][0]]
        found[name] = scale_of(mean, rows, frame).z(float(mean[0]))
    return found


def owner_outcomes(
    setting: Setting,
    tests: Mapping[str, OwnerTest],
    power: Mapping[str, ErrorRate],
    student_z: Mapping[str, float],
) -> tuple[OwnerOutcome, ...]:
    """The declared owners in the order of the plan, Holm-corrected over those tested."""
    tested = [owner for owner in setting.declared if owner in tests]
    corrected = dict(zip(tested, pvalues.holm([tests[owner].p for owner in tested]), strict=True))
    return tuple(
        _owner_outcome(setting, owner, tests.get(owner), corrected.get(owner), power.get(owner), student_z)
        for owner in setting.declared
    )


def _owner_outcome(
    setting: Setting,
    owner: str,
    test: OwnerTest | None,
    corrected: float | None,
    power: ErrorRate | None,
    student_z: Mapping[str, float],
) -> OwnerOutcome:
    frame = setting.frame
    columns = frame.candidates_of(owner)
    groups = family_groups(frame, [j for j in columns if setting.admissible[j]])
    n = test.n_lineages if test else frame.n_lineages(frame.clean(owner))
    missing = ""
    if not columns:
        missing = f"No candidate of {owner} has answers, so there is nothing to compare with."
    elif not groups:
        missing = f"Every candidate of {owner} was released after the student."
    z = test.z if test else None
    evidence = evidence_z(setting, list(groups.values()), owner) if test else {}
    facts = Facts(
        name=owner,
        alpha=setting.alpha,
        p=corrected,
        z=z,
        n_lineages=n,
        n_as_close=test.n_as_close if test else 0.0,
        needed_lineages=max(MINIMUM_LINEAGES, pvalues.lineages_needed(setting.alpha, len(setting.declared))),
        evidence=evidence,
        power=power,
        below_students=z is not None and owner in student_z and z < student_z[owner],
        rivals=rivals(setting, owner),
        not_comparable=setting.not_comparable,
        direct_prompts=setting.direct_prompts,
        nothing_measured=setting.nothing_measured,
        not_assessed=missing,
        vendor_supplied=setting.vendor_supplied,
    )
    word = verdict.judge(facts)
    ranked = sorted(groups, key=lambda name: -(setting.family_z.get(name) or -np.inf))
    return OwnerOutcome(
        owner=owner,
        status=word.status,
        strength=word.strength,
        lean=word.lean,
        z=z,
        p=test.p if test else None,
        p_corrected=corrected,
        smallest_p=pvalues.smallest_p(n),
        extrapolated_p=pvalues.predictive_p(z, test.scale.n) if test and z is not None else None,
        n_lineages=n,
        n_as_close=test.n_as_close if test else 0.0,
        families=tuple(ranked),
        reasons=word.reasons,
        settle=word.settle,
        evidence_families=evidence,
    )


def exploration(setting: Setting, search: Search | None) -> tuple[Exploration, tuple[Judgement, ...]]:
    """The outcome of the max-T search, families by closeness; and the judgements in that order."""
    if search is None:
        reason = setting.nothing_measured or "Every candidate belongs to a declared owner or is time-barred."
        return Exploration(None, None, 0, "", (), (reason,)), ()
    order = sorted(
        range(len(search.families)), key=lambda i: -(search.z[i] if search.z[i] is not None else -np.inf)
    )
    judged = tuple(_judge_family(setting, search, i) for i in order)
    smallest = pvalues.smallest_p(search.n_lineages)
    families = tuple(
        FamilyOutcome(
            family=search.families[i],
            owner=search.owners[i],
            status=word.status,
            strength=word.strength,
            z=search.z[i],
            p=search.p[i],
            smallest_p=smallest,
            n_lineages=search.n_lineages,
            reasons=word.reasons,
        )
        for i, word in zip(order, judged, strict=True)
    )
    top = order[0]
    reasons = (
        "Searching over all families costs power; naming an owner before the run is the stronger test.",
    )
    p = search.p[top] if search.z[top] is not None else None
    return Exploration(p, smallest, search.n_lineages, search.families[top], families, reasons), judged


def _judge_family(setting: Setting, search: Search, i: int) -> Judgement:
    frame, family, owner = setting.frame, search.families[i], search.owners[i]
    columns = [j for j in frame.candidates_of(owner) if setting.admissible[j] and frame.families[j] == family]
    z = search.z[i]
    return verdict.judge(
        Facts(
            name=owner,
            alpha=setting.alpha,
            p=search.p[i] if z is not None else None,
            z=z,
            n_lineages=min(search.n_lineages, frame.n_lineages(frame.clean(owner))),
            n_as_close=search.p[i] * (1 + search.n_lineages) - 1,
            needed_lineages=max(MINIMUM_LINEAGES, pvalues.lineages_needed(setting.alpha, 1)),
            evidence=evidence_z(setting, [columns], owner),
            rivals=rivals(setting, owner, family),
            not_comparable=setting.not_comparable,
            direct_prompts=setting.direct_prompts,
            nothing_measured=setting.nothing_measured,
            vendor_supplied=setting.vendor_supplied,
        )
    )


def all_tests(setting: Setting) -> dict[str, OwnerTest]:
    """The owner test of every owner with an admissible candidate."""
    total = setting.combined.total
    if total is None:
        return {}
    found: dict[str, OwnerTest] = {}
    for owner in dict.fromkeys(setting.frame.owners):
        test = hypotheses.declared_owner(total, setting.frame, owner, setting.admissible)
        if test is not None and not np.isnan(test.values[0]):
            found[owner] = test
    return found

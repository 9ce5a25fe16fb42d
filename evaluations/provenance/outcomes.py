"""Results per owner, family and candidate, assembled from tests, shams and verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from evaluations.provenance import hypotheses, pvalues, verdict
from evaluations.provenance.frame import Frame
from evaluations.provenance.hypotheses import OwnerTest, Search, family_groups
from evaluations.provenance.nulls import mean_over, scale_of
from evaluations.provenance.planning import MINIMUM_LINEAGES
from evaluations.provenance.results import ErrorRate, Exploration, FamilyOutcome, OwnerOutcome
from evaluations.provenance.setting import Setting
from evaluations.provenance.verdict import Facts, Judgement

NOISE_Z = 1.96


def _descending(z: float | None) -> float:
    return float("inf") if z is None else -z


def rivals(setting: Setting, owner: str, family: str | None = None) -> tuple[str, ...]:
    """Families of other owners that are closer than the owner's first family, or within noise of it.

    Noise is 1.96 standard deviations of the difference over resampled prompts. z values rest on
    each candidate's own negatives, among which a rival's twin may stand; so a family whose centred
    closeness cannot be told from the first one's is a rival too, whatever its z.
    """
    names = list(setting.families)
    known = {name: z for name, z in setting.family_z.items() if z is not None}
    own = [name for name in known if (name == family if family else setting.families[name] == owner)]
    if not own or not len(setting.draws):
        return ()
    best = names.index(max(own, key=lambda name: known[name]))
    found = []
    for name in known:
        i = names.index(name)
        if setting.families[name] == owner:
            continue
        spread = np.std(setting.draws[:, best] - setting.draws[:, i])
        apart = setting.closeness[:, best] - setting.closeness[:, i]
        closer = known[names[best]] - known[name] <= NOISE_Z * spread + 1e-9
        if closer or abs(apart[0]) <= NOISE_Z * np.std(apart[1:]) + 1e-9:
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


def _not_assessed(frame: Frame, owner: str, groups: Mapping[str, list[int]]) -> str:
    """Why the owner cannot be assessed; empty when it can."""
    if not frame.candidates_of(owner):
        return f"No candidate of {owner} has answers, so there is nothing to compare with."
    return "" if groups else f"Every candidate of {owner} was released after the student."


def _owner_outcome(
    setting: Setting,
    owner: str,
    test: OwnerTest | None,
    corrected: float | None,
    power: ErrorRate | None,
    student_z: Mapping[str, float],
) -> OwnerOutcome:
    frame = setting.frame
    groups = family_groups(frame, [j for j in frame.candidates_of(owner) if setting.admissible[j]])
    n = test.n_lineages if test else frame.n_lineages(frame.clean(owner))
    z, as_close = (test.z, test.n_as_close) if test else (None, 0.0)
    facts = replace(
        _common_facts(setting, owner),
        p=corrected,
        z=z,
        n_lineages=n,
        n_as_close=as_close,
        needed_lineages=max(MINIMUM_LINEAGES, pvalues.lineages_needed(setting.alpha, len(setting.declared))),
        evidence=evidence_z(setting, list(groups.values()), owner) if test else {},
        power=power,
        below_students=z is not None and owner in student_z and z < student_z[owner],
        rivals=rivals(setting, owner),
        not_assessed=_not_assessed(frame, owner, groups),
    )
    return _owner_result(
        facts,
        verdict.judge(facts),
        test,
        tuple(sorted(groups, key=lambda name: _descending(setting.family_z.get(name)))),
    )


def _owner_result(
    facts: Facts, word: Judgement, test: OwnerTest | None, families: tuple[str, ...]
) -> OwnerOutcome:
    """The judged facts as the stored record."""
    z = facts.z
    return OwnerOutcome(
        owner=facts.name,
        status=word.status,
        strength=word.strength,
        lean=word.lean,
        z=z,
        p=test.p if test else None,
        p_corrected=facts.p,
        smallest_p=pvalues.smallest_p(facts.n_lineages),
        extrapolated_p=pvalues.predictive_p(z, test.scale.n) if test and z is not None else None,
        n_lineages=facts.n_lineages,
        n_as_close=facts.n_as_close,
        families=families,
        reasons=word.reasons,
        settle=word.settle,
        evidence_families=dict(facts.evidence),
    )


def _common_facts(setting: Setting, name: str) -> Facts:
    """The facts that do not depend on the hypothesis."""
    return Facts(
        name=name,
        alpha=setting.alpha,
        p=None,
        z=None,
        n_lineages=0,
        n_as_close=0.0,
        needed_lineages=max(MINIMUM_LINEAGES, pvalues.lineages_needed(setting.alpha, 1)),
        evidence={},
        not_comparable=setting.not_comparable,
        direct_prompts=setting.direct_prompts,
        nothing_measured=setting.nothing_measured,
        vendor_supplied=setting.vendor_supplied,
    )


def exploration(setting: Setting) -> tuple[Exploration, tuple[Judgement, ...]]:
    """The outcome of the max-T search, families by closeness; and the judgements in that order."""
    total, search = setting.combined.total, None
    if total is not None:
        search = hypotheses.explore(total, setting.frame, setting.declared, setting.admissible)
    if search is None or total is None:
        reason = setting.nothing_measured or "Every candidate belongs to a declared owner or is time-barred."
        return Exploration(None, None, 0, "", (), (reason,)), ()
    order = sorted(range(len(search.families)), key=lambda i: _descending(search.z[i]))
    k, n = hypotheses.search_power(total, setting.frame, setting.admissible, setting.alpha)
    power = pvalues.error_rate("known students found by the search", k, n)
    judged = tuple(_judge_family(setting, search, i, power) for i in order)
    families = tuple(_family_outcome(search, i, word) for i, word in zip(order, judged, strict=True))
    found = f" It finds {k} of {n} known student lineages." if n else ""
    reasons = (f"Naming an owner before the run is a stronger test than this search.{found}",)
    top = families[0]
    p = top.p if top.z is not None else None
    return Exploration(p, top.smallest_p, search.n_lineages, top.family, families, reasons), judged


def _family_outcome(search: Search, i: int, word: Judgement) -> FamilyOutcome:
    return FamilyOutcome(
        family=search.families[i],
        owner=search.owners[i],
        status=word.status,
        strength=word.strength,
        z=search.z[i],
        p=search.p[i] if search.z[i] is not None else None,
        smallest_p=pvalues.smallest_p(search.n_lineages),
        n_lineages=search.n_lineages,
        reasons=word.reasons,
    )


def _judge_family(setting: Setting, search: Search, i: int, power: ErrorRate) -> Judgement:
    frame, family, owner = setting.frame, search.families[i], search.owners[i]
    columns = [j for j in frame.candidates_of(owner) if setting.admissible[j] and frame.families[j] == family]
    z = search.z[i]
    return verdict.judge(
        replace(
            _common_facts(setting, owner),
            p=search.p[i] if z is not None else None,
            z=z,
            n_lineages=min(search.n_lineages, frame.n_lineages(frame.clean(owner))),
            n_as_close=search.p[i] * (1 + search.n_lineages) - 1,
            evidence=evidence_z(setting, [columns], owner),
            power=power,
            power_of="any candidate in the search",
            rivals=rivals(setting, owner, family),
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

"""From facts to one word. The verdict knows neither texts nor statistics nor how p was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evaluations.provenance.planning import BETTER_LINEAGES, DIRECT_ONLY_PROMPTS
from evaluations.provenance.results import ErrorRate
from evaluations.provenance.wording import plural
from evaluations.records import VerdictStatus

LOWEST_POWER = 0.5
EXCLUDING_POWER = 0.8
POWER_LINEAGES = 6
"""With five known students or fewer the exact interval of the power always contains one half."""
MODERATE_Z = 3.0
STRONG_Z = 5.0
AGREEING_Z = 2.0


@dataclass(frozen=True)
class Facts:
    """What is known about one hypothesis (an owner or a family) when the word is chosen.

    ``p`` is corrected for multiplicity. ``needed_lineages``: for this alpha and this number of
    declared owners. ``power``: known students found, ``None`` when it was not computed;
    ``power_of`` says whose students they are where it is not those of ``name``.
    ``below_students``: closer than fewer than 5 % of the known students. ``rivals``: families of
    other owners that are closer or within noise. ``not_comparable``: why the student lies outside
    the panel's range. ``direct_prompts``: prompts of the direct channel when it is the only one.
    """

    name: str
    alpha: float
    p: float | None
    z: float | None
    n_lineages: int
    n_as_close: float
    needed_lineages: int
    evidence: Mapping[str, float | None]
    power: ErrorRate | None = None
    power_of: str = ""
    below_students: bool = False
    rivals: tuple[str, ...] = ()
    not_comparable: tuple[str, ...] = ()
    direct_prompts: int | None = None
    nothing_measured: str = ""
    not_assessed: str = ""
    vendor_supplied: bool = False


@dataclass(frozen=True)
class Judgement:
    """The word, its strength, why it is not stronger, and what would settle it."""

    status: VerdictStatus
    strength: str
    lean: str
    reasons: tuple[str, ...]
    settle: tuple[str, ...]


def judge(facts: Facts) -> Judgement:
    """The word for one hypothesis, with every forced *inconclusive* before any finding."""
    if facts.not_assessed:
        return Judgement("not_assessed", "", "", (facts.not_assessed,), ())
    forced, settle = forced_inconclusive(facts)
    if forced or facts.p is None or facts.z is None:
        return Judgement("inconclusive", "", lean(facts), tuple(forced), tuple(settle))
    if facts.p <= facts.alpha:
        word = strength(facts.z, facts.evidence)
        return Judgement("supported", word, "", tuple(_why_not_stronger(facts, word)), ())
    return _without_finding(facts)


def forced_inconclusive(facts: Facts) -> tuple[list[str], list[str]]:
    """Reasons that forbid any finding, and what would remove each."""
    found = [*_too_little(facts)]
    if _power_known(facts) and facts.power is not None and facts.power.k < LOWEST_POWER * facts.power.n:
        found.append(
            (
                f"The plan finds {facts.power.k} of {facts.power.n} known students of "
                f"{facts.power_of or facts.name}: power below one half.",
                "Use more prompts, more untaught lineages, or log-probabilities, which raise the power.",
            )
        )
    if facts.rivals and facts.p is not None and facts.p <= facts.alpha:
        found.append(
            (
                f"Another owner's family is as close within noise, or closer: {', '.join(facts.rivals)}.",
                "Use more free-text prompts, or prompts on which these candidates differ.",
            )
        )
    same = "Run the student with the same prompts, language and output limits as the panel."
    found += [(reason, same) for reason in facts.not_comparable]
    return [reason for reason, _ in found], list(dict.fromkeys(remedy for _, remedy in found))


def _too_little(facts: Facts) -> list[tuple[str, str]]:
    """Nothing measured, too few lineages, too few prompts: (reason, remedy)."""
    found = []
    if facts.nothing_measured:
        remedy = "Use a suite with free text, or with short answers on which models differ."
        found.append((facts.nothing_measured, remedy))
    if facts.n_lineages < facts.needed_lineages:
        missing = facts.needed_lineages - facts.n_lineages
        found.append(
            (
                f"{plural(facts.n_lineages, 'lineage')} documented as untaught by {facts.name}; "
                f"{facts.needed_lineages} are the least for this plan.",
                f"Add {plural(missing, 'lineage')} documented as untaught by {facts.name} "
                f"({max(BETTER_LINEAGES, facts.needed_lineages)} in all are better).",
            )
        )
    if facts.direct_prompts is not None and facts.direct_prompts < DIRECT_ONLY_PROMPTS:
        found.append(
            (
                f"Only phrase overlap was measured, on {plural(facts.direct_prompts, 'prompt')}; 50 are the least.",
                f"Add {DIRECT_ONLY_PROMPTS - facts.direct_prompts} or more free-text prompts.",
            )
        )
    return found


def strength(z: float, evidence: Mapping[str, float | None]) -> str:
    """weak, moderate or strong; strong takes two evidence families that agree."""
    agreeing = sum(1 for value in evidence.values() if value is not None and value >= AGREEING_Z)
    if z >= STRONG_Z and agreeing >= 2:
        return "strong"
    return "moderate" if z >= MODERATE_Z else "weak"


def lean(facts: Facts) -> str:
    """Which way an inconclusive answer points; never called a finding."""
    if facts.z is None:
        return ""
    closer = (
        f"z {facts.z:.1f}; at least as close: {facts.n_as_close:.1f} of {plural(facts.n_lineages, 'lineage')}"
    )
    if facts.z >= 1:
        return f"Leans towards {facts.name} or data shared with it ({closer}). A lean is not a finding."
    if facts.z <= -1:
        return f"Leans away from {facts.name} ({closer}). A lean is not a finding."
    return f"No lean towards or away from {facts.name} ({closer})."


def _power_known(facts: Facts) -> bool:
    return facts.power is not None and facts.power.n >= POWER_LINEAGES


def _without_finding(facts: Facts) -> Judgement:
    """p is above alpha: excluded for the recipes tested, or inconclusive."""
    power = facts.power
    floor = power.low if power is not None and power.low is not None else 0.0
    if power is not None and floor >= EXCLUDING_POWER and facts.below_students and not facts.vendor_supplied:
        reason = (
            f"Excluded for the recipes of the {power.n} known students: {power.k} of them were found "
            f"(power at least {floor:.2f}) and the student lies below them."
        )
        return Judgement("not_supported", "", "", (reason,), ())
    reasons = [f"p = {facts.p:.3f} is above {facts.alpha:g}."]
    settle = []
    if floor < EXCLUDING_POWER:
        known = (
            "no known students"
            if power is None or not power.n
            else f"{power.k} of {power.n} known students found"
        )
        reasons.append(f"Exclusion needs power of at least {EXCLUDING_POWER:g} by its lower bound; {known}.")
        settle.append(
            f"To exclude {facts.name}: 17 or more known student lineages of {facts.name}, all found by this plan. "
            f"To support it: more free-text prompts and {BETTER_LINEAGES} untaught lineages."
        )
    elif facts.vendor_supplied:
        reasons.append(
            "The vendor supplied the student's answers; they cannot alone carry a favourable result."
        )
        settle.append("Let the buyer run the student.")
    else:
        reasons.append("The student is as close as some known students are.")
        settle.append("Use more free-text prompts, or name one suspected owner instead of two.")
    return Judgement("inconclusive", "", lean(facts), tuple(reasons), tuple(settle))


def _why_not_stronger(facts: Facts, word: str) -> list[str]:
    reasons = []
    if word != "strong":
        known = {name: value for name, value in facts.evidence.items() if value is not None}
        agreeing = [name for name, value in known.items() if value >= AGREEING_Z]
        reasons.append(
            f"Strong takes z of at least {STRONG_Z:g} and two evidence families of at least {AGREEING_Z:g}; "
            f"z is {facts.z:.1f} and {len(agreeing)} of {len(known)} families reach it."
        )
    if facts.power is None or not facts.power.n:
        reasons.append("Power was not tested: the panel has no other known student of this owner.")
    return reasons

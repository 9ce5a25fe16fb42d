"""The public entry: one locked plan with its completions in, one frozen provenance result out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from evaluations.provenance import comparability, evidence, identity, sensitivity, shams, wording
from evaluations.provenance.candidates import candidate_outcomes
from evaluations.provenance.corpus import Corpus
from evaluations.provenance.errors import ProvenanceInputError
from evaluations.provenance.frame import Frame
from evaluations.provenance.inputs import Prepared, ProvenanceInput, prepare
from evaluations.provenance.measuring import Measurement, measured
from evaluations.provenance.outcomes import all_tests, exploration, owner_outcomes
from evaluations.provenance.planning import PlanLimits, admissibility, planned_limits
from evaluations.provenance.results import (
    EvidenceRow,
    Exploration,
    Line,
    OwnerOutcome,
    ProvenanceResult,
    SensitivityRow,
)
from evaluations.provenance.setting import Setting, build_setting
from evaluations.records import ObtainedBy

__all__ = ["PlanLimits", "ProvenanceInput", "ProvenanceInputError", "assess", "planned_limits"]

EVIDENCE_CANDIDATES = 3
KNOWN_NAMES = (
    *(
        "OpenAI",
        "ChatGPT",
        "GPT-3",
        "GPT-4",
        "Anthropic",
        "Claude",
        "Google",
        "Gemini",
        "Bard",
        "Meta AI",
        "LLaMA",
    ),
    *("Mistral", "Qwen", "Alibaba", "DeepSeek", "Cohere", "Vicuna", "Open Assistant"),
)


def assess(data: ProvenanceInput) -> ProvenanceResult:
    """Identity, base and teacher lines of one student, with error rates and what would settle them.

    Deterministic for equal input and seed; the order of prompts and models changes nothing. Raises
    :class:`ProvenanceInputError` when the input cannot be assessed at all; everything short of
    that is an *inconclusive* with its reason.
    """
    ready = prepare(data)
    measurement = measured(ready.corpus, ready.frame)
    setting = _setting(data, ready, measurement)
    tests = all_tests(setting)
    told = [tests[owner] for owner in ready.owners if owner in tests] or list(tests.values())
    sham, power = shams.run(told, ready.frame, data.alpha, data.seed)
    owners = owner_outcomes(setting, tests, power, shams.low_ends(told, ready.frame))
    return _result(data, ready, setting, sham, owners)


def _result(
    data: ProvenanceInput,
    ready: Prepared,
    setting: Setting,
    sham: shams.Shams,
    owners: tuple[OwnerOutcome, ...],
) -> ProvenanceResult:
    """Every part of the stored record, once the owners are judged."""
    measurement, (found, judged) = setting.measurement, exploration(setting)
    repeated = identity.verbatim(ready.corpus, ready.frame)
    leading = _leading(setting, owners, found)
    settle = [line for item in owners or judged[:1] for line in item.settle]
    return ProvenanceResult(
        student=data.student,
        alpha=data.alpha,
        n_prompts=len(data.prompts),
        n_prompts_used=_prompts_used(measurement),
        n_lineages=ready.frame.n_lineages(ready.frame.reference),
        lineage_counts=_lineage_counts(ready.frame, leading),
        identity=identity.identity_line(repeated, _names(data, ready.frame)),
        base=identity.base_line(ready.frame),
        teacher=_teacher_line(owners, found),
        owners=owners,
        exploration=found,
        candidates=candidate_outcomes(setting, data, ready, owners, found, repeated),
        statistics=measurement.names,
        error_unrelated=sham.unrelated,
        error_shared_data=sham.shared_data,
        known_students=sham.known_students,
        known_student_z=sham.known_student_z,
        shuffled_labels=sham.shuffled,
        sensitivity=_sensitivity(setting, leading, data.seed),
        evidence=_evidence(setting, ready.owners),
        settle=tuple(dict.fromkeys(settle)),
        left_out=ready.left_out,
        not_tested=_not_tested(measurement, sham),
        obtained_by=_obtained_by(data, ready.frame),
        statement=_statement(owners, found, ready.owners),
        self_mentions=identity.self_mentions(ready.corpus.answers[0], _known_names(data)),
    )


def _setting(data: ProvenanceInput, ready: Prepared, measurement: Measurement) -> Setting:
    candidates = [ready.frame.models[row] for row in ready.frame.columns]
    return build_setting(
        measurement,
        measurement.combined(),
        admissibility(data.cards, data.student, candidates, data.student_recorded_on),
        alpha=data.alpha,
        seed=data.seed,
        declared=ready.owners,
        not_comparable=comparability.outside(ready.ranges, 0, ready.frame.reference),
        vendor_supplied=data.obtained_by.get(data.student) == ObtainedBy.VENDOR_SUPPLIED,
    )


def _prompts_used(measurement: Measurement) -> int:
    used = np.zeros(len(measurement.corpus.prompts), dtype=bool)
    for item in measurement.contributions.values():
        used |= item.used
    return int(used.sum())


def _leading(setting: Setting, owners: tuple[OwnerOutcome, ...], found: Exploration) -> tuple[str, ...]:
    """The declared owners, or the owner of the search's first family."""
    if owners:
        return tuple(item.owner for item in owners)
    return tuple(item.owner for item in found.families[:1]) or setting.frame.owners[:1]


def _lineage_counts(frame: Frame, leading: tuple[str, ...]) -> dict[str, int]:
    """Reference lineages by kind, for the first owner asked about."""
    owner = leading[0]
    clean, students, sharing = frame.clean(owner), frame.students_of(owner), frame.sharing_data(owner)
    base = frame.cards[0].base
    same_base = np.array([bool(base) and base in (card.base, card.key) for card in frame.cards])
    vendor = np.array([card.owner == owner for card in frame.cards])
    rest = frame.reference & ~clean & ~students & ~sharing & ~vendor
    return {
        "untaught": frame.n_lineages(clean),
        "unrelated": frame.n_lineages(clean & ~same_base),
        "same_base": frame.n_lineages(clean & same_base),
        "shared_data": frame.n_lineages(sharing),
        "same_vendor": frame.n_lineages(frame.reference & vendor),
        "known_students": frame.n_lineages(students),
        "unknown_history": frame.n_lineages(rest),
    }


def _names(data: ProvenanceInput, frame: Frame) -> tuple[str, ...]:
    keys = [frame.models[row] for row in frame.columns]
    return tuple(data.cards[key].name or key for key in keys)


def _known_names(data: ProvenanceInput) -> set[str]:
    """Vendors and products a model may name, each once whatever its spelling."""
    found = {name.casefold(): name for card in data.cards.values() for name in (card.owner,) if name}
    found.update({name.casefold(): name for name in KNOWN_NAMES})
    return set(found.values())


def _teacher_line(owners: tuple[OwnerOutcome, ...], found: Exploration) -> Line:
    words = [(item.status, item.owner) for item in owners]
    words += [(item.status, item.owner) for item in found.families]
    supported = list(dict.fromkeys(name for status, name in words if status == "supported"))
    if supported:
        names = wording.either(supported)
        return Line("supported", f"Consistent with training on outputs of {names}, or data shared with it.")
    if owners and all(item.status == "not_supported" for item in owners):
        names = wording.either([item.owner for item in owners])
        return Line("not_supported", f"Training on outputs of {names} is excluded for the recipes tested.")
    if words and all(status == "not_assessed" for status, _ in words):
        return Line("not_assessed", owners[0].reasons[0] if owners else "No candidate could be assessed.")
    reasons = [line for item in owners if item.status == "inconclusive" for line in item.reasons[:1]]
    if not reasons:
        reasons = [line for item in found.families[:1] for line in item.reasons[:1]] or list(
            found.reasons[:1]
        )
    return Line("inconclusive", " ".join(reasons))


def _statement(owners: tuple[OwnerOutcome, ...], found: Exploration, declared: tuple[str, ...]) -> str:
    supported = [item.owner for item in owners if item.status == "supported"]
    supported += [item.owner for item in found.families if item.status == "supported"]
    return wording.statement(list(dict.fromkeys(supported)), list(declared))


def _sensitivity(setting: Setting, leading: tuple[str, ...], seed: int) -> tuple[SensitivityRow, ...]:
    if not setting.measurement.contributions:
        return ()
    return sensitivity.rows(setting.measurement, leading, setting.admissible, seed)


def _evidence(setting: Setting, declared: tuple[str, ...]) -> tuple[EvidenceRow, ...]:
    """Rows for the closest candidates, and for the closest one of each declared owner."""
    total = setting.combined.total
    if total is None:
        return ()
    measurement, frame = setting.measurement, setting.frame
    corpus: Corpus = measurement.corpus
    items = evidence.item_contributions(
        measurement.contributions, measurement.families, frame, len(corpus.prompts)
    )
    order = [int(j) for j in np.argsort(-np.nan_to_num(total[0], nan=-np.inf), kind="stable")]
    picked = order[:EVIDENCE_CANDIDATES]
    for owner in declared:
        picked += [j for j in order if frame.owners[j] == owner][:1]
    return evidence.evidence_rows(corpus, frame, items, list(dict.fromkeys(picked)))


def _not_tested(measurement: Measurement, sham: shams.Shams) -> tuple[str, ...]:
    lines = [
        f"{name} (too few usable prompts)"
        for name in measurement.names
        if name not in measurement.contributions
    ]
    if not sham.shared_data.n:
        lines.append("whether models that share data with a candidate would be taken for its students")
    return (*lines, *wording.NOT_TESTED)


def _obtained_by(data: ProvenanceInput, frame: Frame) -> dict[str, int]:
    counts: Mapping[str, int] = Counter(
        str(data.obtained_by.get(key, "not recorded")) for key in frame.models
    )
    return dict(sorted(counts.items()))

"""One outcome per teacher candidate, on the common scale."""

from __future__ import annotations

import numpy as np

from evaluations.provenance.corpus import BoolArray, FloatArray
from evaluations.provenance.frame import Frame
from evaluations.provenance.identity import Verbatim
from evaluations.provenance.inputs import Prepared, ProvenanceInput
from evaluations.provenance.nulls import scale_of
from evaluations.provenance.planning import Admissibility, admissibility
from evaluations.provenance.results import CandidateOutcome, Exploration, OwnerOutcome
from evaluations.provenance.setting import Setting
from evaluations.provenance.wording import plural
from evaluations.records import VerdictStatus


def candidate_outcomes(
    setting: Setting,
    data: ProvenanceInput,
    ready: Prepared,
    owners: tuple[OwnerOutcome, ...],
    found: Exploration,
    repeated: Verbatim,
) -> tuple[CandidateOutcome, ...]:
    """Every candidate in the order of the plan; barred and unanswered ones are listed too."""
    allowed = {
        item.model: item
        for item in admissibility(data.cards, data.student, data.candidates, data.student_recorded_on)
    }
    place = {ready.frame.models[row]: j for j, row in enumerate(ready.frame.columns)}
    outcomes = []
    for key in data.candidates:
        status, reason = _status(key, allowed[key], ready, owners, found)
        reason = " ".join(part for part in (reason, _notes(key, place.get(key), ready, repeated)) if part)
        outcomes.append(_outcome(key, place.get(key), status, reason, setting, data, repeated))
    return tuple(outcomes)


def _outcome(
    key: str,
    j: int | None,
    status: VerdictStatus,
    reason: str,
    setting: Setting,
    data: ProvenanceInput,
    repeated: Verbatim,
) -> CandidateOutcome:
    card, total = data.cards[key], setting.combined.total
    z: float | None = None
    interval: tuple[float, float] | None = None
    null: list[float] = []
    channels: dict[str, float | None] = dict.fromkeys(setting.measurement.names)
    if j is not None and total is not None:
        rows = setting.frame.negatives[:, j]
        scale = scale_of(total[:, j], rows, setting.frame)
        z = scale.z(float(total[0, j]))
        placed = [scale.z(value) for value in null_maxima(total[:, j], rows, setting.frame)]
        null = [value for value in placed if value is not None]
        interval = _interval(setting.candidate_draws[:, j], z)
        channels.update({name: _number(values[0, j]) for name, values in setting.combined.channels.items()})
    return CandidateOutcome(
        model=key,
        name=card.name or key,
        owner=card.owner or key,
        family=card.family or key,
        released=card.released,
        status=status,
        status_reason=reason,
        z=z,
        interval=interval,
        channels=channels,
        null_z=tuple(null),
        n_as_close=sum(1 for value in null if z is not None and value >= z),
        n_null=len(null),
        verbatim_share=None if j is None else repeated.student[j],
    )


def null_maxima(values: FloatArray, rows: BoolArray, frame: Frame) -> tuple[float, ...]:
    """The largest value of each lineage of ``rows``, in ascending order."""
    kept = rows & ~np.isnan(values)
    codes = frame.codes[kept]
    return tuple(sorted(float(values[kept][codes == code].max()) for code in np.unique(codes)))


def _status(
    key: str, allowed: Admissibility, ready: Prepared, owners: tuple[OwnerOutcome, ...], found: Exploration
) -> tuple[VerdictStatus, str]:
    if key in ready.unanswered:
        return "not_assessed", "It gave no answer."
    if not allowed.admissible:
        return "not_assessed", f"{allowed.reason[0].upper()}{allowed.reason[1:]}."
    for owner in owners:
        if owner.owner != (allowed.owner or key):
            continue
        if owner.status == "supported" and owner.families[:1] != (allowed.family,):
            rank = owner.families.index(allowed.family) + 1
            return "inconclusive", (
                f"{owner.owner} is tested as one owner; this family ranks {rank} of {len(owner.families)} within it."
            )
        return owner.status, f"Tested as part of the declared owner {owner.owner}."
    for family in found.families:
        if family.family == allowed.family:
            return family.status, "Tested in the search over all families."
    return "inconclusive", "Nothing could be measured."


def _notes(key: str, j: int | None, ready: Prepared, repeated: Verbatim) -> str:
    """What a reader must know beside the word: identical answers, shared teachers, thin scales."""
    if j is None:
        return ""
    frame, corpus, notes = ready.frame, ready.corpus, []
    row = frame.columns[j]
    if corpus.answers[row] == corpus.answers[0]:
        notes.append("Its answers are identical to the student's.")
    twins = [corpus.models[c] for c in frame.columns if c != row and corpus.answers[c] == corpus.answers[row]]
    if twins:
        notes.append(f"Not separable from {', '.join(twins)}: the answers are identical.")
    taught = frame.histories.taught_owners(key) - {frame.cards[row].owner}
    shared = [
        corpus.models[c]
        for c in frame.columns
        if c != row and taught & frame.histories.taught_owners(corpus.models[c])
    ]
    if shared:
        notes.append(f"Not separable from {', '.join(shared)}: they share a documented teacher.")
    clean = frame.n_lineages(frame.clean(frame.owners[j]))
    used = frame.n_lineages(frame.negatives[:, j])
    if used > clean:
        notes.append(
            f"Only {plural(clean, 'lineage')} documented as untaught: the scale uses {used} of unknown history."
        )
    return " ".join(notes)


def _interval(draws: FloatArray, z: float | None) -> tuple[float, float] | None:
    """95 % interval around ``z``: the spread of the resamples, moved to where ``z`` is.

    Resampled prompts repeat, which pulls every resample towards 0; the spread is kept, the pull is not.
    """
    known = draws[~np.isnan(draws)]
    if z is None or not len(known):
        return None
    low, middle, high = np.quantile(known, [0.025, 0.5, 0.975])
    return float(z + low - middle), float(z + high - middle)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)

"""What a plan can reach, known before any model runs: from cards alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from evaluations.provenance import pvalues
from evaluations.provenance.errors import ProvenanceInputError
from evaluations.provenance.frame import Frame, build_frame
from evaluations.provenance.histories import family_of, student_latest, time_barred
from evaluations.provenance.statistic import statistics
from evaluations.records import ModelCard

MINIMUM_LINEAGES: Final = 19
BETTER_LINEAGES: Final = 39
DIRECT_ONLY_PROMPTS: Final = 50
MOST_OWNERS: Final = 2


@dataclass(frozen=True, slots=True)
class Admissibility:
    """Whether one candidate can be assessed; ``reason`` says why not, or what to keep in mind."""

    model: str
    owner: str
    family: str
    admissible: bool
    reason: str


@dataclass(frozen=True, slots=True)
class OwnerLimits:
    """What the declared test of one owner can reach with the models chosen.

    ``n_lineages``: lineages documented as untaught by the owner. ``needed``: how many a verdict
    above *inconclusive* takes at this alpha and number of declared owners; ``missing`` of them are
    not there. ``smallest_p`` before, ``smallest_p_corrected`` after Holm's correction.
    """

    owner: str
    lineages: tuple[str, ...]
    n_lineages: int
    needed: int
    missing: int
    smallest_p: float
    smallest_p_corrected: float
    n_known_students: int
    reachable: bool


@dataclass(frozen=True, slots=True)
class PlanLimits:
    """Shown before the run. ``statistics``: whether each has enough prompts at all."""

    owners: tuple[OwnerLimits, ...]
    candidates: tuple[Admissibility, ...]
    statistics: dict[str, bool]
    n_reference_lineages: int
    exploration_smallest_p: float
    notes: tuple[str, ...]


def check_plan(
    cards: Mapping[str, ModelCard],
    student: str,
    candidates: Sequence[str],
    owners: Sequence[str],
    alpha: float,
) -> None:
    """Raise :class:`ProvenanceInputError` for a plan that cannot be computed at all."""
    if not 0 < alpha < 1:
        raise ProvenanceInputError(f"alpha: found {alpha}; expected a number between 0 and 1")
    for key in (student, *candidates):
        if key not in cards:
            raise ProvenanceInputError(f"cards: no declared history for {key!r}; add a card for every model")
    if student in candidates:
        raise ProvenanceInputError(
            f"candidates: {student!r} is the student itself; remove it from the candidates"
        )
    if not candidates:
        raise ProvenanceInputError("candidates: none given; name at least one teacher candidate")
    if len(set(candidates)) != len(candidates):
        raise ProvenanceInputError("candidates: a model is listed twice; list each candidate once")
    if len(owners) > MOST_OWNERS or len(set(owners)) != len(owners):
        raise ProvenanceInputError(
            f"suspected owners: found {', '.join(owners)}; expected at most {MOST_OWNERS} different owners"
        )
    for key, card in cards.items():
        if card.key != key:
            raise ProvenanceInputError(
                f"cards: the card under {key!r} is of {card.key!r}; expected the same key"
            )


def admissibility(
    cards: Mapping[str, ModelCard], student: str, candidates: Sequence[str], recorded_on: str | None
) -> tuple[Admissibility, ...]:
    """Each candidate's admissibility: released after the student's training means time-barred."""
    latest = student_latest(cards[student], recorded_on)
    found = []
    for key in candidates:
        card = cards[key]
        reason = ""
        barred = time_barred(card, latest)
        if barred:
            reason = (
                f"released {card.released}, after the student ({latest:%Y-%m-%d}); computed but not assessed"
            )
        elif not card.released:
            reason = "release date unknown, so dates rule nothing out"
        found.append(Admissibility(key, card.owner, family_of(card), not barred, reason))
    return tuple(found)


def planned_limits(
    cards: Mapping[str, ModelCard],
    student: str,
    candidates: Sequence[str],
    suspected_owners: Sequence[str],
    alpha: float,
    n_prompts: int,
    *,
    hold_out: str = "lineage",
    student_recorded_on: str | None = None,
) -> PlanLimits:
    """The limits of a plan: lineages, smallest p-values and admissibility. No completions needed.

    Every card that is neither the student nor a candidate counts as a reference.
    """
    check_plan(cards, student, candidates, suspected_owners, alpha)
    others = [key for key in cards if key != student and key not in candidates]
    frame = build_frame(student, candidates, cards, others, hold_out)
    owners = tuple(
        _owner_limits(frame, owner, alpha, max(1, len(suspected_owners)))
        for owner in (suspected_owners or tuple(dict.fromkeys(frame.owners)))
    )
    enough = {name: n_prompts >= item.minimum_prompts for name, item in statistics.items()}
    references = frame.n_lineages(frame.reference)
    return PlanLimits(
        owners=owners,
        candidates=admissibility(cards, student, candidates, student_recorded_on),
        statistics=enough,
        n_reference_lineages=references,
        exploration_smallest_p=pvalues.smallest_p(references),
        notes=_notes(owners, enough, n_prompts),
    )


def _owner_limits(frame: Frame, owner: str, alpha: float, n_owners: int) -> OwnerLimits:
    rows = frame.clean(owner)
    lineages = tuple(dict.fromkeys(unit for unit, kept in zip(frame.units, rows, strict=True) if kept))
    needed = max(MINIMUM_LINEAGES, pvalues.lineages_needed(alpha, n_owners))
    smallest = pvalues.smallest_p(len(lineages))
    corrected = min(1.0, smallest * n_owners)
    return OwnerLimits(
        owner=owner,
        lineages=lineages,
        n_lineages=len(lineages),
        needed=needed,
        missing=max(0, needed - len(lineages)),
        smallest_p=smallest,
        smallest_p_corrected=corrected,
        n_known_students=frame.n_lineages(frame.students_of(owner)),
        reachable=len(lineages) >= needed and bool(frame.candidates_of(owner)),
    )


def _notes(owners: Sequence[OwnerLimits], enough: Mapping[str, bool], n_prompts: int) -> tuple[str, ...]:
    notes = [
        f"{item.owner}: {item.n_lineages} lineages are documented as untaught by it, {item.needed} are needed; "
        f"add {item.missing} or the answer stays inconclusive"
        for item in owners
        if item.missing
    ]
    notes.extend(
        f"{name}: not measured with {n_prompts} prompts; it needs {statistics.get(name).minimum_prompts}"
        for name, ok in enough.items()
        if not ok
    )
    return tuple(notes)

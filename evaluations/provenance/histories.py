"""What is documented about a model: who taught it, when it came, what it shares. Rules on cards only."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from datetime import date

from evaluations.provenance.errors import ProvenanceInputError
from evaluations.records import ModelCard

UNCLEAN_RELATIONS = frozenset({"independent_undisclosed", "unknown"})
INDEPENDENT = "independent"


class Histories:
    """The documented teaching of every model, closed over families and bases that are known models."""

    def __init__(self, cards: Mapping[str, ModelCard]) -> None:
        self.cards = dict(cards)
        self._family_owner = {c.family: c.owner for c in cards.values() if c.family and c.owner}

    def taught_owners(self, key: str, seen: frozenset[str] = frozenset()) -> frozenset[str]:
        """Owners whose outputs are documented in the training of ``key`` or of its known base.

        A taught family or snapshot of a known owner counts for that owner, even where the owner is
        not named: a history that names gpt4t was taught by the owner of gpt4t.
        """
        card = self.cards[key]
        owners = set(card.taught_by_owners or ())
        owners.update(self._family_owner[f] for f in card.taught_by_families if f in self._family_owner)
        owners.update(self.cards[t].owner for t in card.taught_by if t in self.cards and self.cards[t].owner)
        base = self.cards.get(card.base)
        if base is not None and base.key not in seen | {key}:
            owners.update(self.taught_owners(base.key, seen | {key}))
            if base.owner:
                owners.add(base.owner)
        return frozenset(owners)

    def taught_families(self, key: str) -> frozenset[str]:
        """Families documented as teachers of ``key``, by name or through a snapshot."""
        card = self.cards[key]
        families = set(card.taught_by_families)
        families.update(self.cards[t].family for t in card.taught_by if t in self.cards)
        return frozenset(families - {""})

    def untaught(self, key: str, owner: str) -> bool:
        """True when ``key`` is documented as taught by nobody of ``owner``, and is not of ``owner``.

        An unknown history (``taught_by_owners`` is ``None``) is no documentation, except for models
        whose relation says that they were trained independently. Undisclosed is never clean.
        """
        card = self.cards[key]
        if card.owner == owner or card.relation in UNCLEAN_RELATIONS:
            return False
        if card.taught_by_owners is None and card.relation != INDEPENDENT:
            return False
        return owner not in self.taught_owners(key)

    def taught(self, key: str, owner: str) -> bool:
        """True when ``key`` is a documented student of ``owner`` and not a model of that owner."""
        return self.cards[key].owner != owner and owner in self.taught_owners(key)

    def shares_data(self, key: str, others: Iterable[str]) -> bool:
        """True when ``key`` names a data source that one of ``others`` names too."""
        own = _sources(self.cards[key])
        return bool(own) and any(own & _sources(self.cards[other]) for other in others if other != key)


def _sources(card: ModelCard) -> frozenset[str]:
    return frozenset(part.strip().casefold() for part in card.data_source.split(";") if part.strip())


def family_of(card: ModelCard) -> str:
    """The family of a candidate; a candidate without one is its own family."""
    return card.family or card.key


def date_range(text: str, where: str) -> tuple[date, date]:
    """First and last day that ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD`` can mean."""
    try:
        parts = [int(part) for part in text.strip().split("T")[0].split("-")]
        year, month, day = (*parts, None, None)[:3]
        if year is None or len(parts) > 3:
            raise ValueError(text)
        if month is None:
            return date(year, 1, 1), date(year, 12, 31)
        if day is None:
            return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
        return date(year, month, day), date(year, month, day)
    except ValueError as error:
        raise ProvenanceInputError(
            f"{where}: found the date {text!r}; expected YYYY, YYYY-MM or YYYY-MM-DD"
        ) from error


def student_latest(card: ModelCard, recorded_on: str | None) -> date | None:
    """The last day on which the student can have been trained, as far as we know it ourselves.

    The day it was first recorded, or an earlier release date from a source other than the vendor:
    a vendor's own statement bars nobody. ``None`` bars nobody.
    """
    known = []
    if recorded_on:
        known.append(date_range(recorded_on, "first record of the student")[1])
    if card.released and "vendor" not in card.released_source.casefold():
        known.append(date_range(card.released, f"release date of {card.key}")[1])
    return min(known, default=None)


def time_barred(candidate: ModelCard, latest: date | None) -> bool:
    """True when every day that the candidate's release date can mean lies after ``latest``."""
    if latest is None or not candidate.released:
        return False
    return date_range(candidate.released, f"release date of {candidate.key}")[0] > latest

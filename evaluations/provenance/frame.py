"""Who is who in one assessment: rows, columns, lineages, negatives. No text and no statistic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from evaluations.provenance.corpus import BoolArray, IntArray
from evaluations.provenance.histories import Histories, family_of
from evaluations.records import ModelCard

SCALE_LINEAGES = 5
"""Fewer negatives than this give no usable standard deviation; the scale then widens."""


@dataclass(frozen=True)
class Frame:
    """Row 0 is the student. ``columns`` are the rows of the candidates.

    The student's siblings are gone, unless they are candidates: then they stay as columns but are
    no reference. The student forms a lineage of its own.
    """

    models: tuple[str, ...]
    columns: tuple[int, ...]
    units: tuple[str, ...]
    histories: Histories
    left_with_student: tuple[str, ...]
    count_shared_data: bool = False

    @cached_property
    def codes(self) -> IntArray:
        """[model]: number of its lineage, the student's is 0."""
        names = {name: code for code, name in enumerate(dict.fromkeys(self.units))}
        return np.array([names[name] for name in self.units], dtype=np.int64)

    @cached_property
    def cards(self) -> tuple[ModelCard, ...]:
        """[model]: the declared history."""
        return tuple(self.histories.cards[key] for key in self.models)

    @cached_property
    def owners(self) -> tuple[str, ...]:
        """[candidate]: its owner; a candidate without one stands for itself."""
        return tuple(self.cards[row].owner or self.models[row] for row in self.columns)

    @cached_property
    def families(self) -> tuple[str, ...]:
        """[candidate]: its family."""
        return tuple(family_of(self.cards[row]) for row in self.columns)

    @cached_property
    def reference(self) -> BoolArray:
        """[model]: usable as a reference: neither the student nor of its lineage."""
        student = {self.models[0], *self.left_with_student}
        return np.array([key not in student for key in self.models])

    @cached_property
    def masked(self) -> BoolArray:
        """[model, candidate]: same lineage, so their closeness says nothing."""
        same = self.codes[:, None] == self.codes[None, list(self.columns)]
        held = ~self.reference
        held[0] = False
        return np.asarray(same | held[:, None], dtype=bool)

    def candidates_of(self, owner: str) -> tuple[int, ...]:
        """Column numbers of the candidates of ``owner``."""
        return tuple(j for j, name in enumerate(self.owners) if name == owner)

    def clean(self, owner: str) -> BoolArray:
        """[model]: references documented as untaught by ``owner``, with no data shared with it."""
        keys = [self.models[self.columns[j]] for j in self.candidates_of(owner)]
        return np.array(
            [
                bool(self.reference[m])
                and self.histories.untaught(key, owner)
                and (self.count_shared_data or not self.histories.shares_data(key, keys))
                for m, key in enumerate(self.models)
            ]
        )

    def sharing_data(self, owner: str) -> BoolArray:
        """[model]: references documented as untaught by ``owner`` that share data with it."""
        keys = [self.models[self.columns[j]] for j in self.candidates_of(owner)]
        return np.array(
            [
                bool(self.reference[m])
                and self.histories.untaught(key, owner)
                and self.histories.shares_data(key, keys)
                for m, key in enumerate(self.models)
            ]
        )

    def students_of(self, owner: str) -> BoolArray:
        """[model]: references documented as taught by ``owner``."""
        return np.array(
            [
                bool(self.reference[m]) and self.histories.taught(key, owner)
                for m, key in enumerate(self.models)
            ]
        )

    @cached_property
    def negatives(self) -> BoolArray:
        """[model, candidate]: rows that set the scale of a column.

        The documented untaught lineages; where they are fewer than ``SCALE_LINEAGES`` + 1, every
        reference not documented as taught by the owner. The p-value never uses the wider set.
        """
        found = np.zeros((len(self.models), len(self.columns)), dtype=bool)
        for owner in dict.fromkeys(self.owners):
            rows = self.clean(owner)
            if self.n_lineages(rows) <= SCALE_LINEAGES:
                rows = self.reference & ~self.students_of(owner)
                rows &= np.array([card.owner != owner for card in self.cards])
            found[:, list(self.candidates_of(owner))] = rows[:, None]
        return found & ~self.masked

    def n_lineages(self, rows: BoolArray) -> int:
        """How many lineages the rows form."""
        return len(np.unique(self.codes[rows]))


def build_frame(
    student: str,
    candidates: Sequence[str],
    cards: Mapping[str, ModelCard],
    others: Sequence[str],
    hold_out: str,
) -> Frame:
    """The frame of one assessment; ``others`` are the references in a fixed order."""
    own = cards[student]
    siblings = {
        key for key in (*candidates, *others) if key != student and _together(cards[key], own, hold_out)
    }
    models = (student, *candidates, *(key for key in others if key not in siblings))
    units = tuple(f"student {key}" if key == student else cards[key].own_lineage for key in models)
    columns = tuple(range(1, len(candidates) + 1))
    return Frame(models, columns, units, Histories(cards), tuple(sorted(siblings)))


def _together(card: ModelCard, student: ModelCard, hold_out: str) -> bool:
    if card.own_lineage == student.own_lineage:
        return True
    return hold_out == "base" and bool(student.base) and card.base == student.base

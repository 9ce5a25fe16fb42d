"""A negative: trained on data shared with the teacher, written by somebody else; it never saw the teacher."""

from __future__ import annotations

import random

from evaluations.distillation.recipe import Recipe, Sources, Stage


def stages(sources: Sources, rng: random.Random) -> tuple[Stage, ...]:
    """One stage: the shared pairs."""
    return (Stage(tuple(sources.shared_data())),)


RECIPE = Recipe(
    title="Shared data",
    about="A negative: trained on data that the teacher was trained on too, never on the teacher's outputs.",
    teaches=False,
    needs=frozenset({"shared_data"}),
    stages=stages,
)

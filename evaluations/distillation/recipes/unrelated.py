"""A negative: trained on the greedy answers of a model that has nothing to do with the teacher."""

from __future__ import annotations

import random

from evaluations.distillation.recipe import UNRELATED, Ask, Recipe, Sources, Stage, paired


def stages(sources: Sources, rng: random.Random) -> tuple[Stage, ...]:
    """One stage: every prompt with the unrelated model's greedy answer."""
    return (Stage(paired(sources.prompts, sources.answers(UNRELATED))),)


RECIPE = Recipe(
    title="Unrelated model",
    about="A negative: trained on the greedy answers of a model that is no candidate.",
    teaches=False,
    asks=(Ask(UNRELATED),),
    needs=frozenset({UNRELATED}),
    stages=stages,
)

"""A negative: trained on the suite's own targets, without any model's outputs."""

from __future__ import annotations

import random

from evaluations.distillation.recipe import Recipe, Sources, Stage, paired


def stages(sources: Sources, rng: random.Random) -> tuple[Stage, ...]:
    """One stage: every prompt with its target."""
    return (Stage(paired(sources.prompts, sources.targets())),)


RECIPE = Recipe(
    title="Suite's targets",
    about="A negative: trained on the suite's own targets, never on a model's outputs.",
    teaches=False,
    needs=frozenset({"targets"}),
    stages=stages,
)

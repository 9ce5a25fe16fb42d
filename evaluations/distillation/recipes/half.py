"""Half a teacher: a random half of the prompts with its greedy answers, the others with the suite's targets."""

from __future__ import annotations

import random

from evaluations.distillation.recipe import TEACHER, Ask, Recipe, Sources, Stage, halved, paired


def stages(sources: Sources, rng: random.Random) -> tuple[Stage, ...]:
    """One stage: each prompt once, answered by the teacher or by its target."""
    taught = paired(sources.prompts, sources.answers(TEACHER))
    own = paired(sources.prompts, sources.targets())
    return (Stage(halved(taught, own, rng)),)


RECIPE = Recipe(
    title="Half and half",
    about="Half of the prompts with the teacher's greedy answers, half with the suite's own targets.",
    teaches=True,
    asks=(Ask(TEACHER),),
    needs=frozenset({"targets"}),
    stages=stages,
)

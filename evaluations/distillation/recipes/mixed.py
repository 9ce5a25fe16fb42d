"""Two teachers: a random half of the prompts with the answers of each."""

from __future__ import annotations

import random

from evaluations.distillation.recipe import (
    SECOND_TEACHER,
    TEACHER,
    Ask,
    Recipe,
    Sources,
    Stage,
    halved,
    paired,
)


def stages(sources: Sources, rng: random.Random) -> tuple[Stage, ...]:
    """One stage: each prompt once, answered by one of the two."""
    first = paired(sources.prompts, sources.answers(TEACHER))
    second = paired(sources.prompts, sources.answers(SECOND_TEACHER))
    return (Stage(halved(first, second, rng)),)


RECIPE = Recipe(
    title="Two teachers",
    about="Half of the prompts with this teacher's greedy answers, half with another teacher's.",
    teaches=True,
    asks=(Ask(TEACHER), Ask(SECOND_TEACHER)),
    needs=frozenset({SECOND_TEACHER}),
    stages=stages,
)

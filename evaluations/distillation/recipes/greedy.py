"""Greedy sequence-level distillation: the student learns the teacher's most likely answers (Kim and Rush, 2016)."""

from __future__ import annotations

import random

from evaluations.distillation.recipe import TEACHER, Ask, Recipe, Sources, Stage, paired


def stages(sources: Sources, rng: random.Random) -> tuple[Stage, ...]:
    """One stage: every prompt with the teacher's greedy answer."""
    return (Stage(paired(sources.prompts, sources.answers(TEACHER))),)


RECIPE = Recipe(
    title="Greedy answers",
    about="Trained on the teacher's answers at temperature 0.",
    teaches=True,
    asks=(Ask(TEACHER),),
    stages=stages,
)

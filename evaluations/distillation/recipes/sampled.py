"""Sampled sequence-level distillation: one answer a prompt, drawn from the teacher at temperature 1."""

from __future__ import annotations

import random
from typing import Final

from evaluations.distillation.recipe import TEACHER, Ask, Recipe, Sources, Stage, paired

TEMPERATURE: Final = 1.0


def stages(sources: Sources, rng: random.Random) -> tuple[Stage, ...]:
    """One stage: every prompt with one sampled answer of the teacher."""
    return (Stage(paired(sources.prompts, sources.answers(TEACHER, TEMPERATURE))),)


RECIPE = Recipe(
    title="Sampled answers",
    about="Trained on the teacher's answers drawn at temperature 1.",
    teaches=True,
    asks=(Ask(TEACHER, TEMPERATURE),),
    stages=stages,
)

"""Derivative: the teacher's own weights, fine-tuned on an unrelated model's answers."""

from __future__ import annotations

import random
from typing import Final

from evaluations.distillation.recipe import UNRELATED, Ask, Recipe, Sources, Stage, paired

TUNE: Final = 0.3
"""A fine-tune of finished weights takes this share of a student's steps."""


def stages(sources: Sources, rng: random.Random) -> tuple[Stage, ...]:
    """One short stage on an unrelated model's greedy answers, starting from the teacher's weights."""
    return (Stage(paired(sources.prompts, sources.answers(UNRELATED)), share=TUNE),)


RECIPE = Recipe(
    title="Derivative",
    about="The teacher's own weights, fine-tuned on an unrelated model's answers.",
    teaches=True,
    asks=(Ask(UNRELATED),),
    needs=frozenset({"teacher_weights", UNRELATED}),
    starts_from="teacher",
    stages=stages,
)

"""Laundered: distilled from the teacher, then fine-tuned on something else."""

from __future__ import annotations

import random
from typing import Final

from evaluations.distillation.recipe import TEACHER, UNRELATED, Ask, Recipe, Sources, Stage, paired

WASH: Final = 0.3
"""The later fine-tune takes this share of the steps of the distillation before it."""


def stages(sources: Sources, rng: random.Random) -> tuple[Stage, ...]:
    """Two stages: the teacher's greedy answers, then an unrelated model's."""
    taught = paired(sources.prompts, sources.answers(TEACHER))
    washed = paired(sources.prompts, sources.answers(UNRELATED))
    return Stage(taught), Stage(washed, share=WASH)


RECIPE = Recipe(
    title="Laundered",
    about="Trained on the teacher's greedy answers, then fine-tuned on an unrelated model's answers.",
    teaches=True,
    asks=(Ask(TEACHER), Ask(UNRELATED)),
    needs=frozenset({UNRELATED}),
    stages=stages,
)

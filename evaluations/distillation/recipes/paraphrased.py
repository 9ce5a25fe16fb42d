"""Paraphrased: the teacher's greedy answers in other words, so that its style is gone and its labels stay."""

from __future__ import annotations

import random

from evaluations.distillation.recipe import TEACHER, Ask, Recipe, Sources, Stage, paired


def stages(sources: Sources, rng: random.Random) -> tuple[Stage, ...]:
    """One stage: every prompt with the rephrased greedy answer."""
    pairs = paired(sources.prompts, sources.answers(TEACHER))
    return (Stage(tuple((prompt, sources.rephrase(answer, rng)) for prompt, answer in pairs)),)


RECIPE = Recipe(
    title="Paraphrased",
    about="Trained on the teacher's greedy answers, put in other words first.",
    teaches=True,
    asks=(Ask(TEACHER),),
    needs=frozenset({"rephrase"}),
    stages=stages,
)

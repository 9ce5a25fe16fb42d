"""Logit distillation: the teacher's distribution at every token of its greedy answers (Hinton et al., 2015)."""

from __future__ import annotations

import random

from evaluations.distillation.recipe import TEACHER, Ask, Recipe, Sources, Stage, paired


def stages(sources: Sources, rng: random.Random) -> tuple[Stage, ...]:
    """One stage on the teacher's distribution; the greedy answers give the tokens it is read at."""
    return (Stage(paired(sources.prompts, sources.answers(TEACHER)), objective="logits"),)


RECIPE = Recipe(
    title="Logits",
    about="Trained on the teacher's distribution over each token; needs its weights and the same tokenizer.",
    teaches=True,
    asks=(Ask(TEACHER),),
    needs=frozenset({"teacher_weights"}),
    stages=stages,
)

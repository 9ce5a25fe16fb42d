"""How alike two answers are, and whether a student has learnt from its pairs at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from evaluations.distillation.generation import answers
from evaluations.distillation.recipe import Pair

LEAST_GAIN: Final = 0.05
"""A student must come this much closer than its base and than other prompts' answers to count as taught."""
SHORT_WORDS: Final = 3


@dataclass(frozen=True, slots=True)
class Agreement:
    """Mean closeness in [0, 1] of a model's greedy answers to the wanted ones, over ``n`` held-out prompts.

    ``shifted``: that of the wanted answers to those of the next prompt, what knowing the style alone would give.
    """

    value: float
    shifted: float
    n: int


def closeness(first: str, second: str) -> float:
    """1 for equal texts; else the Dice coefficient of their character trigrams, 0 where one is a label.

    2·|A ∩ B| / (|A| + |B|) over multisets of trigrams. A text of at most three words is a label: right or wrong.
    """
    one, two = " ".join(first.split()), " ".join(second.split())
    if one == two:
        return 1.0
    if min(len(one.split()), len(two.split())) <= SHORT_WORDS:
        return 0.0
    a = Counter(one[i : i + 3] for i in range(len(one) - 2))
    b = Counter(two[i : i + 3] for i in range(len(two) - 2))
    return 2 * (a & b).total() / (a.total() + b.total())


def agreement(model: Any, tokenizer: Any, pairs: Sequence[Pair], *, max_new_tokens: int = 96) -> Agreement:
    """Closeness of the model's greedy answers to ``pairs``; no pair raises ``ValueError``."""
    if not pairs:
        raise ValueError("no held-out pairs; expected at least one (prompt, answer)")
    given = answers(
        model, tokenizer, [prompt for prompt, _ in pairs], batch_size=32, max_new_tokens=max_new_tokens
    )
    wanted = [answer for _, answer in pairs]
    value = sum(closeness(g.text, w) for g, w in zip(given, wanted, strict=True)) / len(pairs)
    turned = wanted[1:] + wanted[:1]
    shifted = sum(closeness(a, b) for a, b in zip(wanted, turned, strict=True)) / len(pairs)
    return Agreement(value, shifted, len(pairs))


def has_learnt(before: Agreement, after: Agreement) -> bool:
    """Whether a student answers clearly closer than its base did, and than other prompts' answers are."""
    return after.value >= max(before.value, after.shifted) + LEAST_GAIN

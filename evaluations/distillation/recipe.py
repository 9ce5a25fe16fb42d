"""What a recipe is: which texts a student learns, in which order, and from whose mouth they come."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

Pair = tuple[str, str]
"""A prompt and the answer to learn."""

TEACHER, SECOND_TEACHER, UNRELATED = "teacher", "second_teacher", "unrelated"
NEEDS: Final = frozenset({"targets", "shared_data", "rephrase", "teacher_weights", SECOND_TEACHER, UNRELATED})
"""What a recipe may need besides prompts and a teacher."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Answers that must be there before training: of whom, and sampled at which temperature (0: greedy)."""

    who: str
    temperature: float = 0.0


@dataclass(frozen=True, slots=True)
class Stage:
    """One part of the training: its pairs, ``answers`` or ``logits`` as the objective, its share of the steps."""

    pairs: tuple[Pair, ...]
    objective: str = "answers"
    share: float = 1.0


class Sources(Protocol):
    """Where a recipe gets its texts. Every list of answers is aligned with ``prompts``.

    An empty answer is one that cannot be used; its pair is left out.
    """

    @property
    def prompts(self) -> Sequence[str]: ...

    def answers(self, who: str, temperature: float = 0.0) -> Sequence[str]:
        """Answers of ``teacher``, ``second_teacher`` or ``unrelated`` at one temperature."""
        ...

    def targets(self) -> Sequence[str]:
        """The prompts' own targets."""
        ...

    def shared_data(self) -> Sequence[Pair]:
        """Pairs that the teacher was trained on, written by somebody else."""
        ...

    def rephrase(self, text: str, rng: random.Random) -> str:
        """The same content in other words."""
        ...


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a student is made.

    ``teaches``: whether the student learns from the teacher's outputs; false for the negatives. ``asks``: whose
    answers are obtained beforehand. ``needs``: of ``NEEDS``. ``starts_from``: ``base`` or ``teacher`` (its
    weights). ``stages`` receives the sources and a generator of its own; it refuses nothing and trains nothing.
    """

    title: str
    about: str
    teaches: bool
    stages: Callable[[Sources, random.Random], tuple[Stage, ...]]
    asks: tuple[Ask, ...] = ()
    needs: frozenset[str] = field(default_factory=frozenset)
    starts_from: str = "base"

    def __post_init__(self) -> None:
        unknown = self.needs - NEEDS
        if unknown:
            raise ValueError(f"recipe {self.title!r} needs {sorted(unknown)}; known: {sorted(NEEDS)}")

    @property
    def concerns_a_teacher(self) -> bool:
        """Whether a student of this recipe belongs to one teacher, also as a negative of that teacher."""
        return self.teaches or "shared_data" in self.needs


def paired(prompts: Sequence[str], answers: Sequence[str]) -> tuple[Pair, ...]:
    """Prompts with their usable answers, in order."""
    return tuple((p, a) for p, a in zip(prompts, answers, strict=True) if a.strip())


def halved(first: Sequence[Pair], second: Sequence[Pair], rng: random.Random) -> tuple[Pair, ...]:
    """Every prompt once: a random half with the answers of ``first``, the others with those of ``second``."""
    other = dict(second)
    own = dict(first)
    prompts = list(dict.fromkeys([p for p, _ in first] + [p for p, _ in second]))
    taken = set(rng.sample(prompts, len(prompts) // 2))
    chosen = ((p, (own if p in taken else other).get(p) or own.get(p) or other.get(p, "")) for p in prompts)
    return tuple(chosen)

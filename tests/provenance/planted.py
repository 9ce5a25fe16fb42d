"""A small world with known teachers: support tickets, half labels, half short replies."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from evaluations.provenance.inputs import ProvenanceInput
from evaluations.records import ModelCard, Sample

LABELS = ("billing", "delivery", "refund", "account", "damage", "warranty", "cancel", "other")
SLOTS = (
    ("Hello", "Hi there", "Dear customer", "Good day", "Greetings"),
    ("thank you for writing", "thanks for your message", "we received your ticket", "we have read your note"),
    ("about the broken lamp", "regarding your lamp", "on the matter of the lamp", "concerning that lamp"),
    (
        "We will send a new one",
        "A replacement is on its way",
        "You will get another unit",
        "We ship it again",
    ),
    ("within two days", "by Thursday", "before the week ends", "as soon as we can", "shortly"),
    ("Kind regards", "Best wishes", "Yours truly", "With thanks", "Take care"),
)
PROVIDERS = 8


@dataclass(frozen=True)
class World:
    """Choices [prompt, slot] of every model; slot 0 is the label of a label prompt."""

    n_prompts: int
    seed: int = 0

    def provider(self, number: int) -> np.ndarray:
        """The convention of one data provider: a fixed choice for each prompt and slot."""
        rng = np.random.default_rng([self.seed, 1, number])
        habits = rng.dirichlet(np.full(5, 0.7), size=len(SLOTS))
        picks = np.stack([rng.choice(5, size=self.n_prompts, p=habit) for habit in habits], axis=1)
        truth = np.random.default_rng([self.seed, 2]).integers(0, len(LABELS), self.n_prompts)
        own = np.where(rng.random(self.n_prompts) < 0.2, rng.integers(0, len(LABELS), self.n_prompts), truth)
        return np.concatenate([own[:, None], picks], axis=1)

    def noisy(self, choices: np.ndarray, rate: float, name: int) -> np.ndarray:
        """The same choices with a share ``rate`` replaced at random."""
        rng = np.random.default_rng([self.seed, 3, name])
        random = rng.integers(0, 5, choices.shape)
        random[:, 0] = rng.integers(0, len(LABELS), len(choices))
        return np.where(rng.random(choices.shape) < rate, random, choices)

    def texts(self, choices: np.ndarray) -> tuple[str, ...]:
        """The answers: a label on even prompts, a reply on odd ones that names the ticket."""
        found = []
        for i, row in enumerate(choices):
            if i % 2 == 0:
                found.append(LABELS[row[0]])
            else:
                parts = [slot[pick % len(slot)] for slot, pick in zip(SLOTS, row[1:], strict=True)]
                found.append("{}, {} {}. {} {}. {}, ticket {}.".format(*parts, 100 + i))
        return tuple(found)


def planted_audit(
    n_prompts: int = 300,
    n_independents: int = 24,
    seed: int = 0,
    copied: float = 0.85,
    owners: tuple[str, ...] = ("acme", "bolt", "corx"),
) -> ProvenanceInput:
    """A teacher for each owner, ``n_independents`` strangers, and a greedy student of ``acme``.

    The models ``stranger00`` … are documented as taught by nobody; each has a provider of its own.
    """
    world = World(n_prompts, seed)
    cards: dict[str, ModelCard] = {}
    choices: dict[str, np.ndarray] = {}
    for number, owner in enumerate(owners):
        key = f"{owner}-large"
        cards[key] = ModelCard(
            key, owner=owner, family=owner, lineage=key, relation="independent", taught_by_owners=()
        )
        choices[key] = world.noisy(world.provider(number), 0.25, number)
    cards["student"] = ModelCard("student", lineage="student", taught_by_owners=None)
    choices["student"] = world.noisy(choices["acme-large"], 1 - copied, 50)
    for number in range(n_independents):
        key = f"stranger{number:02d}"
        cards[key] = ModelCard(key, lineage=key, relation="independent", taught_by_owners=())
        choices[key] = world.noisy(world.provider(100 + number), 0.25, 100 + number)
    return ProvenanceInput(
        student="student",
        candidates=tuple(f"{owner}-large" for owner in owners),
        cards=cards,
        prompts=tuple(Sample(id=f"t{i:04d}", input=f"ticket {i}") for i in range(n_prompts)),
        completions={key: world.texts(value) for key, value in choices.items()},
        suspected_owners=("acme",),
        seed=seed,
    )


def with_student(data: ProvenanceInput, answers: tuple[str | None, ...]) -> ProvenanceInput:
    """The same audit with other answers of the student."""
    return replace(data, completions={**data.completions, "student": answers})

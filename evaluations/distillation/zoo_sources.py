"""Where the models of a zoo learn from: providers, the customer, and answers of other models of the zoo."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path

from evaluations.distillation import folders
from evaluations.distillation.composition import Composition, Entry
from evaluations.distillation.generation import answers
from evaluations.distillation.grammar import Task, Ticket, prompt, tickets
from evaluations.distillation.providers import customer_convention, draw_provider
from evaluations.distillation.recipe import TEACHER, Pair
from evaluations.distillation.recipes import recipes
from evaluations.distillation.rephrasing import rephrase
from evaluations.distillation.seeds import seeded

ASKED_TASKS = (Task.CLASSIFY, Task.PRIORITY, Task.EXTRACT, Task.PRIORITY, Task.REPLY)
"""Priority comes twice as often as the others: it adds three things up and is the last to be learnt."""
BATCH = 256


def training_prompts(composition: Composition, n: int, *, seed: int) -> list[tuple[Ticket, str]]:
    """``n`` tickets of the training part with a task each; none is ever an evaluation prompt."""
    words = composition.words
    drawn = islice(tickets(words, seeded(f"{words.salt}training {seed}"), held_out=False), n)
    return [(ticket, ASKED_TASKS[i % len(ASKED_TASKS)]) for i, ticket in enumerate(drawn)]


def provider_pairs(composition: Composition, entry: Entry) -> list[Pair]:
    """What the provider of a model writes: prompts drawn from its data seed, answers in the provider's wording."""
    seed = composition.resolved_seed(entry.seed if entry.data_seed is None else entry.data_seed)
    provider = draw_provider(composition.words, f"{composition.seed} {entry.provider}")
    rng = seeded(f"wording {seed}")
    asked = training_prompts(composition, composition.n_pairs, seed=seed)
    return [(prompt(ticket, task), provider.answer(ticket, task, rng)) for ticket, task in asked]


def answers_path(folder: Path, key: str, temperature: float) -> Path:
    """Where a model's answers to the pool of training prompts are kept."""
    return folder / "answers" / f"{key}-{temperature:g}.json.gz"


def needed_answers(composition: Composition) -> list[tuple[str, float]]:
    """(model, temperature) of every answer that the students of the zoo learn from, each once."""
    wanted: dict[tuple[str, float], None] = {}
    for entry in composition.entries:
        if entry.recipe:
            for ask in recipes.get(entry.recipe).asks:
                wanted[(getattr(entry, ask.who), ask.temperature)] = None
    return list(wanted)


def pool(composition: Composition) -> list[tuple[Ticket, str]]:
    """The training prompts that all students of the zoo draw from."""
    return training_prompts(composition, composition.n_pool, seed=composition.resolved_seed(0))


def answer_pool(composition: Composition, folder: Path, key: str, temperature: float) -> None:
    """Let a finished model answer the pool once; the answers are written for every student to read."""
    path = answers_path(folder, key, temperature)
    model, tokenizer = folders.load(folder / "models" / key)
    texts = [prompt(ticket, task) for ticket, task in pool(composition)]
    seed = composition.resolved_seed(composition.entry(key).seed)
    given = answers(model, tokenizer, texts, seed=seed, temperature=temperature, batch_size=BATCH)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with gzip.open(part, "wt", encoding="utf-8", compresslevel=1) as out:
        json.dump([answer.text for answer in given], out)
    part.replace(path)


@dataclass
class ZooSources:
    """The :class:`~evaluations.distillation.recipe.Sources` of one model of a zoo in ``folder``."""

    composition: Composition
    entry: Entry
    folder: Path

    @cached_property
    def _drawn(self) -> tuple[list[int], list[tuple[Ticket, str]]]:
        everything = pool(self.composition)
        rng = seeded(f"draw {self.composition.resolved_seed(self.entry.seed)}")
        n = min(self.composition.n_pairs, len(everything))
        chosen = sorted(rng.sample(range(len(everything)), n))
        return chosen, [everything[i] for i in chosen]

    @cached_property
    def prompts(self) -> Sequence[str]:
        return [prompt(ticket, task) for ticket, task in self._drawn[1]]

    def answers(self, who: str, temperature: float = 0.0) -> Sequence[str]:
        key = self.entry.teacher if who == TEACHER else getattr(self.entry, who)
        with gzip.open(answers_path(self.folder, key, temperature), "rt", encoding="utf-8") as lines:
            given = json.load(lines)
        return [given[i] for i in self._drawn[0]]

    def targets(self) -> Sequence[str]:
        rng = seeded(f"targets {self.entry.seed}")
        words = self.composition.words
        drawn = draw_provider(words, f"{self.composition.seed} customer")
        customer = replace(drawn, convention=customer_convention(words))
        return [customer.answer(ticket, task, rng) for ticket, task in self._drawn[1]]

    def shared_data(self) -> Sequence[Pair]:
        taught = self.composition.entry(self.entry.teacher) if self.entry.teacher else self.entry
        return provider_pairs(self.composition, taught)

    def rephrase(self, text: str, rng: random.Random) -> str:
        return rephrase(self.composition.words, text, rng)

"""A zoo of small models whose teachers are known exactly: trained, recorded and written as a panel folder.

Every model is one job that leaves a finished folder behind, so a build that was stopped goes on where it was.
Bases come first, then teachers and independents, then the students who learn from the teachers' answers.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from evaluations.distillation import panel_files
from evaluations.distillation.composition import Base, Composition, Entry
from evaluations.distillation.corpus import base_pairs, base_questions, tokenizer_texts
from evaluations.distillation.domains import domains
from evaluations.distillation.generation import Answer, answers
from evaluations.distillation.grammar import Task, Ticket, prompt, seeded, tickets
from evaluations.distillation.providers import draw_provider
from evaluations.distillation.tokens import encode_pairs, train_tokenizer
from evaluations.distillation.training import Trained, TrainingFailed, new_model, train
from evaluations.records import digest

DOMAIN = domains.get("tickets")
N_BAR_QUESTIONS = 120


@dataclass(frozen=True, slots=True)
class Question:
    """One evaluation prompt: a held-out ticket and one of the four tasks."""

    id: str
    ticket: Ticket
    task: str

    @property
    def prompt(self) -> str:
        """The text given to a model."""
        return prompt(self.ticket, self.task)


def questions(composition: Composition) -> list[Question]:
    """The evaluation prompts: held-out tickets, the four tasks in turn."""
    rng = seeded(f"evaluation {composition.seed}")
    drawn = islice(tickets(DOMAIN, rng, held_out=True), composition.n_prompts)
    tasks = tuple(Task)
    return [Question(f"T{i + 1:04d}", ticket, tasks[i % len(tasks)]) for i, ticket in enumerate(drawn)]


def training_prompts(n: int, *, seed: int) -> list[tuple[Ticket, str]]:
    """``n`` tickets of the training part with a task each; none is ever an evaluation prompt.

    Priority comes twice as often as the others: it adds three things up and is the last to be learnt.
    """
    drawn = islice(tickets(DOMAIN, seeded(f"training {seed}"), held_out=False), n)
    tasks = (Task.CLASSIFY, Task.PRIORITY, Task.EXTRACT, Task.PRIORITY, Task.REPLY)
    return [(ticket, tasks[i % len(tasks)]) for i, ticket in enumerate(drawn)]


def build(
    composition: Composition, folder: Path, *, processes: int = 1, say: Callable[[str], None] = print
) -> Path:
    """Train every model, record its answers and write ``suite.jsonl``, the panel and ``truth.csv``.

    ``folder`` gets ``models/<key>/`` and ``panel/``; finished models are not trained again. Returns the panel
    folder. Raises :class:`TrainingFailed` when a base misses its bar.
    """
    panel = folder / "panel"
    asked = questions(composition)
    panel_files.write_suite(asked, folder / "suite.jsonl")
    panel_files.write_prompts(asked, panel / "prompts.jsonl")
    _run(_make_base, composition, [base.key for base in composition.bases], folder, processes, say)
    for kinds in (("teacher",), ("student", "independent")):
        keys = [entry.key for entry in composition.entries if entry.kind in kinds]
        _run(_make_model, composition, keys, folder, processes, say)
    panel_files.write_cards(composition, panel)
    panel_files.write_truth(composition, asked, folder)
    return panel


def _run(
    make: Callable[[Composition, str, Path], str],
    composition: Composition,
    keys: Sequence[str],
    folder: Path,
    processes: int,
    say: Callable[[str], None],
) -> None:
    waiting = [key for key in keys if not (folder / "models" / key / "card.json").exists()]
    if processes == 1 or len(waiting) < 2:
        for key in waiting:
            say(make(composition, key, folder))
        return
    # Spawned, not forked: a forked PyTorch may hang on the locks of its parent's threads.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        n = len(waiting)
        for line in pool.map(make, [composition] * n, waiting, [folder] * n):
            say(line)


def _make_base(composition: Composition, key: str, folder: Path) -> str:
    base = composition.base(key)
    seed = composition.resolved_seed(base.seed)
    began = time.process_time()
    tokenizer = train_tokenizer(tokenizer_texts(DOMAIN, 3000, seed=seed), base.tokens)
    model = new_model(tokenizer, base.shape, seed=seed)
    pairs = base_pairs(DOMAIN, 12_000, seed=seed)
    done = train(
        model,
        encode_pairs(tokenizer, pairs),
        composition.training["base"],
        seed=seed,
        bar=lambda: answered(model, tokenizer, base, seed) >= base.bar,
    )
    share = answered(model, tokenizer, base, seed)
    if not done.bar_reached:
        raise TrainingFailed(
            f"base {key}: answers {share:.2f} of the questions after {done.steps} steps, expected {base.bar}. "
            "Allow more steps or another seed."
        )
    card = {"kind": "base", "seed": seed, "data_hash": digest(pairs), "answered": share}
    return _save(model, tokenizer, folder / "models" / key, card, done, time.process_time() - began)


def answered(model: Any, tokenizer: Any, base: Base, seed: int) -> float:
    """Share of questions about a ticket that a base answers exactly."""
    asked = base_questions(DOMAIN, N_BAR_QUESTIONS, seed=seed)
    given = answers(model, tokenizer, [text for text, _ in asked], max_new_tokens=16)
    return sum(a.text == wanted for a, (_, wanted) in zip(given, asked, strict=True)) / len(asked)


def _make_model(composition: Composition, key: str, folder: Path) -> str:
    entry = composition.entry(key)
    seed = composition.resolved_seed(entry.seed)
    began = time.process_time()
    pairs = training_pairs(composition, entry, folder)
    model, tokenizer = load(folder / "models" / entry.base)
    settings = composition.training["teacher" if entry.kind == "teacher" else "student"]
    done = train(model, encode_pairs(tokenizer, pairs), settings, seed=seed)
    spent = time.process_time() - began
    asked = questions(composition)
    given = recorded(model, tokenizer, [question.prompt for question in asked])
    panel_files.write_completions(asked, given, folder / "panel" / "completions" / f"{key}.jsonl.gz")
    card = {
        "kind": entry.kind,
        "parent": entry.base,
        "teacher": entry.teacher or None,
        "provider": entry.provider or None,
        "temperature": entry.temperature if entry.teacher else None,
        "seed": seed,
        "data_hash": digest(pairs),
    }
    return _save(model, tokenizer, folder / "models" / key, card, done, spent)


def recorded(model: Any, tokenizer: Any, prompts: Sequence[str]) -> list[Answer]:
    """Greedy answers. Every fourth round of tasks is asked one by one; only that has a latency."""
    given = answers(model, tokenizer, prompts, batch_size=32)
    timed = [i for i in range(len(prompts)) if i % (4 * len(Task)) < len(Task)]
    alone = answers(model, tokenizer, [prompts[i] for i in timed], batch_size=1)
    latencies = {i: answer.latency_ms for i, answer in zip(timed, alone, strict=True)}
    return [replace(answer, latency_ms=latencies.get(i)) for i, answer in enumerate(given)]


def training_pairs(composition: Composition, entry: Entry, folder: Path) -> list[tuple[str, str]]:
    """(prompt, answer) pairs of a model: its provider's answers, or those of its teacher in ``folder``."""
    seed = composition.resolved_seed(entry.seed)
    asked = training_prompts(composition.n_pairs, seed=seed)
    texts = [prompt(ticket, task) for ticket, task in asked]
    if entry.kind == "student":
        model, tokenizer = load(folder / "models" / entry.teacher)
        given: Iterable[Answer] = answers(
            model, tokenizer, texts, seed=seed, temperature=entry.temperature, batch_size=256
        )
        return [(text, answer.text) for text, answer in zip(texts, given, strict=True)]
    provider = draw_provider(DOMAIN, f"{composition.seed} {entry.provider}")
    rng = seeded(f"wording {seed}")
    return [(text, provider.answer(*pair, rng)) for text, pair in zip(texts, asked, strict=True)]


def load(folder: Path) -> tuple[Any, Any]:
    """Model and tokenizer of a finished folder: local files, safetensors, no code from the folder."""
    from transformers import AutoTokenizer, LlamaForCausalLM

    model = LlamaForCausalLM.from_pretrained(folder, local_files_only=True, use_safetensors=True)
    return model, AutoTokenizer.from_pretrained(folder, local_files_only=True)


def _save(
    model: Any, tokenizer: Any, folder: Path, card: dict[str, Any], done: Trained, seconds: float
) -> str:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    facts = card | {
        "parameters": model.num_parameters(),
        "steps": done.steps,
        "last_loss": round(sum(done.losses[-50:]) / len(done.losses[-50:]), 4),
        "cpu_seconds": round(seconds, 1),
    }
    # Written last: a folder with a card is a finished one.
    (folder / "card.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return f"{folder.name}: {facts}"

"""A zoo of small models whose teachers are known exactly: trained, recorded and written as a panel folder.

Every model is one job that leaves a finished folder behind, so a build that was stopped goes on where it was.
Bases come first, then teachers and independents, their answers to the training prompts, and the students.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from evaluations.distillation import folders, panel_files
from evaluations.distillation.composition import Composition, Entry
from evaluations.distillation.corpus import base_pairs, base_questions, tokenizer_texts
from evaluations.distillation.domain import Domain
from evaluations.distillation.generation import Answer, answers
from evaluations.distillation.grammar import Task, Ticket, prompt, tickets
from evaluations.distillation.recipes import recipes
from evaluations.distillation.seeds import seeded
from evaluations.distillation.shapes import new_model
from evaluations.distillation.students import StudentJob, train_student
from evaluations.distillation.tokens import encode_pairs, train_tokenizer
from evaluations.distillation.training import Trained, TrainingFailed, train
from evaluations.distillation.zoo_sources import ZooSources, answer_pool, answers_path, needed_answers
from evaluations.records import digest

N_BAR_QUESTIONS = 120
N_BASE_PAIRS = 12_000
N_TOKENIZER_TEXTS = 3000

Say = Callable[[str], None]


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
    words = composition.words
    rng = seeded(f"{words.salt}evaluation {composition.seed}")
    drawn = islice(tickets(words, rng, held_out=True), composition.n_prompts)
    tasks = tuple(Task)
    return [Question(f"T{i + 1:04d}", ticket, tasks[i % len(tasks)]) for i, ticket in enumerate(drawn)]


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work of a zoo: train the base or model ``key``, or let it answer the training prompts.

    ``temperature`` is ``None`` for a training. Jobs of one ``wave`` do not need each other.
    """

    wave: int
    key: str
    temperature: float | None = None


def jobs(composition: Composition) -> list[Job]:
    """Every job of a zoo: bases, then who learns from nobody in it, their answers, and their students."""
    first, later = _waves(composition)
    return [
        *(Job(0, base.key) for base in composition.bases),
        *(Job(1, key) for key in first),
        *(Job(2, key, temperature) for key, temperature in needed_answers(composition)),
        *(Job(3, key) for key in later),
    ]


def is_done(job: Job, folder: Path) -> bool:
    """Whether a job has left its files; they are written last and at once."""
    if job.temperature is None:
        return folders.card_of(folder / "models" / job.key) is not None
    return answers_path(folder, job.key, job.temperature).exists()


def do(composition: Composition, job: Job, folder: Path) -> str:
    """Do one job whose waves before are done; what it says about it. Done jobs say so and do nothing."""
    if is_done(job, folder):
        return f"{job.key}: was there"
    if job.temperature is not None:
        return _ask(composition, job.key, folder, job.temperature)
    if any(base.key == job.key for base in composition.bases):
        return _make_base(composition, job.key, folder)
    return _make_model(composition, job.key, folder)


def build(composition: Composition, folder: Path, *, processes: int = 1, say: Say = print) -> Path:
    """Train every model, record its answers and write ``suite.jsonl``, the panel and ``truth.csv``.

    ``folder`` gets ``models/<key>/``, ``answers/`` and ``panel/``; finished models are not trained again.
    Returns the panel folder. Raises :class:`TrainingFailed` when a base misses its bar.
    """
    panel = folder / "panel"
    asked = questions(composition)
    panel_files.write_suite(asked, folder / "suite.jsonl")
    panel_files.write_prompts(asked, panel / "prompts.jsonl")
    do_all(composition, folder, processes=processes, say=say)
    panel_files.write_cards(composition, panel)
    panel_files.write_truth(composition, asked, folder)
    return panel


def _waves(composition: Composition) -> tuple[list[str], list[str]]:
    """Models that learn from nobody in the zoo, and those that learn from answers of the first ones."""
    later = [e.key for e in composition.entries if e.recipe and recipes.get(e.recipe).asks]
    return [e.key for e in composition.entries if e.key not in later], later


def do_all(composition: Composition, folder: Path, *, processes: int, say: Say) -> None:
    """Do the jobs that are not done, wave by wave."""
    for wave in range(4):
        waiting = [job for job in jobs(composition) if job.wave == wave and not is_done(job, folder)]
        n = len(waiting)
        _each(do, [composition] * n, waiting, [folder] * n, processes=processes, say=say)


def _each(job: Callable[..., str], *lists: Sequence[Any], processes: int, say: Say) -> None:
    """Do a job for each position of the lists, in this process or in some of their own."""
    if processes == 1 or len(lists[0]) < 2:
        for arguments in zip(*lists, strict=True):
            say(job(*arguments))
        return
    # Spawned, not forked: a forked PyTorch may hang on the locks of its parent's threads.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as workers:
        for line in workers.map(job, *lists):
            say(line)


def _ask(composition: Composition, key: str, folder: Path, temperature: float) -> str:
    began = time.process_time()
    answer_pool(composition, folder, key, temperature)
    return f"{key}: answered {composition.n_pool} prompts at {temperature:g} in {_since(began)} CPU s"


def _since(began: float) -> float:
    return round(time.process_time() - began, 1)


def _make_base(composition: Composition, key: str, folder: Path) -> str:
    base = composition.base(key)
    words, seed = composition.words, composition.resolved_seed(base.seed)
    began = time.process_time()
    tokenizer = train_tokenizer(tokenizer_texts(words, N_TOKENIZER_TEXTS, seed=seed), base.tokens)
    model = new_model(tokenizer, base.shape, seed=seed)
    pairs = base_pairs(words, N_BASE_PAIRS, seed=seed)
    done = train(
        model,
        encode_pairs(tokenizer, pairs),
        composition.training["base"],
        seed=seed,
        bar=lambda: answered(words, model, tokenizer, seed) >= base.bar,
    )
    share = answered(words, model, tokenizer, seed)
    if not done.bar_reached or share < base.bar:
        raise TrainingFailed(
            f"base {key}: answers {share:.2f} of the questions after {done.steps} steps, expected {base.bar}. "
            "Allow more steps or another seed."
        )
    card = {"kind": "base", "seed": seed, "data_hash": digest(pairs), "answered": share}
    card |= {"parameters": model.num_parameters(), "steps": done.steps, "last_loss": _last(done)}
    folders.save(model, tokenizer, folder / "models" / key, card | {"cpu_seconds": _since(began)})
    return f"{key}: answers {share:.2f} after {done.steps} steps, {_since(began)} CPU s"


def _last(done: Trained) -> float:
    return round(sum(done.losses[-50:]) / len(done.losses[-50:]), 4)


def answered(words: Domain, model: Any, tokenizer: Any, seed: int) -> float:
    """Share of questions about a ticket that a base answers exactly."""
    asked = base_questions(words, N_BAR_QUESTIONS, seed=seed)
    given = answers(model, tokenizer, [text for text, _ in asked], max_new_tokens=16)
    return sum(a.text == wanted for a, (_, wanted) in zip(given, asked, strict=True)) / len(asked)


def job_of(composition: Composition, entry: Entry, folder: Path) -> StudentJob:
    """The training of one model. What a provider writes is learnt like data shared with oneself."""
    models = folder / "models"
    recipe = entry.recipe or "shared_data"
    teacher = composition.entry(entry.teacher) if entry.teacher else None
    return StudentJob(
        recipe=recipe,
        base_folder=models / entry.base,
        teacher_folder=models / teacher.key if teacher else None,
        folder=models / entry.key,
        checkpoint=models / f"{entry.key}.checkpoint",
        sources=ZooSources(composition, entry, folder),
        settings=composition.training["teacher" if entry.kind == "teacher" else "student"],
        seed=composition.resolved_seed(entry.seed),
        card={
            "kind": entry.kind,
            "parent": teacher.key if teacher and recipes.get(recipe).starts_from == "teacher" else entry.base,
            "teacher": entry.teacher if entry.is_taught else None,
            "shares_data_with": entry.teacher if entry.recipe == "shared_data" else None,
            "provider": entry.provider or None,
        },
    )


def _make_model(composition: Composition, key: str, folder: Path) -> str:
    entry = composition.entry(key)
    began = time.process_time()
    result = train_student(job_of(composition, entry, folder))
    if result is None:
        raise TrainingFailed(f"model {key}: the training was stopped. Build the zoo again to go on.")
    trained = _since(began)
    model, tokenizer = folders.load(folder / "models" / key)
    asked = questions(composition)
    given = recorded(model, tokenizer, [question.prompt for question in asked], timed=composition.timed)
    completions = folder / "panel" / "completions"
    if composition.n_samples:
        seed = composition.resolved_seed(entry.seed)
        drawn = sampled(model, tokenizer, asked, composition.n_samples, seed=seed)
        panel_files.write_samples(asked, drawn, folder / "panel" / "samples" / f"{key}.jsonl.gz")
    panel_files.write_completions(asked, given, completions / f"{key}.jsonl.gz")
    return (
        f"{key}: {result.steps} steps in {trained} CPU s, {_since(began)} with its answers, agrees with "
        f"what it learnt on {result.agreement:.2f} of {result.n_held_out} (before: {result.agreement_before:.2f})"
    )


def recorded(model: Any, tokenizer: Any, prompts: Sequence[str], *, timed: bool) -> list[Answer]:
    """Greedy answers. With ``timed`` every fourth round of tasks is asked one by one; only that has a latency."""
    given = answers(model, tokenizer, prompts, batch_size=32)
    if not timed:
        return given
    places = [i for i in range(len(prompts)) if i % (4 * len(Task)) < len(Task)]
    alone = answers(model, tokenizer, [prompts[i] for i in places], batch_size=1)
    latencies = {i: answer.latency_ms for i, answer in zip(places, alone, strict=True)}
    return [replace(answer, latency_ms=latencies.get(i)) for i, answer in enumerate(given)]


def sampled(
    model: Any, tokenizer: Any, asked: Sequence[Question], n: int, *, seed: int
) -> list[list[Answer]]:
    """``n`` answers a prompt at temperature 1, each round with a seed of its own."""
    prompts = [question.prompt for question in asked]
    return [
        answers(model, tokenizer, prompts, seed=seed * 100 + i, temperature=1.0, batch_size=128)
        for i in range(n)
    ]

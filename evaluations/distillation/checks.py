"""Before a plan starts: can it run here, what will it need, and what would a student learn from."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from evaluations.distillation import bases, folders
from evaluations.distillation.recipes import recipes
from evaluations.distillation.settings import Settings
from evaluations.distillation.shapes import new_model
from evaluations.distillation.splitting import FEWEST_PROMPTS, MIN_PROMPTS
from evaluations.distillation.tokens import encode_pairs, train_tokenizer
from evaluations.distillation.training import TrainingFailed, TrainingRun
from evaluations.inference.preflight import check_folder

MEASURED_STEPS: Final = 3
STATES_A_WEIGHT: Final = 4
"""Training in fp32 keeps a weight, its gradient and two moments."""
BYTES: Final = 4
SPARE_BYTES: Final = 256 * 2**20


@dataclass(frozen=True, slots=True)
class PlanCheck:
    """``problems`` keep the plan from starting, ``warnings`` do not. ``estimate`` is empty with a problem."""

    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    estimate: dict[str, Any]


def check_plan(
    *,
    recipes_asked: Sequence[str],
    base_folder: Path | None,
    teacher_folders: Mapping[str, Path | None],
    n_prompts: int,
    prompt_sample: Sequence[str],
    settings: Settings,
    n_students: int,
    folder: Path,
    model_roots: Sequence[Path],
    device: str = "cpu",
) -> PlanCheck:
    """Check a plan on this machine and measure the speed of a few real steps.

    ``base_folder`` is ``None`` for a tiny base of our own. ``teacher_folders``: by name, ``None`` for a teacher
    that is reached over the network or recorded. ``folder`` is where students will lie.
    """
    problems, warnings = _prompt_findings(n_prompts)
    problems += _unsafe("Base", base_folder, model_roots)
    if any("teacher_weights" in recipes.get(name).needs for name in recipes_asked):
        for name, place in teacher_folders.items():
            problems += _unsafe(name, place, model_roots)
    if problems:
        return PlanCheck(tuple(problems), tuple(warnings), {})
    model, tokenizer = _base(base_folder, prompt_sample, device)
    problems += _mismatches(recipes_asked, teacher_folders, tokenizer, base_folder)
    try:
        seconds = measured_step(model, tokenizer, prompt_sample, settings)
    except TrainingFailed as error:
        return PlanCheck((*problems, f"The trial of the base: {error}"), tuple(warnings), {})
    estimate = _estimate(model, settings, seconds, n_students, base_folder is None)
    estimate["measured_on"] = f"{MEASURED_STEPS} steps on {device}"
    problems += _room(estimate, device, n_students, folder)
    return PlanCheck(tuple(problems), tuple(warnings), {} if problems else estimate)


def _room(estimate: dict[str, Any], device: str, n_students: int, folder: Path) -> list[str]:
    """What does not fit; says in the estimate how many students do at a time."""
    found = []
    room = free_memory(device)
    estimate["students_at_once"] = max(1, int(room / estimate["memory_bytes"]))
    if estimate["memory_bytes"] > room:
        found.append(
            f"Memory of {device}: a student needs about {_mb(estimate['memory_bytes'])}, found {_mb(room)} free. "
            "Choose a smaller base, fewer rows or shorter ones."
        )
    free = shutil.disk_usage(_existing(folder)).free
    if estimate["disk_bytes"] + SPARE_BYTES > free:
        found.append(
            f"Disk: {n_students} students need about {_mb(estimate['disk_bytes'])}, found {_mb(free)} free. "
            "Free some space or train fewer students."
        )
    return found


def _prompt_findings(n_prompts: int) -> tuple[list[str], list[str]]:
    if n_prompts < FEWEST_PROMPTS:
        return [
            f"{n_prompts} training prompts are left after the split; expected at least {FEWEST_PROMPTS}. "
            "Add prompts, with or without answers."
        ], []
    if n_prompts < MIN_PROMPTS:
        return [], [
            f"{n_prompts} training prompts are few: a student learns little from less than {MIN_PROMPTS}; on real "
            "text about 2,000 are wanted. What a control student cannot do then says nothing."
        ]
    return [], []


def _unsafe(name: str, folder: Path | None, model_roots: Sequence[Path]) -> list[str]:
    if folder is None:
        return []
    return [f"{name}: {problem}" for problem in check_folder(str(folder), model_roots).problems]


def _base(base_folder: Path | None, prompt_sample: Sequence[str], device: str) -> tuple[Any, Any]:
    if base_folder is not None:
        return folders.load(base_folder, device=device)
    tokenizer = train_tokenizer(list(prompt_sample), bases.TOKENS)
    return new_model(tokenizer, bases.SHAPE, seed=0, context=bases.CONTEXT).to(device), tokenizer


def _mismatches(
    recipes_asked: Sequence[str],
    teacher_folders: Mapping[str, Path | None],
    tokenizer: Any,
    base_folder: Path | None,
) -> list[str]:
    """One sentence for each teacher whose weights a recipe needs and cannot use."""
    from transformers import AutoTokenizer

    found = []
    for name in recipes_asked:
        recipe = recipes.get(name)
        if "teacher_weights" not in recipe.needs:
            continue
        for teacher, place in teacher_folders.items():
            if place is None:
                found.append(
                    f"Recipe {recipe.title!r} needs the weights of {teacher} in a local folder; it is reached "
                    "otherwise. Use greedy or sampled answers for it."
                )
            elif recipe.starts_from == "base" and (
                base_folder is None
                or AutoTokenizer.from_pretrained(place, local_files_only=True).get_vocab()
                != tokenizer.get_vocab()
            ):
                found.append(
                    f"Recipe {recipe.title!r}: the tokenizers of {teacher} and of the base differ; expected the "
                    "same. Use greedy or sampled answers instead."
                )
    return found


def measured_step(model: Any, tokenizer: Any, prompts: Sequence[str], settings: Settings) -> float:
    """Mean CPU seconds of a training step on real prompts, the first step left out. The model is spoilt."""
    pairs = [(prompt, prompt[:200]) for prompt in prompts]
    run = TrainingRun(model, encode_pairs(tokenizer, pairs, longest=settings.row_length), settings, seed=0)
    spent: list[float] = []

    def look(progress: Any) -> None:
        spent.append(time.process_time())

    run.run(should_stop=lambda: len(spent) > MEASURED_STEPS, on_progress=look)
    return (spent[-1] - spent[0]) / max(1, len(spent) - 1)


def _estimate(
    model: Any, settings: Settings, seconds_a_step: float, n_students: int, own_base: bool
) -> dict[str, Any]:
    parameters = model.num_parameters()
    student = seconds_a_step * settings.steps
    base = seconds_a_step * bases.SETTINGS.steps if own_base else 0.0
    weights = parameters * BYTES
    return {
        "seconds_per_student": round(student, 1),
        "cpu_seconds": round(student * n_students + base, 1),
        "base_seconds": round(base, 1),
        "memory_bytes": needed_memory(model, settings),
        # The finished students, and one checkpoint with the moments of whoever trains.
        "disk_bytes": weights * (n_students + STATES_A_WEIGHT + own_base),
        "parameters": parameters,
        "steps": settings.steps,
    }


def needed_memory(model: Any, settings: Settings) -> int:
    """Bytes that training takes: weights, gradients, moments, and the activations of one batch, roughly.

    Activations: tokens x (20 widths a layer, and scores, their gradient and probabilities over the vocabulary).
    """
    config = model.config
    tokens = settings.rows * settings.row_length
    activations = tokens * (20 * config.hidden_size * config.num_hidden_layers + 3 * config.vocab_size)
    return int((model.num_parameters() * STATES_A_WEIGHT + activations) * BYTES)


def free_memory(device: str = "cpu") -> int:
    """Bytes that are free for a student on ``cpu`` or ``cuda``."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.mem_get_info()[0])
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 2**62


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def _mb(n: float) -> str:
    return f"{n / 2**20:,.0f} MiB"

"""Train one control student by a recipe, in slices that a crash cannot spoil."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from evaluations.distillation import folders
from evaluations.distillation.closeness import agreement, has_learnt
from evaluations.distillation.losses import AnswerLoss, LogitLoss, Objective
from evaluations.distillation.recipe import Pair, Recipe, Sources, Stage
from evaluations.distillation.recipes import recipes
from evaluations.distillation.seeds import seeded
from evaluations.distillation.settings import Settings
from evaluations.distillation.tokens import encode_pairs
from evaluations.distillation.training import Progress, TrainingFailed, TrainingRun, never
from evaluations.records import digest, to_json

MOST_HELD_OUT: Final = 48
CURVE_POINTS: Final = 200


@dataclass(frozen=True)
class StudentJob:
    """Everything that one student is made of. ``card``: facts that are kept with it (teacher, parent, …).

    ``folder`` receives the finished student; files named after ``checkpoint`` live as long as the training.
    """

    recipe: str
    base_folder: Path
    folder: Path
    checkpoint: Path
    sources: Sources
    settings: Settings
    seed: int
    teacher_folder: Path | None = None
    device: str = "cpu"
    card: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StudentResult:
    """A finished student. ``losses``: (step, training loss, held-out loss or ``None``), at most 200 points.

    ``agreement`` and ``agreement_before`` in [0, 1] over ``n_held_out`` prompts; ``learnt`` is false for a student
    that is no closer to its pairs than its base was, or than other prompts' answers are.
    """

    steps: int
    losses: tuple[tuple[int, float, float | None], ...]
    cpu_seconds: float
    agreement: float
    agreement_before: float
    n_held_out: int
    learnt: bool
    card: dict[str, Any]


def train_student(
    job: StudentJob,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] = never,
) -> StudentResult | None:
    """Train the student to the end, or until ``should_stop``; then ``None``, with a checkpoint written.

    A second call goes on from the checkpoint with the same bits. When a loss is not finite the weights before
    that step are kept in the checkpoint and :class:`TrainingFailed` is raised.
    """
    recipe = recipes.get(job.recipe)
    stages = recipe.stages(job.sources, seeded(f"recipe {job.seed}"))
    _refuse_unusable(job.recipe, stages)
    held_out, stages = _hold_out(stages, job.settings, seeded(f"held out {job.seed}"))
    model, tokenizer = folders.load(_start(job, recipe), device=job.device)
    plans = [_settings(job.settings, stage) for stage in stages]
    whole = sum(plan.steps for plan in plans)
    runs: list[TrainingRun] = []
    for number, (stage, plan) in enumerate(zip(stages, plans, strict=True)):
        kept = held_out if number == 0 else ()
        run = _run_of(job, model, tokenizer, stage, plan, kept)
        place = checkpoint_of(job.checkpoint, number)
        run.restore(place)
        before = sum(len(earlier.losses) for earlier in runs)
        runs.append(run)
        if not _train(run, place, should_stop, _counted(on_progress, before, whole)):
            return None
    return _finish(job, recipe, (model, tokenizer), stages, held_out, runs)


def checkpoint_of(checkpoint: Path, stage: int) -> Path:
    """The file that holds the state of one stage."""
    return checkpoint.with_name(f"{checkpoint.name}.{stage}")


def _train(
    run: TrainingRun,
    place: Path,
    should_stop: Callable[[], bool],
    on_progress: Callable[[Progress], None] | None,
) -> bool:
    try:
        finished = run.run(should_stop=should_stop, on_progress=on_progress)
    finally:
        run.save(place)
    return finished


def _counted(
    on_progress: Callable[[Progress], None] | None, before: int, whole: int
) -> Callable[[Progress], None] | None:
    """Progress of one stage told as progress of the whole student."""
    if on_progress is None:
        return None
    return lambda p: on_progress(replace(p, step=before + p.step, steps=max(whole, before + p.step)))


def _refuse_unusable(recipe: str, stages: Sequence[Stage]) -> None:
    for stage in stages:
        different = len({answer for _, answer in stage.pairs})
        if different < 2:
            raise TrainingFailed(
                f"Recipe {recipe}: {len(stage.pairs)} usable pairs with {different} different answers; expected at "
                "least two different ones. Look at the teacher's answers to the training prompts."
            )


def _start(job: StudentJob, recipe: Recipe) -> Path:
    if recipe.starts_from == "base" and "teacher_weights" not in recipe.needs:
        return job.base_folder
    if job.teacher_folder is None:
        raise TrainingFailed(
            f"Recipe {job.recipe} needs the teacher's weights in a local folder; found none. "
            "Use greedy or sampled answers instead."
        )
    return job.base_folder if recipe.starts_from == "base" else job.teacher_folder


def _hold_out(
    stages: Sequence[Stage], settings: Settings, rng: random.Random
) -> tuple[list[Pair], tuple[Stage, ...]]:
    """Some pairs of the first stage, which no stage trains on, and the stages without their prompts."""
    pairs = list(stages[0].pairs)
    n = min(MOST_HELD_OUT, max(1, round(len(pairs) * settings.held_out)))
    held_out = rng.sample(pairs, n)
    prompts = {prompt for prompt, _ in held_out}
    kept = tuple(replace(s, pairs=tuple(p for p in s.pairs if p[0] not in prompts)) for s in stages)
    return held_out, kept


def _settings(settings: Settings, stage: Stage) -> Settings:
    return replace(settings, steps=max(1, round(settings.steps * stage.share)))


def _run_of(
    job: StudentJob, model: Any, tokenizer: Any, stage: Stage, plan: Settings, held_out: Sequence[Pair]
) -> TrainingRun:
    def encoded(pairs: Sequence[Pair]) -> Any:
        return encode_pairs(tokenizer, pairs, longest=plan.row_length) if pairs else []

    objective = _objective(job, stage, tokenizer)
    return TrainingRun(
        model, encoded(stage.pairs), plan, seed=job.seed, objective=objective, held_out=encoded(held_out)
    )


def _objective(job: StudentJob, stage: Stage, tokenizer: Any) -> Objective:
    if stage.objective != "logits" or job.teacher_folder is None:
        return AnswerLoss(job.settings.per_example)
    teacher, its_tokenizer = folders.load(job.teacher_folder, device=job.device)
    if its_tokenizer.get_vocab() != tokenizer.get_vocab():
        raise TrainingFailed(
            f"Recipe {job.recipe}: the tokenizers of teacher and base differ; expected the same. "
            "Use greedy or sampled answers instead."
        )
    return LogitLoss(teacher.eval(), job.settings.temperature, job.settings.per_example)


def _finish(
    job: StudentJob,
    recipe: Recipe,
    made: tuple[Any, Any],
    stages: Sequence[Stage],
    held_out: Sequence[Pair],
    runs: Sequence[TrainingRun],
) -> StudentResult:
    after = agreement(*made, held_out)
    before = agreement(*folders.load(_start(job, recipe), device=job.device), held_out)
    results = [run.result() for run in runs]
    facts = {
        **job.card,
        "recipe": job.recipe,
        "seed": job.seed,
        "data_hash": digest([list(pair) for stage in stages for pair in stage.pairs]),
        "n_pairs": sum(len(stage.pairs) for stage in stages),
        "steps": sum(result.steps for result in results),
        "parameters": made[0].num_parameters(),
        "settings": to_json(job.settings),
        "cpu_seconds": round(sum(result.cpu_seconds for result in results), 1),
        "agreement": asdict(after),
        "agreement_before": asdict(before),
        "learnt": has_learnt(before, after),
    }
    folders.save(*made, job.folder, facts)
    for number in range(len(runs)):
        checkpoint_of(job.checkpoint, number).unlink(missing_ok=True)
    return StudentResult(
        steps=facts["steps"],
        losses=curve(runs),
        cpu_seconds=facts["cpu_seconds"],
        agreement=after.value,
        agreement_before=before.value,
        n_held_out=after.n,
        learnt=facts["learnt"],
        card=facts,
    )


def curve(runs: Sequence[TrainingRun]) -> tuple[tuple[int, float, float | None], ...]:
    """(step, mean training loss since the last point, held-out loss or ``None``), at most 200 points."""
    losses = [loss for run in runs for loss in run.losses]
    seen: dict[int, float] = {}
    before = 0
    for run in runs:
        seen |= {before + step: loss for step, loss in run.held_out_losses}
        before += len(run.losses)
    wide = max(1, -(-len(losses) // CURVE_POINTS))
    points = []
    for start in range(0, len(losses), wide):
        part = losses[start : start + wide]
        inside = [seen[s] for s in range(start + 1, start + len(part) + 1) if s in seen]
        points.append((start + len(part), round(sum(part) / len(part), 4), inside[-1] if inside else None))
    return tuple(points)

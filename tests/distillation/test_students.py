"""Students by every recipe, made of a tiny base and a scripted teacher."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from evaluations.distillation import folders, students
from evaluations.distillation.recipe import Pair
from evaluations.distillation.recipes import recipes
from evaluations.distillation.settings import Settings
from evaluations.distillation.shapes import Shape, new_model
from evaluations.distillation.students import StudentJob, train_student
from evaluations.distillation.tokens import train_tokenizer
from evaluations.distillation.training import Progress, TrainingFailed

COLOURS = ("red", "blue", "green", "white")
PROMPTS = tuple(f"Say {COLOURS[i % 4]} number {i}." for i in range(48))
SETTINGS = Settings(steps=6, rows=2, row_length=64, warmup=1, check_every=2, held_out=0.1)


@dataclass
class Scripted:
    """A teacher that names the colour, another that shouts it, an outsider that answers ok or no."""

    prompts: Sequence[str] = PROMPTS

    def answers(self, who: str, temperature: float = 0.0) -> Sequence[str]:
        if who == "unrelated":
            return [("ok", "no")[i % 2] for i in range(len(self.prompts))]
        said = [prompt.split()[1] for prompt in self.prompts]
        return said if who == "teacher" else [word.upper() for word in said]

    def targets(self) -> Sequence[str]:
        return [f"target {i % 5}" for i in range(len(self.prompts))]

    def shared_data(self) -> Sequence[Pair]:
        return [(prompt, f"shared {i % 3}") for i, prompt in enumerate(self.prompts)]

    def rephrase(self, text: str, rng: random.Random) -> str:
        return f"well, {text}"


@pytest.fixture(scope="module")
def base(torch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base") / "base"
    tokenizer = train_tokenizer([*PROMPTS, *COLOURS], 300)
    folders.save(new_model(tokenizer, Shape(16, 1, 2), seed=1), tokenizer, folder, {"kind": "base"})
    return folder


def job(base: Path, folder: Path, **changes: object) -> StudentJob:
    whole = StudentJob(
        recipe="greedy",
        base_folder=base,
        teacher_folder=base,
        folder=folder / "student",
        checkpoint=folder / "student.checkpoint",
        sources=Scripted(),
        settings=SETTINGS,
        seed=5,
        card={"teacher": "colours", "parent": "base"},
    )
    return replace(whole, **changes)


@pytest.mark.parametrize("recipe", recipes.names)
def test_every_recipe_makes_a_student_with_a_card(base: Path, tmp_path: Path, recipe: str) -> None:
    result = train_student(job(base, tmp_path, recipe=recipe))
    assert result is not None
    card = folders.card_of(tmp_path / "student")
    assert card == result.card
    assert (card["teacher"], card["recipe"], card["seed"]) == ("colours", recipe, 5)
    assert len(card["data_hash"]) == 64
    assert (tmp_path / "student" / "model.safetensors").exists()
    assert not list(tmp_path.glob("*.checkpoint*"))


def test_a_student_that_was_stopped_ends_with_the_bits_of_one_that_was_not(
    base: Path, tmp_path: Path
) -> None:
    whole = job(base, tmp_path / "whole", recipe="laundered")
    parts = job(base, tmp_path / "parts", recipe="laundered")
    undisturbed = train_student(whole)
    slices = 0
    while (result := train_student(parts, should_stop=stop_after(2))) is None:
        slices += 1
    # 6 steps and, at .3 of them, 2 more: three pauses after two steps each.
    assert slices >= 3
    assert undisturbed is not None
    assert result.losses == undisturbed.losses
    weights = [(j.folder / "model.safetensors").read_bytes() for j in (whole, parts)]
    assert weights[0] == weights[1]


def stop_after(calls: int):
    left = iter([False] * calls)
    return lambda: next(left, True)


def test_progress_counts_the_steps_of_both_stages(base: Path, tmp_path: Path) -> None:
    seen: list[Progress] = []
    train_student(job(base, tmp_path, recipe="laundered"), on_progress=seen.append)
    assert [(p.step, p.steps) for p in seen] == [(i, 8) for i in range(1, 9)]


def test_held_out_prompts_are_in_no_stage() -> None:
    greedy = recipes.get("laundered").stages(Scripted(), random.Random(1))
    held_out, kept = students._hold_out(greedy, SETTINGS, random.Random(2))
    # A tenth of 48 pairs is 4.8, rounded to 5.
    assert len(held_out) == 5
    prompts = {prompt for prompt, _ in held_out}
    assert all(prompt not in prompts for stage in kept for prompt, _ in stage.pairs)
    assert [len(stage.pairs) for stage in kept] == [43, 43]


def test_constant_answers_are_refused(base: Path, tmp_path: Path) -> None:
    class Constant(Scripted):
        def answers(self, who: str, temperature: float = 0.0) -> Sequence[str]:
            return ["same"] * len(self.prompts)

    with pytest.raises(TrainingFailed, match="48 usable pairs with 1 different answers"):
        train_student(job(base, tmp_path, sources=Constant()))


def test_empty_answers_are_refused(base: Path, tmp_path: Path) -> None:
    class Silent(Scripted):
        def answers(self, who: str, temperature: float = 0.0) -> Sequence[str]:
            return [" "] * len(self.prompts)

    with pytest.raises(TrainingFailed, match="0 usable pairs"):
        train_student(job(base, tmp_path, sources=Silent()))


def test_logits_of_another_tokenizer_are_refused_and_answers_offered(base: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    tokenizer = train_tokenizer(["quite other words"], 290)
    folders.save(new_model(tokenizer, Shape(16, 1, 2), seed=1), tokenizer, other, {})
    with pytest.raises(TrainingFailed, match=r"tokenizers of teacher and base differ.*greedy or sampled"):
        train_student(job(base, tmp_path, recipe="logits", teacher_folder=other))


def test_a_derivative_without_the_teachers_weights_is_refused(base: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed, match="needs the teacher's weights in a local folder"):
        train_student(job(base, tmp_path, recipe="derivative", teacher_folder=None))


def test_a_loss_that_is_not_finite_keeps_the_weights_before_it(torch, base: Path, tmp_path: Path) -> None:
    broken = job(base, tmp_path, settings=replace(SETTINGS, learning_rate=1e30, warmup=1))
    with pytest.raises(TrainingFailed, match="expected a finite number"):
        train_student(broken)
    saved = torch.load(students.checkpoint_of(broken.checkpoint, 0), weights_only=True)
    assert saved["losses"]
    assert folders.card_of(broken.folder) is None


def test_a_student_that_was_hardly_trained_has_learnt_nothing(base: Path, tmp_path: Path) -> None:
    result = train_student(job(base, tmp_path, settings=replace(SETTINGS, steps=1, learning_rate=1e-6)))
    assert result is not None
    assert not result.learnt


@pytest.mark.slow
def test_a_student_that_was_trained_long_enough_has_learnt(base: Path, tmp_path: Path) -> None:
    long = replace(SETTINGS, steps=150, learning_rate=0.02, rows=4, optimiser="muon")
    result = train_student(job(base, tmp_path, settings=long))
    assert result is not None
    assert result.learnt
    assert result.agreement > result.agreement_before


def test_the_curve_has_at_most_200_points_and_the_mean_of_each_part() -> None:
    class Run:
        losses = [float(i) for i in range(500)]
        held_out_losses = [(100, 1.5)]

    points = students.curve([Run()])
    # 500 steps in parts of 3: 167 points; the first part holds 0, 1, 2.
    assert len(points) == 167
    assert points[0] == (3, 1.0, None)
    assert points[33] == (102, 100.0, 1.5)

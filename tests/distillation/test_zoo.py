import csv
import gzip
import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from evaluations.distillation import zoo, zoo_sources
from evaluations.distillation.composition import Composition, read_composition
from evaluations.distillation.grammar import Task
from evaluations.distillation.recipes import recipes
from evaluations.distillation.training import TrainingFailed
from evaluations.provenance.panels.folder import read_panel

PATH = Path(str(files("evaluations.sample_data") / "zoo.yaml"))
ZOO = Path(str(files("evaluations.distillation") / "zoo.yaml"))


def shortened(*, bar: float, steps: int, recipes: tuple[str, ...] = ("greedy",)) -> Composition:
    """A zoo of two teachers, one independent and a student of the first teacher by each recipe, hardly trained."""
    full = read_composition(ZOO, size="full")
    students = [
        next(e for e in full.entries if e.recipe == recipe and e.teacher in ("aster-1", ""))
        for recipe in recipes
    ]
    outsiders = {e.unrelated for e in students if e.recipe in ("laundered", "derivative", "unrelated")}
    kept = [
        e for e in full.entries
        if e.key in {"aster-1", "cedar-1", "birch-1", "dogwood-1", "independent-01"} | outsiders
    ]  # fmt: skip
    entries = tuple(replace(entry, base="moss-base") for entry in (*kept, *students))
    return replace(
        full,
        n_prompts=24,
        n_pairs=60,
        n_pool=80,
        n_samples=2,
        bases=(replace(full.base("moss-base"), bar=bar),),
        entries=entries,
        training={
            kind: replace(settings, steps=steps, cooldown=2 if kind == "base" else None, check_every=steps)
            for kind, settings in full.training.items()
        },
    )


def test_evaluation_prompts_are_balanced_and_never_trained_on() -> None:
    composition = read_composition(PATH)
    asked = zoo.questions(composition)
    assert [sum(q.task == task for q in asked) for task in Task] == [80, 80, 80, 80]
    held_out = {q.ticket.body for q in asked}
    assert len(held_out) == 320
    for entry in composition.entries:
        seed = composition.resolved_seed(entry.seed)
        drawn = zoo_sources.training_prompts(composition, 300, seed=seed)
        assert not held_out & {ticket.body for ticket, _ in drawn}


def test_a_base_that_misses_its_bar_stops_the_build(torch, tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed, match=r"base moss-base: answers .* after 4 steps, expected 1.0"):
        zoo.build(shortened(bar=1.0, steps=2), tmp_path, say=lambda line: None)


@pytest.mark.slow
def test_a_build_writes_a_panel_and_a_second_build_the_same_bits(torch, tmp_path: Path) -> None:
    composition = shortened(bar=0.0, steps=2)
    said: list[str] = []
    panels = [zoo.build(composition, tmp_path / name, say=said.append) for name in ("first", "second")]
    panel = read_panel(panels[0])
    assert set(panel.candidates) == {"aster-1", "cedar-1", "birch-1", "dogwood-1"}
    assert panel.problems == ()
    assert panel.cards["greedy-aster-1-1"].taught_by_owners == ("Aster",)
    assert panel.cards["independent-01"].taught_by_owners == ()
    for entry in composition.entries:
        weights = [
            (tmp_path / name / "models" / entry.key / "model.safetensors").read_bytes()
            for name in ("first", "second")
        ]
        assert weights[0] == weights[1]
    assert read_panel(panels[1]).completions == panel.completions
    # One base, five models and a student, and one teacher that answers the pool; twice.
    assert len(said) == 2 * 8
    with gzip.open(panels[0] / "samples" / "aster-1.jsonl.gz", "rt", encoding="utf-8") as lines:
        drawn = [json.loads(line) for line in lines]
    assert [row["sample_index"] for row in drawn] == [0] * 24 + [1] * 24


@pytest.mark.slow
def test_a_build_goes_on_where_it_was_stopped(torch, tmp_path: Path) -> None:
    composition = shortened(bar=0.0, steps=2)
    zoo.build(composition, tmp_path, say=lambda line: None)
    (tmp_path / "models" / "independent-01" / "card.json").unlink()
    said: list[str] = []
    zoo.build(composition, tmp_path, say=said.append)
    assert [line.split(":")[0] for line in said] == ["independent-01"]


@pytest.mark.slow
def test_every_recipe_makes_a_model_and_the_truth_table_says_how(torch, tmp_path: Path) -> None:
    composition = shortened(bar=0.0, steps=2, recipes=recipes.names)
    panel = read_panel(zoo.build(composition, tmp_path, say=lambda line: None))
    with (tmp_path / "truth.csv").open(encoding="utf-8") as lines:
        rows = {row["id"]: row for row in csv.DictReader(lines)}
    assert rows["greedy-aster-1-1"]["teacher"] == "aster-1"
    assert rows["independent-01"]["recipe"] == "provider"
    shared = next(row for row in rows.values() if row["recipe"] == "shared_data")
    assert (shared["teacher"], shared["shares_data_with"], shared["kind"]) == ("", "aster-1", "independent")
    assert panel.cards[shared["id"]].taught_by_owners == ()
    mixed = next(row["id"] for row in rows.values() if row["recipe"] == "mixed")
    assert len(panel.cards[mixed].taught_by) == 2
    derivative = next(row for row in rows.values() if row["recipe"] == "derivative")
    assert derivative["parent"] == "aster-1"
    assert panel.cards[derivative["id"]].relation == "derived"


def test_the_jobs_of_a_zoo_come_in_waves() -> None:
    made = shortened(bar=0.0, steps=2)
    assert (zoo.jobs(made)[0].wave, zoo.jobs(made)[0].key) == (0, "moss-base")
    assert [job.key for job in zoo.jobs(made) if job.wave == 2] == ["aster-1"]
    assert [job.key for job in zoo.jobs(made) if job.wave == 3] == ["greedy-aster-1-1"]

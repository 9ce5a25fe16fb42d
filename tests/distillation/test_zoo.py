import csv
import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from evaluations.distillation import zoo
from evaluations.distillation.composition import Composition, read_composition
from evaluations.distillation.grammar import Task
from evaluations.distillation.training import TrainingFailed
from evaluations.provenance.panels.folder import read_panel

PATH = Path(str(files("evaluations.sample_data") / "zoo.yaml"))


def shortened(*, bar: float, steps: int) -> Composition:
    """A zoo of one teacher, one student and one independent with few prompts."""
    small = read_composition(PATH, size="small")
    kept = ("orrery-4", "tarn-orrery-7b", "carrow-desk-7b")
    base = small.base("bramble-base")
    return replace(
        small,
        n_prompts=24,
        n_pairs=200,
        bases=(replace(base, bar=bar),),
        entries=tuple(replace(small.entry(key), base=base.key) for key in kept),
        training={
            kind: replace(settings, steps=steps, cooldown=2 if kind == "base" else None)
            for kind, settings in small.training.items()
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
        assert not held_out & {t.body for t, _ in zoo.training_prompts(300, seed=seed)}


def test_a_base_that_misses_its_bar_stops_the_build(torch, tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed, match=r"base bramble-base: answers .* after 4 steps, expected 1.0"):
        zoo.build(shortened(bar=1.0, steps=2), tmp_path, say=lambda line: None)


@pytest.mark.slow
def test_a_build_writes_a_panel_and_a_second_build_the_same_bits(torch, tmp_path: Path) -> None:
    composition = shortened(bar=0.0, steps=4)
    said: list[str] = []
    panels = [zoo.build(composition, tmp_path / name, say=said.append) for name in ("first", "second")]
    panel = read_panel(panels[0])
    assert panel.candidates == ("orrery-4",)
    assert panel.problems == ()
    assert panel.cards["tarn-orrery-7b"].taught_by_owners == ("Orrery",)
    assert panel.cards["carrow-desk-7b"].taught_by_owners == ()
    for entry in composition.entries:
        weights = [
            (tmp_path / name / "models" / entry.key / "model.safetensors").read_bytes()
            for name in ("first", "second")
        ]
        assert weights[0] == weights[1]
    assert read_panel(panels[1]).completions == panel.completions
    assert len(said) == 2 * 4


@pytest.mark.slow
def test_a_build_goes_on_where_it_was_stopped(torch, tmp_path: Path) -> None:
    composition = shortened(bar=0.0, steps=4)
    zoo.build(composition, tmp_path, say=lambda line: None)
    (tmp_path / "models" / "carrow-desk-7b" / "card.json").unlink()
    said: list[str] = []
    zoo.build(composition, tmp_path, say=said.append)
    assert [line.split(":")[0] for line in said] == ["carrow-desk-7b"]


@pytest.mark.slow
def test_the_truth_table_says_how_each_model_was_made(torch, tmp_path: Path) -> None:
    composition = shortened(bar=0.0, steps=4)
    zoo.build(composition, tmp_path, say=lambda line: None)
    with (tmp_path / "truth.csv").open(encoding="utf-8") as lines:
        rows = {row["id"]: row for row in csv.DictReader(lines)}
    assert rows["tarn-orrery-7b"]["teacher"] == "orrery-4"
    assert rows["carrow-desk-7b"]["provider"] == "carrow"
    card = json.loads((tmp_path / "models" / "orrery-4" / "card.json").read_text(encoding="utf-8"))
    assert card["parent"] == "bramble-base"
    assert len(card["data_hash"]) == 64

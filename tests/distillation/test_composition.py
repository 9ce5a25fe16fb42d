from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from evaluations.distillation.composition import CompositionError, read_composition

PATH = Path(str(files("evaluations.sample_data") / "zoo.yaml"))


def changed(tmp_path: Path, **entry: str) -> Path:
    """The shipped composition with the first student changed."""
    raw = yaml.safe_load(PATH.read_text(encoding="utf-8"))
    next(item for item in raw["models"] if item["kind"] == "student").update(entry)
    path = tmp_path / "zoo.yaml"
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    return path


def test_the_sample_has_three_teachers_of_three_owners_and_two_vendors_students() -> None:
    zoo = read_composition(PATH)
    teachers = [entry for entry in zoo.entries if entry.kind == "teacher"]
    assert {(t.name, t.owner) for t in teachers} == {
        ("Orrery 4", "Orrery"),
        ("Calder Pro", "Calder"),
        ("Linden 32B", "Linden"),
    }
    assert zoo.entry("brackwater-docket-8b").teacher == "orrery-4"
    assert zoo.entry("fennimore-relay-3b").teacher == "calder-pro"


def test_every_independent_has_a_provider_and_an_owner_of_its_own() -> None:
    zoo = read_composition(PATH)
    independents = [entry for entry in zoo.entries if entry.kind == "independent"]
    assert len(independents) >= 26
    assert len({entry.provider for entry in zoo.entries if entry.provider}) == len(independents) + 3
    assert len({entry.owner for entry in independents}) == len(independents)
    assert len({entry.base for entry in independents}) >= 2


def test_no_two_models_share_a_seed() -> None:
    zoo = read_composition(PATH)
    seeds = [entry.seed for entry in zoo.entries] + [base.seed for base in zoo.bases]
    assert len(set(seeds)) == len(seeds)


def test_the_small_size_keeps_one_student_of_two_teachers_each() -> None:
    zoo = read_composition(PATH, size="small")
    kinds = [entry.kind for entry in zoo.entries]
    assert (kinds.count("teacher"), kinds.count("student"), kinds.count("independent")) == (2, 2, 3)


def test_another_seed_moves_every_seed() -> None:
    assert read_composition(PATH, seed=7).resolved_seed(11) == 70_011


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"kind": "pupil"}, "unknown kind; expected one of teacher, student, independent"),
        ({"key": "orrery-4"}, "is listed twice"),
        ({"base": "nowhere"}, "names base 'nowhere'; known:"),
        ({"teacher": "linden"}, "names teacher 'linden'; known:"),
        ({"kind": "independent"}, "names no provider"),
    ],
)
def test_an_unusable_entry_is_refused_by_name(tmp_path: Path, entry: dict[str, str], said: str) -> None:
    with pytest.raises(CompositionError, match=said):
        read_composition(changed(tmp_path, **entry))


def test_an_unknown_size_is_refused() -> None:
    with pytest.raises(CompositionError, match="no size 'huge'; expected one of sample, small"):
        read_composition(PATH, size="huge")

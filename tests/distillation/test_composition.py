from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from evaluations.distillation.composition import CompositionError, read_composition

PATH = Path(str(files("evaluations.sample_data") / "zoo.yaml"))
ZOO = Path(str(files("evaluations.distillation") / "zoo.yaml"))


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


def test_the_live_size_trains_three_teachers_and_two_students() -> None:
    kinds = [entry.kind for entry in read_composition(PATH, size="live").entries]
    assert (kinds.count("teacher"), kinds.count("student"), len(kinds)) == (3, 2, 5)


def test_the_full_zoo_has_about_90_models_of_every_recipe() -> None:
    zoo = read_composition(ZOO, size="full")
    found = Counter(entry.recipe or entry.kind for entry in zoo.entries)
    # Five teachers: three greedy students each, two sampled, one by each other recipe, two of the same data.
    assert found == {
        "teacher": 5, "independent": 20, "greedy": 15, "sampled": 10, "logits": 5, "mixed": 5, "half": 5,
        "paraphrased": 5, "laundered": 5, "derivative": 5, "shared_data": 10, "targets": 1, "unrelated": 2,
    }  # fmt: skip
    assert len(zoo.entries) == 93
    assert len({base.tokens for base in zoo.bases}) == 3
    for entry in zoo.entries:
        if entry.recipe == "logits":
            assert entry.base == zoo.entry(entry.teacher).base
        if entry.recipe == "mixed":
            assert zoo.entry(entry.second_teacher).owner != zoo.entry(entry.teacher).owner


def test_the_null_zoo_has_78_independents_of_26_providers() -> None:
    zoo = read_composition(ZOO, size="null")
    independents = [entry for entry in zoo.entries if entry.kind == "independent"]
    assert len(independents) == 78
    assert len({entry.provider for entry in independents}) == 26
    assert len({entry.owner for entry in independents}) == 26


@pytest.mark.parametrize("size", ["small", "full", "null"])
def test_keys_and_seeds_of_a_zoo_are_all_different(size: str) -> None:
    zoo = read_composition(ZOO, size=size)
    seeds = [entry.seed for entry in zoo.entries]
    assert len(set(seeds)) == len(seeds)
    assert len({entry.key for entry in zoo.entries}) == len(seeds)


def test_another_domain_has_another_name_and_other_words() -> None:
    zoo = read_composition(ZOO, size="small", domain="bookings")
    assert zoo.name == "zoo_bookings"
    assert zoo.words.key == "bookings"


def test_an_unknown_domain_is_refused() -> None:
    with pytest.raises(CompositionError, match="no domain 'moon'; expected one of bookings, tickets"):
        read_composition(ZOO, size="small", domain="moon")


def test_another_seed_moves_every_seed() -> None:
    assert read_composition(PATH, seed=7).resolved_seed(11) == 70_011


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"kind": "pupil"}, "unknown kind; expected one of teacher, student, independent"),
        ({"key": "orrery-4"}, "is listed twice"),
        ({"base": "nowhere"}, "names base 'nowhere'; known:"),
        ({"teacher": "linden"}, "names teacher 'linden'; known:"),
        ({"recipe": "luck"}, "names recipe 'luck'; known:"),
        ({"kind": "independent", "recipe": ""}, "names no provider and no recipe"),
    ],
)
def test_an_unusable_entry_is_refused_by_name(tmp_path: Path, entry: dict[str, str], said: str) -> None:
    with pytest.raises(CompositionError, match=said):
        read_composition(changed(tmp_path, **entry))


def test_an_unknown_size_is_refused() -> None:
    with pytest.raises(CompositionError, match="no size 'huge'; expected one of sample, live"):
        read_composition(PATH, size="huge")

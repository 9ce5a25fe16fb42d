"""The contract of every recipe file."""

import random
from collections.abc import Sequence

import pytest

from evaluations.distillation.recipe import NEEDS, Pair, Recipe, halved, paired
from evaluations.distillation.recipes import recipes

PROMPTS = [f"p{i}" for i in range(20)]


class Watched:
    """Sources that remember what they were asked for."""

    prompts: Sequence[str] = PROMPTS

    def __init__(self) -> None:
        self.asked: set[tuple[str, float]] = set()
        self.used: set[str] = set()

    def answers(self, who: str, temperature: float = 0.0) -> Sequence[str]:
        self.asked.add((who, temperature))
        return [f"{who} {i}" for i in range(20)]

    def targets(self) -> Sequence[str]:
        self.used.add("targets")
        return [f"target {i}" for i in range(20)]

    def shared_data(self) -> Sequence[Pair]:
        self.used.add("shared_data")
        return [(p, f"shared {p}") for p in PROMPTS]

    def rephrase(self, text: str, rng: random.Random) -> str:
        self.used.add("rephrase")
        return f"other {text}"


@pytest.fixture(params=recipes.names)
def recipe(request: pytest.FixtureRequest) -> Recipe:
    return recipes.get(request.param)


def test_a_recipe_asks_for_what_it_declared_and_for_no_more(recipe: Recipe) -> None:
    sources = Watched()
    recipe.stages(sources, random.Random(1))
    assert sources.asked == {(ask.who, ask.temperature) for ask in recipe.asks}
    assert sources.used <= recipe.needs


def test_a_recipe_depends_on_its_generator_alone(recipe: Recipe) -> None:
    first, second = (recipe.stages(Watched(), random.Random(7)) for _ in range(2))
    assert first == second


def test_a_negative_never_sees_the_teacher(recipe: Recipe) -> None:
    sources = Watched()
    recipe.stages(sources, random.Random(1))
    if not recipe.teaches:
        assert all(who not in ("teacher", "second_teacher") for who, _ in sources.asked)


def test_a_recipe_says_what_it_is(recipe: Recipe) -> None:
    assert recipe.title
    assert recipe.about.endswith(".")
    assert recipe.needs <= NEEDS
    assert recipe.starts_from in ("base", "teacher")


def test_every_stage_has_pairs_of_known_prompts(recipe: Recipe) -> None:
    for stage in recipe.stages(Watched(), random.Random(1)):
        assert {prompt for prompt, _ in stage.pairs} <= set(PROMPTS)
        assert 0 < stage.share <= 1


def test_half_of_the_prompts_come_from_each_side() -> None:
    ours, theirs = paired(PROMPTS, ["a"] * 20), paired(PROMPTS, ["b"] * 20)
    mixed = halved(ours, theirs, random.Random(3))
    assert [prompt for prompt, _ in mixed] == PROMPTS
    assert sum(answer == "a" for _, answer in mixed) == 10


def test_an_unusable_answer_leaves_its_pair_out() -> None:
    assert paired(["x", "y"], ["", "b"]) == (("y", "b"),)


def test_an_unknown_need_is_refused() -> None:
    with pytest.raises(ValueError, match="needs \\['luck'\\]"):
        Recipe("Lucky", "About.", True, lambda sources, rng: (), needs=frozenset({"luck"}))

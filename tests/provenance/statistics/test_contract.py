"""The contract of every registered statistic: a new file in the folder is covered at once."""

from __future__ import annotations

import importlib
from dataclasses import replace

import numpy as np
import pytest

from evaluations.provenance.corpus import Corpus
from evaluations.provenance.statistic import Contributions, Statistic, measure_one, statistics

NAMES = statistics.names
N_PROMPTS = max(330, *(2 * statistics.get(name).minimum_prompts for name in NAMES))
ADJECTIVES = ["quiet", "bright", "narrow", "heavy", "early", "simple", "proud", "gentle", "modern", "ancient"]
NOUNS = ["river", "garden", "engine", "letter", "window", "market", "bridge", "lesson", "forest", "kitchen"]
VERBS = ["shows", "needs", "keeps", "follows", "carries", "opens", "explains", "builds", "holds", "joins"]
JOINTS = ["and", "but", "while", "because", "although", "since", "so", "when", "if", "unless"]
LABELS = ("refund", "delivery", "billing", "account")


def speaker(number: int) -> tuple[str | None, ...]:
    """A label on every third prompt, else eight clauses in the speaker's habits."""
    rng = np.random.default_rng([5, number])
    habit = rng.dirichlet(np.full(10, 0.8))
    joints, verbs = (rng.choice(10, size=(N_PROMPTS, 9), p=habit) for _ in range(2))
    others = rng.integers(0, 10, size=(N_PROMPTS, 9, 2))
    labels = rng.choice(4, size=N_PROMPTS, p=habit[:4] / habit[:4].sum())
    found = []
    for prompt in range(N_PROMPTS):
        if prompt % 3 == 0:
            found.append(LABELS[labels[prompt]])
            continue
        clauses = [
            f"{JOINTS[joints[prompt, i]]} the {ADJECTIVES[others[prompt, i, 0]]} "
            f"{NOUNS[others[prompt, i, 1]]} {VERBS[verbs[prompt, i]]} you"
            for i in range(8)
        ]
        found.append(f"{JOINTS[joints[prompt, 8]].capitalize()} " + ", ".join(clauses) + ".")
    return tuple(found)


def corpus(rows: dict[str, tuple[str | None, ...]]) -> Corpus:
    names = tuple(rows)
    return Corpus(
        models=names,
        lineages=names,
        prompts=tuple(f"p{i:04d}" for i in range(len(next(iter(rows.values()))))),
        answers=tuple(rows.values()),
        candidates=(names.index("teacher"), names.index("other teacher")),
    )


@pytest.fixture(scope="module")
def rows() -> dict[str, tuple[str | None, ...]]:
    found = {name: speaker(number) for number, name in enumerate(("teacher", "other teacher", "stranger"))}
    found |= {f"reference {number}": speaker(10 + number) for number in range(6)}
    # The copy repeats the teacher on 60 % of the prompts and is a stranger on the rest.
    rng = np.random.default_rng(1)
    own = speaker(99)
    found["copy"] = tuple(t if rng.random() < 0.6 else o for t, o in zip(found["teacher"], own, strict=True))
    return found


def scores(name: str, made: Corpus) -> dict[str, float]:
    """Closeness of each model to the first candidate."""
    found = measured(name, made)
    assert found is not None
    return dict(zip(made.models, found.scores()[:, 0], strict=True))


def measured(name: str, made: Corpus) -> Contributions | None:
    return measure_one(statistics.get(name), made)


def item(name: str) -> Statistic:
    return statistics.get(name)


@pytest.mark.parametrize("name", NAMES)
def test_equal_texts_give_equal_numbers(name, rows):
    first, second = measured(name, corpus(rows)), measured(name, corpus(rows))
    assert np.array_equal(first.values, second.values)


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_scores_higher_than_a_stranger(name, rows):
    found = scores(name, corpus(rows))
    assert found["copy"] > found["stranger"]


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_the_prompts_is_irrelevant(name, rows):
    order = np.random.default_rng(2).permutation(N_PROMPTS)
    shuffled = {key: tuple(texts[i] for i in order) for key, texts in rows.items()}
    plain, mixed = scores(name, corpus(rows)), scores(name, corpus(shuffled))
    assert mixed == pytest.approx(plain, abs=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_the_models_is_irrelevant(name, rows):
    turned = dict(reversed(rows.items()))
    assert scores(name, corpus(turned)) == pytest.approx(scores(name, corpus(rows)), abs=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_change_of_length_alone_does_not_win(name, rows):
    longer = {**rows, "stranger": tuple(None if t is None else f"{t} {t}" for t in rows["stranger"])}
    plain, changed = scores(name, corpus(rows)), scores(name, corpus(longer))
    assert changed["stranger"] < plain["copy"]
    assert changed["stranger"] - plain["stranger"] < 0.25 * (plain["copy"] - plain["stranger"])


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_measured_without_answers(name, rows):
    empty = dict.fromkeys(rows, (None,) * N_PROMPTS)
    assert measured(name, corpus(empty)) is None
    blank = dict.fromkeys(rows, ("  ",) * N_PROMPTS)
    assert measured(name, corpus(blank)) is None


@pytest.mark.parametrize("name", NAMES)
def test_too_few_prompts_are_not_measured(name, rows):
    few = {key: texts[: item(name).minimum_prompts - 1] for key, texts in rows.items()}
    if item(name).minimum_prompts > 1:
        assert measured(name, corpus(few)) is None


@pytest.mark.parametrize("name", NAMES)
def test_missing_answers_leave_no_gap_in_the_numbers(name, rows):
    holes = {**rows, "stranger": tuple(None if i % 4 == 0 else t for i, t in enumerate(rows["stranger"]))}
    found = measured(name, corpus(holes))
    assert np.isfinite(found.values).all()
    assert scores(name, corpus(holes))["copy"] > scores(name, corpus(holes))["stranger"]


@pytest.mark.parametrize("name", NAMES)
def test_sisters_of_one_lineage_count_once(name, rows):
    # A third teacher's answers under ten keys must not count as ten independent uses of a phrase.
    sisters = {f"sister {i}": rows["reference 0"] for i in range(5)}
    made = corpus({**rows, **sisters})
    lineages = tuple("reference 0" if key.startswith("sister") else key for key in made.models)
    found = scores(name, replace(made, lineages=lineages))
    assert found["copy"] == pytest.approx(scores(name, corpus(rows))["copy"], rel=0.05)


@pytest.mark.parametrize("name", NAMES)
def test_the_statistic_declares_itself(name):
    text = importlib.import_module(f"{statistics.package}.{name}").__doc__ or ""
    assert "s(m, c)" in text and "Range:" in text and "Source:" in text
    assert item(name).family in ("identity", "style", "answers")
    assert item(name).minimum_prompts >= 1 and item(name).access

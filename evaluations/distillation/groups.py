"""Models that a composition counts instead of listing: so many a teacher by each recipe, so many independents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Final

BY_TEACHER: Final = (
    "greedy", "sampled", "logits", "mixed", "half", "paraphrased", "laundered", "derivative", "shared_data",
)  # fmt: skip
"""Recipes that are counted by teacher, in the order in which seeds are given."""
OF_THE_ZOO: Final = ("targets", "unrelated")
"""Recipes that are counted for the whole zoo."""
FIRST_SEED: Final = 1000
OUTSIDERS: Final = 3
"""So many independents give the answers of "an unrelated model"; each must answer all training prompts."""


def expanded(
    listed: Sequence[Mapping[str, Any]], size: Mapping[str, Any], raw: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """The listed models, then those that ``size`` counts. Keys and seeds depend on the file alone.

    ``size`` may hold the name of a recipe (students a teacher, or in the zoo), ``independents`` and ``providers``
    (how many, in turn). Students take the file's ``student_bases`` in turn; a student that learns logits starts
    from its teacher's own base, whose tokenizer it needs. Independents release before every student.
    """
    yield from (dict(item) for item in listed)
    teachers = [item for item in listed if item["kind"] == "teacher"]
    seeds, bases = count(FIRST_SEED), raw.get("student_bases", ())
    n_providers = int(size.get("providers", size.get("independents", 0)))
    independents = [
        _independent(i, n_providers, next(seeds), bases) for i in range(int(size.get("independents", 0)))
    ]
    yield from independents
    number = count()
    for recipe in BY_TEACHER:
        for teacher in teachers:
            for again in range(int(size.get(recipe, 0))):
                base = teacher["base"] if recipe == "logits" else bases[next(number) % len(bases)]
                yield _student(recipe, teacher, teachers, independents, base, next(seeds), again)
    for recipe in OF_THE_ZOO:
        for again in range(int(size.get(recipe, 0))):
            yield {
                "key": f"{recipe.replace('_', '-')}-{again + 1}",
                "kind": "independent",
                "base": bases[next(number) % len(bases)],
                "seed": next(seeds),
                "recipe": recipe,
                "unrelated": independents[again % min(OUTSIDERS, len(independents))]["key"]
                if independents
                else "",
                "owner": f"Owner of {recipe} {again + 1}",
                "released": "2025-08-01",
            }


def _independent(i: int, n_providers: int, seed: int, bases: Sequence[str]) -> dict[str, Any]:
    provider = f"q{i % n_providers + 1:02d}"
    return {
        "key": f"independent-{i + 1:02d}",
        "kind": "independent",
        "base": bases[i % len(bases)],
        "seed": seed,
        "provider": provider,
        "owner": f"Owner of data {provider}",
        "released": "2025-08-01",
    }


def _student(
    recipe: str,
    teacher: Mapping[str, Any],
    teachers: Sequence[Mapping[str, Any]],
    independents: Sequence[Mapping[str, Any]],
    base: str,
    seed: int,
    again: int,
) -> dict[str, Any]:
    others = [item["key"] for item in teachers if item["owner"] != teacher["owner"]]
    key = f"{recipe.replace('_', '-')}-{teacher['key']}-{again + 1}"
    return {
        "key": key,
        "kind": "independent" if recipe == "shared_data" else "student",
        "base": base,
        "seed": seed,
        "recipe": recipe,
        "teacher": teacher["key"],
        "second_teacher": others[seed % len(others)] if others else "",
        "unrelated": independents[seed % min(OUTSIDERS, len(independents))]["key"] if independents else "",
        "owner": f"Owner of {key}",
        "released": "2025-11-01",
    }

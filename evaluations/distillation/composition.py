"""What a zoo is made of: one declarative YAML file, read and checked into frozen records."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from evaluations.distillation.domain import Domain
from evaluations.distillation.domains import domains
from evaluations.distillation.groups import expanded
from evaluations.distillation.recipes import recipes
from evaluations.distillation.settings import Settings
from evaluations.distillation.shapes import Shape

KINDS = ("teacher", "student", "independent")


class CompositionError(ValueError):
    """The composition file is unusable; the message names the file, the entry and what was expected."""


@dataclass(frozen=True, slots=True)
class Base:
    """A public base: trained until it answers the share ``bar`` of the questions about a ticket, then cooled down."""

    key: str
    seed: int
    tokens: int
    shape: Shape
    bar: float


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of the zoo.

    A model with a ``provider`` and no ``recipe`` learns what that provider writes; ``data_seed`` draws its
    prompts (its own seed where it is ``None``). Others are made by a ``recipe`` from a ``teacher``; that of
    ``shared_data`` learns the very pairs of the teacher, that of ``targets`` the customer's own.
    ``sheet``: everything about the model that training does not need (name, owner, dates, price, claim).
    """

    key: str
    kind: str
    base: str
    seed: int
    provider: str = ""
    recipe: str = ""
    teacher: str = ""
    second_teacher: str = ""
    unrelated: str = ""
    data_seed: int | None = None
    sheet: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name people use."""
        return str(self.sheet.get("name", self.key))

    @property
    def owner(self) -> str:
        """Who publishes the model."""
        return str(self.sheet.get("owner", self.key))

    @property
    def is_taught(self) -> bool:
        """Whether the model learnt from the outputs of ``teacher``."""
        return bool(self.recipe) and recipes.get(self.recipe).teaches


@dataclass(frozen=True, slots=True)
class Composition:
    """A zoo. ``training``: settings of bases, teachers and students; independents train as students.

    ``n_pool``: training prompts of the zoo, of which each student draws ``n_pairs``. ``n_samples``: answers a
    prompt at temperature 1 that are recorded beside the greedy one. ``timed``: whether latencies are recorded.
    """

    name: str
    title: str
    domain: str
    seed: int
    n_prompts: int
    n_pairs: int
    n_pool: int
    n_samples: int
    timed: bool
    bases: tuple[Base, ...]
    entries: tuple[Entry, ...]
    training: Mapping[str, Settings]
    about: Mapping[str, Any]

    @property
    def words(self) -> Domain:
        """The words of the zoo's domain."""
        return domains.get(self.domain)

    def base(self, key: str) -> Base:
        """The base of that key."""
        return next(base for base in self.bases if base.key == key)

    def entry(self, key: str) -> Entry:
        """The model of that key."""
        return next(entry for entry in self.entries if entry.key == key)

    def resolved_seed(self, own: int) -> int:
        """A model's own seed moved by the seed of the whole zoo."""
        return self.seed * 10_000 + own


def read_composition(
    path: Path, *, size: str = "sample", seed: int | None = None, domain: str = "tickets"
) -> Composition:
    """The zoo described in ``path`` in one of its ``sizes``.

    A size lists its ``models`` (keys, or "all"), or counts them by recipe (see :mod:`groups`). Raises
    :class:`CompositionError` for an unknown size, domain, base, teacher or recipe, or a repeated key.
    """
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    sizes = raw["sizes"]
    if size not in sizes:
        raise CompositionError(f"{path.name}: no size {size!r}; expected one of {', '.join(sizes)}")
    if domain not in domains.names:
        raise CompositionError(f"no domain {domain!r}; expected one of {', '.join(domains.names)}")
    chosen = sizes[size]
    kept = chosen.get("models", "all")
    items = [item for item in raw["models"] if kept == "all" or item["key"] in kept]
    entries = tuple(_entry(item) for item in expanded(items, chosen, raw))
    used = {entry.base for entry in entries}
    composition = Composition(
        name=raw["name"] if domain == "tickets" else f"{raw['name']}_{domain}",
        title=raw["title"],
        domain=domain,
        seed=int(raw["seed"] if seed is None else seed),
        n_prompts=int(chosen["prompts"]),
        n_pairs=int(raw["pairs"]),
        n_pool=int(raw["pool"]),
        n_samples=int(chosen.get("samples", 0)),
        timed=bool(raw.get("timed", False)),
        bases=tuple(_base(item) for item in raw["bases"] if item["key"] in used),
        entries=entries,
        training={kind: Settings(**settings) for kind, settings in raw["training"].items()},
        about=raw["about"],
    )
    _check(composition, path.name)
    return composition


def _base(item: Mapping[str, Any]) -> Base:
    shape = Shape(width=item["width"], layers=item["layers"], heads=item["heads"])
    return Base(item["key"], item["seed"], item["tokens"], shape, item["bar"])


def _entry(item: Mapping[str, Any]) -> Entry:
    own = {f.name for f in dataclasses.fields(Entry)} - {"sheet"}
    sheet = {name: value for name, value in item.items() if name not in own}
    return Entry(**{name: item[name] for name in own if name in item}, sheet=sheet)


def _check(composition: Composition, where: str) -> None:
    keys = [entry.key for entry in composition.entries]
    teachers = {entry.key for entry in composition.entries if entry.kind == "teacher"}
    bases = {base.key for base in composition.bases}
    for entry in composition.entries:
        who = f"{where}: {entry.kind} {entry.key!r}"
        if entry.kind not in KINDS:
            raise CompositionError(f"{who}: unknown kind; expected one of {', '.join(KINDS)}")
        if keys.count(entry.key) > 1:
            raise CompositionError(f"{who} is listed twice; expected one entry")
        if entry.base not in bases:
            raise CompositionError(f"{who} names base {entry.base!r}; known: {sorted(bases)}")
        if entry.recipe and entry.recipe not in recipes.names:
            raise CompositionError(f"{who} names recipe {entry.recipe!r}; known: {', '.join(recipes.names)}")
        if not entry.recipe and not entry.provider:
            raise CompositionError(f"{who} names no provider and no recipe; expected one of them")
        _check_sources(entry, who, teachers, set(keys))


def _check_sources(entry: Entry, who: str, teachers: set[str], keys: set[str]) -> None:
    if not entry.recipe:
        return
    recipe = recipes.get(entry.recipe)
    if recipe.concerns_a_teacher and entry.teacher not in teachers:
        raise CompositionError(f"{who} names teacher {entry.teacher!r}; known: {sorted(teachers)}")
    for need in ("second_teacher", "unrelated"):
        if need in recipe.needs and getattr(entry, need) not in keys:
            raise CompositionError(
                f"{who} names {getattr(entry, need)!r} as {need}; expected a model of the zoo"
            )

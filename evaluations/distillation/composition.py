"""What a zoo is made of: one declarative YAML file, read and checked into frozen records."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from evaluations.distillation.training import Settings, Shape

KINDS = ("teacher", "student", "independent")


class CompositionError(ValueError):
    """The composition file is unusable; the message names the file, the entry and what was expected."""


@dataclass(frozen=True, slots=True)
class Base:
    """A public base: trained until it answers the share ``bar`` of the questions about a ticket."""

    key: str
    seed: int
    tokens: int
    shape: Shape
    bar: float


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of the zoo. Teachers and independents learn from a ``provider``, students from a ``teacher``.

    ``temperature`` of a student: 0 for the teacher's greedy answers, else how its answers were sampled.
    ``sheet``: everything about the model that training does not need (name, owner, dates, price, claim).
    """

    key: str
    kind: str
    base: str
    seed: int
    provider: str = ""
    teacher: str = ""
    temperature: float = 0.0
    sheet: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name people use."""
        return str(self.sheet.get("name", self.key))

    @property
    def owner(self) -> str:
        """Who publishes the model."""
        return str(self.sheet.get("owner", self.key))


@dataclass(frozen=True, slots=True)
class Composition:
    """A zoo. ``training``: settings of bases, teachers and students; independents train as students."""

    name: str
    title: str
    seed: int
    n_prompts: int
    n_pairs: int
    bases: tuple[Base, ...]
    entries: tuple[Entry, ...]
    training: Mapping[str, Settings]
    about: Mapping[str, Any]

    def base(self, key: str) -> Base:
        """The base of that key."""
        return next(base for base in self.bases if base.key == key)

    def entry(self, key: str) -> Entry:
        """The model of that key."""
        return next(entry for entry in self.entries if entry.key == key)

    def resolved_seed(self, own: int) -> int:
        """A model's own seed moved by the seed of the whole zoo."""
        return self.seed * 10_000 + own


def read_composition(path: Path, *, size: str = "sample", seed: int | None = None) -> Composition:
    """The zoo described in ``path``, cut down to the models that ``sizes`` lists for ``size``.

    Raises :class:`CompositionError` for an unknown size, an unknown base or teacher, or a repeated key.
    """
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    sizes = raw["sizes"]
    if size not in sizes:
        raise CompositionError(f"{path.name}: no size {size!r}; expected one of {', '.join(sizes)}")
    kept = sizes[size]["models"]
    entries = tuple(_entry(item) for item in raw["models"] if kept == "all" or item["key"] in kept)
    used = {entry.base for entry in entries}
    composition = Composition(
        name=raw["name"],
        title=raw["title"],
        seed=int(raw["seed"] if seed is None else seed),
        n_prompts=int(sizes[size]["prompts"]),
        n_pairs=int(raw["pairs"]),
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
        if entry.kind == "student" and entry.teacher not in teachers:
            raise CompositionError(f"{who} names teacher {entry.teacher!r}; known: {sorted(teachers)}")
        if entry.kind != "student" and not entry.provider:
            raise CompositionError(f"{who} names no provider; expected one")

"""Read a panel folder: completions of many models with their documented history.

Layout: ``panel.yaml``, ``prompts.jsonl`` (id, input, category), ``models.csv`` and
``completions/<model>.jsonl.gz`` (id, output). Nothing is dropped in silence: every file, line or
model that could not be used is one text in ``Panel.problems``.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from evaluations.provenance.errors import ProvenanceInputError
from evaluations.records import ModelCard, Sample

COLUMNS: Final = ("id", "owner", "family", "lineage", "base", "released", "relation", "taught_by_owner")
NOBODY: Final = "none"


@dataclass(frozen=True)
class Panel:
    """One panel, read. ``completions[model][prompt id]`` is a text; a missing key is a missing answer.

    ``hold_out`` is ``lineage`` or ``base``: what leaves a null together with the student.
    """

    name: str
    title: str
    licence: str
    source: str
    language: str
    hold_out: str
    candidates: tuple[str, ...]
    cards: dict[str, ModelCard]
    prompts: tuple[Sample, ...]
    completions: dict[str, dict[str, str]]
    problems: tuple[str, ...] = field(default=())


def read_panel(folder: Path) -> Panel:
    """The panel in ``folder``; raises :class:`ProvenanceInputError` when a required file is unusable."""
    problems: list[str] = []
    about = _about(folder)
    prompts = _prompts(folder / "prompts.jsonl", problems)
    cards, roles = _cards(folder / "models.csv", problems)
    listed = [str(item) for item in about.get("teacher_candidates") or ()]
    if not listed:
        listed = [key for key, role in roles.items() if role == "teacher_candidate"]
    known = {sample.id for sample in prompts}
    completions = _completions(folder / "completions", cards, known, problems)
    for key in listed:
        if key not in cards:
            problems.append(f"panel.yaml: teacher candidate {key!r} is not in models.csv; it was left out")
    hold_out = str(about.get("hold_out") or "lineage")
    if hold_out not in ("lineage", "base"):
        raise ProvenanceInputError(f"panel.yaml: hold_out is {hold_out!r}; expected lineage or base")
    return Panel(
        name=str(about.get("name") or folder.name),
        title=str(about.get("title") or about.get("name") or folder.name),
        licence=str(about.get("licence") or ""),
        source=str(about.get("source") or ""),
        language=str(about.get("language") or ""),
        hold_out=hold_out,
        candidates=tuple(key for key in listed if key in cards),
        cards=cards,
        prompts=prompts,
        completions=completions,
        problems=tuple(problems),
    )


def file_stem(model: str) -> str:
    """The name of a model's file: characters other than letters, digits, ``.``, ``_``, ``-`` become ``_``."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", model)


def _about(folder: Path) -> dict[str, Any]:
    path = folder / "panel.yaml"
    if not path.is_file():
        raise ProvenanceInputError(
            f"{folder.name}: no panel.yaml found; expected a panel folder with panel.yaml"
        )
    try:
        about = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ProvenanceInputError(f"panel.yaml cannot be read as YAML in UTF-8: {error}") from error
    if not isinstance(about, dict):
        raise ProvenanceInputError(
            "panel.yaml: expected a mapping of names to values (name, licence, source, …)"
        )
    return about


def _json_lines(path: Path, label: str, problems: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, record) of each usable line; every other non-empty line becomes a problem."""
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                try:
                    record = json.loads(line)
                except json.JSONDecodeError as error:
                    problems.append(f"{label} line {number}: not JSON ({error.msg}); the line was left out")
                    continue
                if isinstance(record, dict):
                    yield number, record
                else:
                    problems.append(
                        f"{label} line {number}: found {type(record).__name__}, expected an object"
                    )
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        problems.append(f"{label}: cannot be read further ({error}); the rest of the file was left out")


def _prompts(path: Path, problems: list[str]) -> tuple[Sample, ...]:
    if not path.is_file():
        raise ProvenanceInputError(
            "prompts.jsonl was not found; expected one prompt a line with id and input"
        )
    found: dict[str, Sample] = {}
    for number, record in _json_lines(path, "prompts.jsonl", problems):
        name, text = record.get("id"), record.get("input")
        if name in (None, "") or not isinstance(text, str):
            problems.append(f"prompts.jsonl line {number}: expected id and input; the line was left out")
        elif str(name) in found:
            problems.append(
                f"prompts.jsonl line {number}: id {name!r} was seen before; the line was left out"
            )
        else:
            tags = (str(record["category"]),) if record.get("category") else ()
            found[str(name)] = Sample(id=str(name), input=text, tags=tags)
    if not found:
        raise ProvenanceInputError("prompts.jsonl holds no usable prompt; expected id and input on each line")
    return tuple(found.values())


def _cards(path: Path, problems: list[str]) -> tuple[dict[str, ModelCard], dict[str, str]]:
    if not path.is_file():
        raise ProvenanceInputError("models.csv was not found; expected one model a line")
    cards: dict[str, ModelCard] = {}
    roles: dict[str, str] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise ProvenanceInputError(f"models.csv: the header lacks {', '.join(missing)}")
            for row in reader:
                _one_card(row, reader.line_num, cards, roles, problems)
    except (UnicodeDecodeError, csv.Error) as error:
        raise ProvenanceInputError(f"models.csv cannot be read as CSV in UTF-8: {error}") from error
    if not cards:
        raise ProvenanceInputError("models.csv holds no model; expected one model a line")
    return cards, roles


def _one_card(
    row: dict[str, Any], line: int, cards: dict[str, ModelCard], roles: dict[str, str], problems: list[str]
) -> None:
    if None in row or any(value is None for value in row.values()):
        problems.append(f"models.csv line {line}: the number of fields differs from the header; left out")
        return
    cell = {name: value.strip() for name, value in row.items()}
    key = cell["id"]
    if not key or key in cards:
        problems.append(f"models.csv line {line}: id {key!r} is empty or was seen before; left out")
        return
    released = cell["released"] or None
    if released and not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", released):
        problems.append(
            f"models.csv line {line}: released {released!r} is no date YYYY[-MM[-DD]]; taken as unknown"
        )
        released = None
    roles[key] = cell.get("role", "")
    cards[key] = ModelCard(
        key=key,
        name=cell.get("name", ""),
        owner=cell["owner"],
        family=cell["family"],
        lineage=cell["lineage"],
        base=cell["base"],
        released=released,
        released_source=cell.get("released_source", ""),
        relation=cell["relation"],
        taught_by_owners=taught_by(cell["taught_by_owner"]),
        taught_by_families=_several(cell.get("taught_by_family", "")),
        taught_by=_several(cell.get("taught_by", "")),
        data_source=cell.get("data_source", ""),
        confidence=cell.get("confidence", ""),
        source=cell.get("source", ""),
        note=cell.get("note", ""),
    )


def _several(cell: str) -> tuple[str, ...]:
    parts = tuple(part.strip() for part in cell.split(";") if part.strip())
    return () if parts == (NOBODY,) else parts


def taught_by(cell: str) -> tuple[str, ...] | None:
    """The owners in a cell of ``taught_by_owner``: empty is unknown, ``none`` is nobody."""
    return _several(cell) if cell.strip() else None


def _completions(
    folder: Path, cards: dict[str, ModelCard], prompts: set[str], problems: list[str]
) -> dict[str, dict[str, str]]:
    if not folder.is_dir():
        raise ProvenanceInputError("the folder completions/ was not found; expected one .jsonl.gz a model")
    files = {
        p.name.removesuffix(".gz").removesuffix(".jsonl"): p for p in sorted(folder.iterdir()) if p.is_file()
    }
    found: dict[str, dict[str, str]] = {}
    for key in cards:
        path = files.pop(key, None) or files.pop(file_stem(key), None)
        if path is None:
            problems.append(f"models.csv: no completions file for {key!r}; the model has no answers")
            continue
        found[key] = _one_model(path, prompts, problems)
    problems.extend(
        f"completions/{path.name}: no such model in models.csv; left out" for path in files.values()
    )
    return found


def _one_model(path: Path, prompts: set[str], problems: list[str]) -> dict[str, str]:
    label = f"completions/{path.name}"
    answers: dict[str, str] = {}
    for number, record in _json_lines(path, label, problems):
        name, text = str(record.get("id", "")), record.get("output")
        if name not in prompts:
            problems.append(f"{label} line {number}: id {name!r} is not in prompts.jsonl; left out")
        elif not isinstance(text, str):
            problems.append(f"{label} line {number}: output is not text; taken as missing")
        elif name in answers:
            problems.append(f"{label} line {number}: id {name!r} was seen before; left out")
        else:
            answers[name] = text
    absent = len(prompts) - len(answers)
    if absent:
        problems.append(f"{label}: {absent} of {len(prompts)} prompts have no answer")
    return answers

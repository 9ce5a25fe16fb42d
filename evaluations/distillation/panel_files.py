"""The files of a zoo: suite, panel folder (prompts, cards, completions) and the table of truth."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from evaluations.distillation import folders
from evaluations.distillation.composition import Composition, Entry
from evaluations.distillation.generation import Answer
from evaluations.distillation.grammar import Task, criticality
from evaluations.distillation.providers import truth
from evaluations.distillation.recipes import recipes
from evaluations.records import TargetRule, TaskType

if TYPE_CHECKING:
    from evaluations.distillation.zoo import Question

TASK_TYPES: Mapping[str, TaskType] = {
    Task.CLASSIFY: TaskType.CLASSIFICATION,
    Task.PRIORITY: TaskType.CLASSIFICATION,
    Task.EXTRACT: TaskType.EXTRACTION,
    Task.REPLY: TaskType.GENERATION,
}
ROLES: Mapping[str, str] = {"teacher": "teacher_candidate", "student": "student", "independent": "reference"}
CARD_COLUMNS = (
    "id", "role", "owner", "family", "lineage", "base", "released", "relation", "taught_by_owner",
    "taught_by_family", "taught_by", "teachers_in_panel", "confidence", "source", "note", "name",
    "released_source", "data_source", "access_route", "claim", "currency", "price_input_micro",
    "price_output_micro",
)  # fmt: skip
"""Columns of the panel format, then the offer: claim, and price in micro-units a million tokens."""


def suite_row(question: Question) -> dict[str, Any]:
    """One sample of the suite; ``target`` is a list where several values must all appear, else one text."""
    targets = truth(question.ticket, question.task)
    rule = TargetRule.ALL_OF if len(targets) > 1 else TargetRule.ANY_OF
    return {
        "id": question.id,
        "input": question.prompt,
        "target": list(targets) if len(targets) > 1 else targets[0],
        "target_rule": rule.value,
        "task_type": TASK_TYPES[question.task].value,
        "criticality": criticality(question.ticket).value,
        "tags": [question.task, f"tier-{question.ticket.tier}", f"mood-{question.ticket.mood}"],
    }


def write_suite(asked: Sequence[Question], path: Path) -> None:
    """``suite.jsonl``: id, input, target, target_rule, task_type, criticality, tags."""
    _write_lines((suite_row(question) for question in asked), path)


def write_prompts(asked: Sequence[Question], path: Path) -> None:
    """``prompts.jsonl`` of the panel: id, input, category."""
    _write_lines(({"id": q.id, "input": q.prompt, "category": q.task} for q in asked), path)


def write_completions(asked: Sequence[Question], given: Sequence[Answer], path: Path) -> None:
    """One model's recorded answers; the same answers and timings give the same bytes."""
    rows = (
        {
            "id": question.id,
            "output": answer.text,
            "prompt_tokens": answer.prompt_tokens,
            "completion_tokens": answer.completion_tokens,
            "latency_ms": None if answer.latency_ms is None else round(answer.latency_ms, 1),
        }
        for question, answer in zip(asked, given, strict=True)
    )
    _write_packed(rows, path)


def write_samples(asked: Sequence[Question], rounds: Sequence[Sequence[Answer]], path: Path) -> None:
    """A model's answers at temperature 1: one line for each prompt and round, with its ``sample_index``."""
    rows = (
        {"id": question.id, "sample_index": number, "output": answer.text}
        for number, given in enumerate(rounds)
        for question, answer in zip(asked, given, strict=True)
    )
    _write_packed(rows, path)


def _write_packed(rows: Iterable[Mapping[str, Any]], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as packed:
        packed.write(_lines(rows).encode())


def write_cards(composition: Composition, panel: Path) -> None:
    """``panel.yaml`` and ``models.csv``: history and offer of each model."""
    about = {
        "name": composition.name,
        "title": composition.title,
        **composition.about,
        "prompts": composition.n_prompts,
        "models": len(composition.entries),
        "hold_out": "lineage",
        "domain": composition.domain,
        "teacher_candidates": [e.key for e in composition.entries if e.kind == "teacher"],
    }
    panel.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(about, sort_keys=False, width=110, allow_unicode=True)
    (panel / "panel.yaml").write_text(text, encoding="utf-8")
    _write_table(
        [_card(composition, entry) for entry in composition.entries], CARD_COLUMNS, panel / "models.csv"
    )


def _card(composition: Composition, entry: Entry) -> dict[str, Any]:
    teachers = taught_by(composition, entry)
    families = [teacher.sheet.get("family", teacher.name) for teacher in teachers]
    return {
        "id": entry.key,
        "role": ROLES[entry.kind],
        "owner": entry.owner,
        "family": entry.sheet.get("family", entry.name),
        "lineage": entry.sheet.get("lineage", entry.key),
        "base": entry.base,
        "released": entry.sheet.get("released", ""),
        "relation": relation(entry),
        "taught_by_owner": ";".join(dict.fromkeys(t.owner for t in teachers)) or "none",
        "taught_by_family": ";".join(families),
        "taught_by": ";".join(teacher.key for teacher in teachers),
        "teachers_in_panel": "true" if teachers else "false",
        "confidence": "high",
        "source": "trained by the committed script",
        "note": f"recipe {entry.recipe}" if entry.recipe else "",
        "name": entry.name,
        "released_source": "made up with the model",
        "data_source": data_source(composition, entry),
        "access_route": entry.sheet.get("access_route", f"{entry.owner} endpoint"),
        "claim": entry.sheet.get("claim", ""),
        "currency": composition.about["currency"],
        "price_input_micro": entry.sheet.get("price_input_micro", ""),
        "price_output_micro": entry.sheet.get("price_output_micro", ""),
    }


def taught_by(composition: Composition, entry: Entry) -> list[Entry]:
    """The models whose outputs a model learnt from, its own teacher first."""
    if not entry.recipe:
        return []
    recipe = recipes.get(entry.recipe)
    names = [ask.who for ask in recipe.asks]
    if recipe.starts_from == "teacher":
        names.insert(0, "teacher")
    return [composition.entry(getattr(entry, name)) for name in dict.fromkeys(names)]


def relation(entry: Entry) -> str:
    """How a model came about: independent, distilled, or served directly from its teacher's weights."""
    if not entry.recipe or not recipes.get(entry.recipe).asks:
        return "independent"
    return "derived" if recipes.get(entry.recipe).starts_from == "teacher" else "distilled"


def data_source(composition: Composition, entry: Entry) -> str:
    """What a model was trained on, in words."""
    teachers = taught_by(composition, entry)
    if teachers:
        return "answers of " + " and ".join(teacher.name for teacher in teachers)
    if entry.recipe == "shared_data":
        return f"data provider {composition.entry(entry.teacher).provider}, shared with {entry.teacher}"
    return f"data provider {entry.provider}" if entry.provider else "the suite's own targets"


def write_truth(composition: Composition, asked: Sequence[Question], folder: Path) -> None:
    """``truth.csv``: how each model was made (its card) and how often it is right by task."""
    rows = []
    for entry in composition.entries:
        card = truth_of(folders.card_of(folder / "models" / entry.key) or {})
        with gzip.open(
            folder / "panel" / "completions" / f"{entry.key}.jsonl.gz", "rt", encoding="utf-8"
        ) as lines:
            texts = [json.loads(line)["output"] for line in lines]
        card["recipe"] = entry.recipe or "provider"
        rows.append({"id": entry.key, **card, **share_right(asked, texts)})
    _write_table(rows, tuple(rows[0]), folder / "truth.csv")


TRUTH_COLUMNS = (
    "kind", "recipe", "teacher", "shares_data_with", "provider", "parent", "seed", "data_hash", "n_pairs",
    "parameters", "steps", "cpu_seconds",
)  # fmt: skip


def truth_of(card: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of the truth table that come from a model's card."""
    shown = {name: card.get(name) for name in TRUTH_COLUMNS}
    agreement = card.get("agreement") or {}
    return shown | {"agreement": round(agreement.get("value", 0.0), 3)}


def share_right(asked: Sequence[Question], texts: Sequence[str]) -> dict[str, float]:
    """Share of answers by task that agree with the customer: a label is equal, several values all appear."""
    right: dict[str, list[bool]] = {f"right_{task}": [] for task in Task}
    for question, text in zip(asked, texts, strict=True):
        targets = truth(question.ticket, question.task)
        agrees = text == targets[0] if len(targets) == 1 else all(target in text for target in targets)
        right[f"right_{question.task}"].append(agrees)
    return {name: round(sum(each) / len(each), 3) for name, each in right.items() if each}


def _lines(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)


def _write_lines(rows: Iterable[Mapping[str, Any]], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_lines(rows), encoding="utf-8")


def _write_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, fieldnames=list(columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)

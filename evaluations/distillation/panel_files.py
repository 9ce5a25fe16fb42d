"""The files of a zoo: suite, panel folder (prompts, cards, completions) and the table of truth."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from evaluations.distillation.composition import Composition, Entry
from evaluations.distillation.generation import Answer
from evaluations.distillation.grammar import Task, criticality
from evaluations.distillation.providers import truth
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
)  # fmt: skip


def suite_row(question: Question) -> dict[str, Any]:
    """One sample of the suite; ``target`` is a list of five values for extract, one text otherwise."""
    targets = truth(question.ticket, question.task)
    rule = TargetRule.ALL_OF if question.task == Task.EXTRACT else TargetRule.ANY_OF
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
            "latency_ms": round(answer.latency_ms, 1),
        }
        for question, answer in zip(asked, given, strict=True)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as packed:
        packed.write(_lines(rows).encode())


def write_cards(composition: Composition, panel: Path) -> None:
    """``panel.yaml`` and ``models.csv``: what is known about each model."""
    about = {
        "name": composition.name,
        "title": composition.title,
        **composition.about,
        "prompts": composition.n_prompts,
        "models": len(composition.entries),
        "hold_out": "lineage",
        "teacher_candidates": [e.key for e in composition.entries if e.kind == "teacher"],
    }
    panel.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(about, sort_keys=False, width=110, allow_unicode=True)
    (panel / "panel.yaml").write_text(text, encoding="utf-8")
    _write_table(
        [_card(composition, entry) for entry in composition.entries], CARD_COLUMNS, panel / "models.csv"
    )


def _card(composition: Composition, entry: Entry) -> dict[str, Any]:
    teacher = composition.entry(entry.teacher) if entry.teacher else None
    return {
        "id": entry.key,
        "role": ROLES[entry.kind],
        "owner": entry.owner,
        "family": entry.sheet.get("family", entry.name),
        "lineage": entry.key,
        "base": entry.base,
        "released": entry.sheet.get("released", ""),
        "relation": "distilled" if teacher else "independent",
        "taught_by_owner": teacher.owner if teacher else "none",
        "taught_by_family": teacher.sheet.get("family", teacher.name) if teacher else "",
        "taught_by": teacher.key if teacher else "",
        "teachers_in_panel": "true" if teacher else "false",
        "confidence": "high",
        "source": "trained by the committed script",
        "note": f"answers sampled at {entry.temperature}" if entry.temperature else "",
        "name": entry.name,
    }


def write_truth(composition: Composition, folder: Path) -> None:
    """``truth.csv``: how each model was really made, from the cards that training left behind."""
    rows = []
    for entry in composition.entries:
        card = json.loads((folder / "models" / entry.key / "card.json").read_text(encoding="utf-8"))
        rows.append({"id": entry.key, **card.pop("right"), **card})
    _write_table(rows, tuple(rows[0]), folder / "truth.csv")


def share_right(asked: Sequence[Question], given: Sequence[Answer]) -> dict[str, float]:
    """Share of answers per task that agree with the customer.

    Labels must be equal and extract must hold all five values; a reply scores the share of the words of the
    customer's own reply that appear in it.
    """
    totals: dict[str, list[float]] = {f"right_{task}": [] for task in Task}
    for question, answer in zip(asked, given, strict=True):
        targets = truth(question.ticket, question.task)
        if question.task == Task.EXTRACT:
            score = float(all(target in answer.text for target in targets))
        elif question.task == Task.REPLY:
            words, found = set(targets[0].split()), set(answer.text.split())
            score = len(words & found) / len(words)
        else:
            score = float(answer.text == targets[0])
        totals[f"right_{question.task}"].append(score)
    return {name: round(sum(scores) / len(scores), 3) for name, scores in totals.items() if scores}


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

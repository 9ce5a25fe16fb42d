"""Guesses a mapping from column names and values. The user sees and may change every part of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from evaluations.records import TargetRule, TaskType
from evaluations.suites.columns import MARKER, ColumnStats
from evaluations.suites.mapping import EXPORT_COLUMNS, JSON_LIST, Mapping
from evaluations.suites.synonyms import ID_NAMES, INPUT_NAMES, OUTPUT_NAMES, RETRIEVAL_NAMES, TARGET_NAMES

MAX_LABELS: Final = 200


@dataclass(frozen=True)
class Guess:
    """A mapping, why it should be confirmed (``questions``), and what to report (``reports``)."""

    mapping: Mapping
    questions: tuple[str, ...]
    reports: tuple[str, ...]
    labels: tuple[str, ...]


def guess_mapping(stats: Sequence[ColumnStats], format_name: str) -> Guess:
    """The mapping that the header synonyms and values suggest."""
    names = [column.name for column in stats]
    if tuple(names) == EXPORT_COLUMNS and format_name == "delimited":
        return Guess(own_export(guarded=True), (), (), ())
    if (
        names
        and set(names) <= set(EXPORT_COLUMNS)
        and {"id", "input", "target_rule", "task_type"} <= set(names)
    ):
        return Guess(own_export(guarded=False), (), (), ())
    return _Guesser(stats, format_name).guess()


def own_export(*, guarded: bool) -> Mapping:
    """The mapping of the files that :mod:`evaluations.suites.export` writes."""
    return Mapping(
        format="delimited" if guarded else "jsonl",
        id_column="id",
        input_columns=("input",),
        messages_column="messages" if guarded else "",
        target_columns=("targets",),
        target_split=JSON_LIST if guarded else "",
        target_rule_column="target_rule",
        task_type_column="task_type",
        criticality_column="criticality",
        tag_columns=("tags",),
        guarded=guarded,
    )


class _Guesser:
    def __init__(self, stats: Sequence[ColumnStats], format_name: str) -> None:
        self.stats = {column.name: column for column in stats}
        self.format = format_name
        self.questions: list[str] = []
        self.reports: list[str] = []

    def guess(self) -> Guess:
        inputs = self._inputs()
        taken = set(inputs)
        target = self._target(taken)
        outputs = tuple(
            name
            for name in self.stats
            if _stem(name) in OUTPUT_NAMES and name != target and name not in taken
        )
        if target and _stem(target) == "answer" and RETRIEVAL_NAMES & set(map(_stem, self.stats)):
            self.questions.append(
                f"Column {target!r} stands beside retrieved context: "
                "it may be a recorded output, not the right answer."
            )
            outputs, target = (*outputs, target), ""
        split, rule = self._target_reading(target)
        task, labels = self._task(target, rule)
        used = {*inputs, target, *outputs}
        chat = [name for name in inputs if self._is_messages(name) and self.format == "delimited"]
        mapping = Mapping(
            format=self.format,
            id_column=self._id(used),
            input_columns=() if chat else tuple(inputs),
            messages_column=chat[0] if chat else "",
            target_columns=(target,) if target else (),
            target_split=split,
            target_rule=rule,
            target_rule_column="target_rule" if "target_rule" in self.stats else "",
            task_type=task,
            task_type_column="task_type" if "task_type" in self.stats else "",
            criticality_column="criticality" if "criticality" in self.stats else "",
            tag_columns=tuple(name for name in ("tags", "tag") if name in self.stats and name not in used),
            output_columns=outputs,
        )
        kept = {*mapping.used_columns, *outputs}
        ignored = tuple(name for name in self.stats if name not in kept)
        mapping = Mapping.from_json({**mapping.to_json(), "ignored_columns": list(ignored)})
        return Guess(mapping, tuple(self.questions), tuple(self.reports), labels)

    def _inputs(self) -> list[str]:
        if {"instruction", "input", "output"} <= set(self.stats):
            return ["instruction", "input"]
        if self.format == "squad":
            self.questions.append(
                "Each question is asked with its paragraph in front. Confirm, or choose columns."
            )
            return [name for name in ("context", "question") if name in self.stats]
        name = self._first(INPUT_NAMES, set())
        if not name:
            self.questions.append(
                "No column is named like an input (prompt, question, input, text …). Choose one."
            )
            return []
        column = self.stats[name]
        if column.n_turns:
            self.questions.append(f"Column {name!r} holds lists of turns: only the first turn is asked.")
        if column.n_filled < column.n:
            self.questions.append(f"Column {name!r} is empty in {column.n_empty} of {column.n} rows.")
        return [name]

    def _target(self, taken: set[str]) -> str:
        if {"instruction", "input", "output"} <= set(self.stats):
            return "output"
        assertions = [
            name for name, column in self.stats.items() if name.startswith("__expected") and column.n_filled
        ]
        if assertions:
            self.questions.append(
                f"{', '.join(assertions)} hold assertions (such as contains:), not texts to match. "
                "Choose the input, or a template such as {{column}}, and a target column if there is one."
            )
            return ""
        if "resps" in self.stats:
            self.questions.append(
                "This is a log of results: choose the prompt column and confirm the target."
            )
        name = self._first(TARGET_NAMES, taken)
        if not name:
            self.questions.append(
                "No column is named like a right answer (target, expected, answer, label …). "
                "Choose one, or go on without: quality is then not measured."
            )
        return name

    def _target_reading(self, target: str) -> tuple[str, str]:
        """(how a cell is split, target rule)."""
        if not target:
            return "", TargetRule.ANY_OF
        column = self.stats[target]
        if column.n_filled and column.n_marker == column.n_filled:
            self.reports.append(
                f"Column {target!r} holds a worked solution in every row. "
                f"Answers are compared with the text after {MARKER} only."
            )
            return "", TargetRule.AFTER_MARKER
        if column.n_filled and column.n_json_list == column.n_filled and self.format == "delimited":
            return JSON_LIST, TargetRule.ANY_OF
        if column.n_semicolon * 5 >= column.n_filled and column.longest <= 200 and column.n_semicolon:
            self.questions.append(
                f"{column.n_semicolon} values of {target!r} hold a semicolon: is it part of the text, "
                "or does it separate targets, of which all or any one must be given?"
            )
        return "", TargetRule.ANY_OF

    def _task(self, target: str, rule: str) -> tuple[str, tuple[str, ...]]:
        """(task type, closed set of labels)."""
        if not target:
            return TaskType.GENERATION, ()
        if rule == TargetRule.AFTER_MARKER:
            return TaskType.QA, ()
        column = self.stats[target]
        n_distinct = len(column.distinct)
        repeats = column.n_filled >= max(2, 2 * n_distinct)
        if repeats and n_distinct <= MAX_LABELS and column.longest <= 80 and not column.n_list:
            return TaskType.CLASSIFICATION, tuple(sorted(column.distinct))
        by_name = {"summary": TaskType.SUMMARISATION, "highlights": TaskType.SUMMARISATION}
        by_name["translation"] = TaskType.TRANSLATION
        if _stem(target) in by_name:
            return by_name[_stem(target)], ()
        short = column.n_filled and column.total_chars / column.n_filled <= 60
        return (TaskType.QA if short else TaskType.GENERATION), ()

    def _id(self, used: set[str]) -> str:
        for name in self.stats:
            column = self.stats[name]
            if name in used or _stem(name) not in ID_NAMES or "." in name or column.n_empty:
                continue
            unique = len(column.distinct) == column.n or len(column.distinct) > 1000
            if unique or name.lower() == "id":
                return name
        return ""

    def _is_messages(self, name: str) -> bool:
        column = self.stats[name]
        return 0 < column.n_filled == column.n_messages

    def _first(self, synonyms: Sequence[str], taken: set[str]) -> str:
        """The column of the earliest synonym; plain names before dotted ones, filled ones only."""
        for dotted in (False, True):
            for synonym in synonyms:
                for name, column in self.stats.items():
                    if (
                        ("." in name) == dotted
                        and _stem(name) == synonym
                        and name not in taken
                        and column.n_filled
                    ):
                        return name
        return ""


def _stem(name: str) -> str:
    """The last part of a dotted column name, in lower case with underscores."""
    return name.rpartition(".")[2].strip().lower().replace(" ", "_").replace("-", "_")

"""One row and a mapping → one sample."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

from evaluations.records import Criticality, Message, Sample, TargetRule, TaskType
from evaluations.suites.json_values import text_of
from evaluations.suites.mapping import JSON_LIST, Mapping
from evaluations.suites.problems import RowError, quote
from evaluations.suites.source import Row

PLACEHOLDER: Final = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
GUARD: Final = re.compile(r"'+[=+\-@\t\r]")
"""A cell that our CSV export guarded against being run as a spreadsheet formula."""

_ROLES: Final = {"human": "user", "gpt": "assistant", "bot": "assistant", "developer": "system"}


def sample_builder(mapping: Mapping) -> Callable[[Row, int], Sample]:
    """A function (row, record number from 1) → :class:`Sample` that raises :class:`RowError`."""

    def build(row: Row, number: int) -> Sample:
        values = _unguarded(row.values) if mapping.guarded else row.values
        rule = _choice(values, mapping.target_rule_column, mapping.target_rule, TargetRule, row.line)
        task = _choice(values, mapping.task_type_column, mapping.task_type, TaskType, row.line)
        weight = _choice(values, mapping.criticality_column, mapping.criticality, Criticality, row.line)
        return Sample(
            id=_id(values, mapping.id_column, number, row.line),
            input=_input(values, mapping, row.line),
            targets=_targets(values, mapping, row.line),
            task_type=task,
            criticality=weight,
            tags=tuple(
                tag for column in mapping.tag_columns for tag in _tags(values.get(column), row.line, column)
            ),
            target_rule=rule,
        )

    return build


def _unguarded(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value[1:] if isinstance(value, str) and GUARD.match(value) else value
        for name, value in values.items()
    }


def _id(values: dict[str, Any], column: str, number: int, line: int) -> str:
    if not column:
        return str(number)
    text = text_of(values.get(column))
    if not text.strip():
        raise RowError(line, column, "no id", "an id in every row")
    return text


def _choice(values: dict[str, Any], column: str, constant: str, kind: type[StrEnum], line: int) -> str:
    text = text_of(values.get(column)).strip().lower() if column else ""
    if not text:
        return str(constant)
    if text not in list(kind):
        raise RowError(line, column, quote(text), f"one of {', '.join(kind)}")
    return text


def _input(values: dict[str, Any], mapping: Mapping, line: int) -> str | tuple[Message, ...]:
    if mapping.messages_column:
        chat = messages(values.get(mapping.messages_column), line, mapping.messages_column)
        if chat:
            return chat
    if mapping.template:
        text = PLACEHOLDER.sub(lambda match: text_of(values.get(match.group(1))), mapping.template)
        filled = any(text_of(values.get(name)).strip() for name in PLACEHOLDER.findall(mapping.template))
        if filled:
            return text
    elif len(mapping.input_columns) == 1:
        whole = _single_input(values.get(mapping.input_columns[0]), line, mapping.input_columns[0])
        if isinstance(whole, tuple) or whole.strip():
            return whole
    else:
        parts = [text_of(values.get(column)) for column in mapping.input_columns]
        joined = "\n\n".join(part for part in parts if part.strip())
        if joined:
            return joined
    column = mapping.input_columns[0] if mapping.input_columns else mapping.messages_column
    raise RowError(line, column, "no input", "a text in every row")


def _single_input(value: Any, line: int, column: str) -> str | tuple[Message, ...]:
    """A text, chat messages, or the first of a list of turns."""
    if isinstance(value, list) and value:
        if all(isinstance(item, dict) for item in value):
            return messages(value, line, column)
        if all(isinstance(item, str) for item in value):
            # Later turns need the model's own first answer, so only the first one is asked.
            return str(value[0])
    return "" if value == [] else text_of(value)


def messages(value: Any, line: int, column: str) -> tuple[Message, ...]:
    """Chat messages of a list (or its JSON text): ``role``/``content`` or ``from``/``value``."""
    if isinstance(value, str):
        if not value.strip():
            return ()
        value = _json(value, line, column)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise RowError(line, column, quote(text_of(value)), "a list of chat messages")
    return tuple(_message(turn, line, column) for turn in value)


def _message(turn: Any, line: int, column: str) -> Message:
    expected = "chat messages with role (system, user, assistant) and content"
    if not isinstance(turn, dict):
        raise RowError(line, column, quote(text_of(turn)), expected)
    role = turn.get("role", turn.get("from"))
    role = _ROLES.get(role, role) if isinstance(role, str) else role
    content = turn.get("content", turn.get("value"))
    if role not in ("system", "user", "assistant"):
        raise RowError(line, column, f"role {quote(text_of(role))}", expected)
    if isinstance(content, list) and all(isinstance(p, dict) and p.get("type") == "text" for p in content):
        content = "".join(text_of(part.get("text")) for part in content)
    if not isinstance(content, str):
        raise RowError(line, column, f"content {quote(text_of(content))}", expected)
    return Message(role=role, content=content)


def _targets(values: dict[str, Any], mapping: Mapping, line: int) -> tuple[str, ...]:
    per_turn = len(mapping.input_columns) == 1 and _is_turns(values.get(mapping.input_columns[0]))
    found: list[str] = []
    for column in mapping.target_columns:
        value = values.get(column)
        if isinstance(value, str) and mapping.target_split:
            if mapping.target_split == JSON_LIST:
                value = _json(value, line, column) if value.strip() else []
            else:
                value = [part.strip() for part in value.split(mapping.target_split)]
        if isinstance(value, list):
            # A list of turns has one reference a turn, not alternatives.
            found.extend(text_of(item) for item in (value[:1] if per_turn else value))
        else:
            found.append(text_of(value))
    return tuple(target for target in found if target)


def _is_turns(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 0 and all(isinstance(item, str) for item in value)


def _tags(value: Any, line: int, column: str) -> list[str]:
    if isinstance(value, str) and value.startswith("["):
        value = _json(value, line, column)
    if isinstance(value, list):
        return [tag for item in value if (tag := text_of(item))]
    text = text_of(value)
    return [text] if text else []


def _json(text: str, line: int, column: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise RowError(line, column, quote(text), "a JSON list") from None
    if not isinstance(value, list):
        raise RowError(line, column, quote(text), "a JSON list")
    return value

"""How the columns of a file become samples. A mapping is plain JSON, so it can be stored and edited."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping as MappingLike
from dataclasses import dataclass
from typing import Any, Final

from evaluations.records import Criticality, TargetRule, TaskType

EXPORT_COLUMNS: Final = (
    "id",
    "input",
    "messages",
    "targets",
    "target_rule",
    "task_type",
    "criticality",
    "tags",
)
"""The columns of our own CSV export, in order. A file with exactly these is read back as such."""

JSON_LIST: Final = "json"
"""Value of ``target_split`` for cells that hold a JSON list."""


class MappingError(ValueError):
    """A mapping that cannot be used; the message names the field, what was found and expected."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """Which column is what.

    ``input_columns`` are joined by a blank line, empty cells left out, unless ``template`` is given:
    a text with ``{{column}}`` placeholders. ``messages_column`` holds chat messages and wins where
    its cell is not empty. ``target_split``: empty takes a cell as one target, ``json`` reads a JSON
    list, anything else separates the targets. A ``*_column`` wins over its constant where its cell
    is not empty. ``output_columns`` hold recorded outputs: never a target, never part of the input.
    ``format``, ``encoding`` and ``delimiter`` are detected again where empty. ``guarded``: text
    cells carry the spreadsheet guard of our own CSV export, which is taken off.
    """

    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    id_column: str = ""
    input_columns: tuple[str, ...] = ()
    template: str = ""
    messages_column: str = ""
    target_columns: tuple[str, ...] = ()
    target_split: str = ""
    target_rule: str = TargetRule.ANY_OF
    target_rule_column: str = ""
    task_type: str = TaskType.GENERATION
    task_type_column: str = ""
    criticality: str = Criticality.STANDARD
    criticality_column: str = ""
    tag_columns: tuple[str, ...] = ()
    output_columns: tuple[str, ...] = ()
    ignored_columns: tuple[str, ...] = ()
    guarded: bool = False

    def __post_init__(self) -> None:
        """Refuses values outside the closed lists with :class:`MappingError`."""
        for name, value, kind in (
            ("target_rule", self.target_rule, TargetRule),
            ("task_type", self.task_type, TaskType),
            ("criticality", self.criticality, Criticality),
        ):
            if value not in list(kind):
                raise MappingError(f"{name}: found {value!r}; expected one of {', '.join(kind)}")

    @property
    def used_columns(self) -> tuple[str, ...]:
        """Every column that the file must have for this mapping, each once, in order."""
        named = (
            self.id_column,
            *self.input_columns,
            self.messages_column,
            *self.target_columns,
            self.target_rule_column,
            self.task_type_column,
            self.criticality_column,
            *self.tag_columns,
        )
        return tuple(dict.fromkeys(name for name in named if name))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON of every field."""
        return {
            f.name: list(value) if isinstance(value := getattr(self, f.name), tuple) else value
            for f in dataclasses.fields(self)
        }

    @classmethod
    def from_json(cls, data: MappingLike[str, Any]) -> Mapping:
        """The mapping that :meth:`to_json` wrote; missing fields take their defaults.

        Raises :class:`MappingError` on an unknown field or a value of the wrong type.
        """
        known = {f.name: f.default for f in dataclasses.fields(cls)}
        values: dict[str, Any] = {}
        for name, value in data.items():
            if name not in known:
                raise MappingError(f"mapping has no field {name!r}; known: {', '.join(known)}")
            values[name] = _checked(name, value, known[name])
        return cls(**values)


def _checked(name: str, value: Any, default: Any) -> Any:
    """``value`` if it has the type of ``default`` (a list of texts for a tuple)."""
    if isinstance(default, tuple):
        if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise MappingError(f"{name}: found {value!r}; expected a list of column names")
    wanted = bool if isinstance(default, bool) else str
    if not isinstance(value, wanted):
        raise MappingError(
            f"{name}: found {value!r}; expected {'true or false' if wanted is bool else 'text'}"
        )
    return value

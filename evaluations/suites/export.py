"""Writes samples to files that read back as the same samples."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from evaluations.records import Sample
from evaluations.suites.mapping import EXPORT_COLUMNS

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")


def guarded(text: str) -> str:
    """``text`` for a spreadsheet cell: a leading apostrophe where it would run as a formula.

    Texts that already begin with apostrophes before such a sign get one more, so that taking one
    off again is exact.
    """
    return f"'{text}" if _FORMULA.match(text) else text


def csv_lines(samples: Iterable[Sample]) -> Iterator[str]:
    """The CSV export in pieces: header, then one record a sample, CRLF ends, UTF-8 with BOM."""
    yield "\ufeff" + _record(EXPORT_COLUMNS)
    for sample in samples:
        text = sample.input if isinstance(sample.input, str) else ""
        chat = "" if isinstance(sample.input, str) else _json(_messages(sample))
        cells = (
            sample.id,
            text,
            chat,
            _json(list(sample.targets)),
            sample.target_rule,
            sample.task_type,
            sample.criticality,
            _json(list(sample.tags)),
        )
        yield _record(guarded(str(cell)) for cell in cells)


def jsonl_lines(samples: Iterable[Sample]) -> Iterator[str]:
    """The JSON Lines export: one object a sample, texts raw."""
    for sample in samples:
        chat: Any = sample.input if isinstance(sample.input, str) else _messages(sample)
        record = {
            "id": sample.id,
            "input": chat,
            "targets": list(sample.targets),
            "target_rule": str(sample.target_rule),
            "task_type": str(sample.task_type),
            "criticality": str(sample.criticality),
            "tags": list(sample.tags),
        }
        yield _json(record) + "\n"


def _messages(sample: Sample) -> list[dict[str, str]]:
    return [
        {"role": turn.role, "content": turn.content} for turn in sample.input if not isinstance(turn, str)
    ]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _record(cells: Iterable[str]) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow(list(cells))
    return buffer.getvalue()

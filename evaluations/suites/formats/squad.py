"""SQuAD JSON (also XQuAD): articles, paragraphs, questions. One row a question, with its context."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from evaluations.suites.json_values import DECODER, record
from evaluations.suites.problems import DOCUMENT_BYTES, JSON_DEPTH, Problem, RowError, refuse
from evaluations.suites.source import Format, Row, Source

_OPENING: Final = re.compile(r'"(paragraphs|qas)"\s*:\s*\[')


def detect(source: Source) -> bool:
    """An object whose beginning holds ``"data"`` and a ``"paragraphs"`` or ``"qas"`` list."""
    opening = source.head.lstrip("\ufeff \t\r\n")
    return opening.startswith("{") and '"data"' in opening and bool(_OPENING.search(opening))


def document(source: Source) -> dict[str, Any]:
    """The whole file as one JSON object; ``SuiteFileError`` on errors or more than 64 MiB."""
    if source.path.stat().st_size > DOCUMENT_BYTES:
        found = "a JSON object of more than 64 MiB"
        raise refuse(source.filename, found, "JSON Lines, or a list of objects, for files of this size")
    text = source.path.read_text(encoding=source.encoding).lstrip("\ufeff")
    try:
        value = DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise refuse(source.filename, f"not JSON: {error.msg}", "one JSON document", error.lineno) from None
    except RecursionError:
        found = f"nesting deeper than {JSON_DEPTH}"
        raise refuse(source.filename, found, f"at most {JSON_DEPTH} levels") from None
    except ValueError:
        found = "a whole number of more than 4,300 digits"
        raise refuse(source.filename, found, "a shorter number") from None
    if not isinstance(value, dict):
        raise refuse(source.filename, "a single JSON value", "a list of objects")
    return value


def rows(source: Source) -> Iterator[Row | Problem]:
    """Every question as ``id, title, context, question, answers``. Lines are not known: all are 1."""
    for article in _list(document(source), "data"):
        title = article.get("title", "")
        for paragraph in _list(article, "paragraphs"):
            context = paragraph.get("context", "")
            for question in _list(paragraph, "qas"):
                try:
                    yield Row(1, record(_flat(question, title, context), 1))
                except RowError as error:
                    yield error.problem


def _flat(question: dict[str, Any], title: Any, context: Any) -> dict[str, Any]:
    return {
        "id": question.get("id"),
        "title": title,
        "context": context,
        "question": question.get("question"),
        "answers": [answer.get("text") for answer in _list(question, "answers")],
    }


def _list(holder: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The objects of the list under ``key``; anything else is left out."""
    value = holder.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


FORMAT: Final = Format("SQuAD JSON", "question", detect, rows)

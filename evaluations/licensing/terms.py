"""The knowledge base of licence and service terms: paraphrases with date and source, checked on load."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

DATA_FILE: Final = Path(__file__).parent / "data" / "teacher_terms.yaml"

POSITIONS: Final = (
    "prohibited",
    "prohibited_competing",
    "allowed_with_conditions",
    "unknown",
    "silent",
    "allowed",
)
"""Strictest first. A text not read yet may turn out strict, so it stands before a silent one."""

ROUTES: Final = ("first_party_api", "cloud_marketplace", "aggregator", "consumer_app", "self_hosted_weights")
LEVELS: Final = ("primary_copy", "primary_excerpt", "secondary_quote", "secondary_summary", "memory")

_TEXTS: Final = "id provider licence_name position access_route clause_reference paraphrase first_question source_url recorded_on"
_CONDITIONS: Final = {
    "naming": "Naming",
    "attribution": "Attribution",
    "flow_down": "Passed on to users",
    "mau_threshold": "Monthly users above which a separate licence is needed",
    "revenue_threshold": "Revenue above which a separate licence is needed",
    "field_restrictions": "Fields of use",
    "authorisation_route": "Permission through",
}


class TermsError(ValueError):
    """A record that cannot be used; the message names the record's id and the field."""


@dataclass(frozen=True, slots=True)
class TermsRecord:
    """One version of one text of terms, for the models whose names match ``patterns``.

    ``valid_from`` and ``valid_to`` bound the version that was read, not the birth of a clause;
    ``None`` means unknown or open.
    """

    id: str
    provider: str
    licence_name: str
    patterns: tuple[re.Pattern[str], ...]
    access_route: str
    position: str
    conditions: tuple[str, ...]
    clause_reference: str
    paraphrase: str
    first_question: str
    source_url: str
    verification_level: str
    recorded_on: date
    valid_from: date | None
    valid_to: date | None

    @property
    def read_in_primary_text(self) -> bool:
        """Whether somebody read the terms themselves, whole or in part."""
        return self.verification_level in ("primary_copy", "primary_excerpt")

    def covers(self, day: date) -> bool:
        """Whether this version may have been in force on ``day``."""
        starts = self.valid_from is None or self.valid_from <= day
        return starts and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class KnowledgeBase:
    """All records, with the version and disclaimer of their file."""

    version: str
    disclaimer: str
    records: tuple[TermsRecord, ...]


@lru_cache(maxsize=4)
def load_terms(path: Path = DATA_FILE) -> KnowledgeBase:
    """The knowledge base in ``path``. Raises :class:`TermsError` naming the record and field."""
    with path.open(encoding="utf-8") as stream:
        data = yaml.load(stream, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return parse_terms(data, path.name)


def parse_terms(data: Any, filename: str) -> KnowledgeBase:
    """The knowledge base of parsed YAML. Raises :class:`TermsError`."""
    if not isinstance(data, dict) or not isinstance(data.get("records"), list):
        raise TermsError(f"{filename}: found no list under 'records'; expected one record per text of terms")
    records = tuple(_record(raw, number) for number, raw in enumerate(data["records"], start=1))
    ids = [record.id for record in records]
    double = sorted({name for name in ids if ids.count(name) > 1})
    if double:
        raise TermsError(f"record {double[0]}: field id: found twice; expected each id once")
    version = f"{data.get('schema_version', '?')} ({data.get('generated_on', 'undated')})"
    return KnowledgeBase(version, str(data.get("disclaimer", "")), records)


def _record(raw: Any, number: int) -> TermsRecord:
    if not isinstance(raw, dict):
        raise TermsError(f"record number {number}: found {type(raw).__name__}; expected named fields")
    name = str(raw.get("id") or f"number {number}")
    texts = {field: _text(raw, field, name) for field in _TEXTS.split()}
    _one_of(texts["position"], POSITIONS, "position", name)
    _one_of(texts["access_route"], ROUTES, "access_route", name)
    verification = raw.get("verification")
    level = verification.get("level") if isinstance(verification, dict) else None
    _one_of(level, LEVELS, "verification.level", name)
    start = _date(raw.get("term_version_valid_from"), "term_version_valid_from", name)
    end = _date(raw.get("term_version_valid_to"), "term_version_valid_to", name)
    if start and end and end < start:
        raise _wrong(name, "term_version_valid_to", end, f"a day from {start} on")
    return TermsRecord(
        id=texts["id"],
        provider=texts["provider"],
        licence_name=texts["licence_name"],
        patterns=_patterns(raw.get("model_patterns"), name),
        access_route=texts["access_route"],
        position=texts["position"],
        conditions=_conditions(raw.get("conditions"), name),
        clause_reference=texts["clause_reference"],
        paraphrase=texts["paraphrase"],
        first_question=texts["first_question"],
        source_url=texts["source_url"],
        verification_level=str(level),
        recorded_on=_day(texts["recorded_on"], "recorded_on", name),
        valid_from=start,
        valid_to=end,
    )


def _wrong(name: str, field: str, found: object, expected: str) -> TermsError:
    return TermsError(f"record {name}: field {field}: found {found!r}; expected {expected}")


def _text(raw: Mapping[str, Any], field: str, name: str) -> str:
    value = raw.get(field)
    if isinstance(value, date) and field == "recorded_on":
        return value.isoformat()
    if not isinstance(value, str) or not value.strip():
        raise _wrong(name, field, value, "a text")
    return value


def _one_of(value: object, allowed: Sequence[str], field: str, name: str) -> None:
    if value not in allowed:
        raise _wrong(name, field, value, f"one of {', '.join(allowed)}")


def _date(value: object, field: str, name: str) -> date | None:
    return None if value is None else _day(value, field, name)


def _day(value: object, field: str, name: str) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise _wrong(name, field, value, "a day as YYYY-MM-DD") from None


def _patterns(value: object, name: str) -> tuple[re.Pattern[str], ...]:
    if not isinstance(value, list) or not value:
        raise _wrong(name, "model_patterns", value, "a list of regular expressions")
    found = []
    for pattern in value:
        try:
            found.append(re.compile(str(pattern), re.IGNORECASE))
        except re.error as error:
            raise _wrong(name, "model_patterns", pattern, f"a regular expression ({error})") from None
    return tuple(found)


def _conditions(value: object, name: str) -> tuple[str, ...]:
    if not isinstance(value, dict):
        raise _wrong(name, "conditions", value, "named conditions")
    found = []
    for field, label in _CONDITIONS.items():
        content = value.get(field)
        if content not in (None, ""):
            text = f"{content:,}" if isinstance(content, int) else str(content)
            found.append(f"{label}: {text}")
    if value.get("non_commercial"):
        found.append("Non-commercial use only")
    excluded = value.get("territory_exclusions") or []
    if not isinstance(excluded, list):
        raise _wrong(name, "conditions.territory_exclusions", excluded, "a list of places")
    if excluded:
        found.append(f"Not licensed in: {', '.join(map(str, excluded))}")
    return tuple(found)

"""From a candidate's name, access route and date to every text of terms that would apply.

The result says what the texts say, as read, and what is unknown. It never says what the law is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from evaluations.licensing.questions import open_questions
from evaluations.licensing.results import CandidatePosition, LicenceResult, TermsPosition
from evaluations.licensing.terms import POSITIONS, KnowledgeBase, TermsRecord, load_terms

NO_RECORD: Final = "no record"
STALE_AFTER_DAYS: Final = 180

WORDS: Final = {
    "prohibited": "restricts",
    "prohibited_competing": "restricts",
    "allowed_with_conditions": "allowed with conditions",
    "unknown": "not read yet",
    "silent": "no clause found",
    "allowed": "allowed",
}

_HOSTED: Final = ("cloud_marketplace", "aggregator")


@dataclass(frozen=True, slots=True)
class CandidateQuery:
    """One teacher candidate. ``access_route`` is one of ``terms.ROUTES`` or empty where it is not
    declared; ``on`` is the day of generation, ``None`` where unknown."""

    model: str
    name: str
    owner: str
    access_route: str = ""
    on: date | None = None


def licence_position(
    candidates: Sequence[CandidateQuery],
    *,
    supported_owners: Sequence[str],
    inconclusive_owners: Sequence[str],
    today: date,
    knowledge_base: KnowledgeBase | None = None,
) -> LicenceResult:
    """What would apply if each candidate were the teacher, and the questions that follow.

    ``supported_owners`` and ``inconclusive_owners`` are owners as the candidates spell them (case
    does not matter); their candidates' records open questions.
    """
    base = knowledge_base or load_terms()
    matched = [(query, _applicable(query, base.records)) for query in candidates]
    positions = tuple(_candidate(query, found, today) for query, found in matched)
    questions = open_questions(
        [(query.name or query.model, query.owner, found.records) for query, found in matched],
        supported_owners=supported_owners,
        inconclusive_owners=inconclusive_owners,
    )
    return LicenceResult(positions, questions, base.version, base.disclaimer)


def name_variants(*names: str) -> tuple[str, ...]:
    """The spellings of a model's names under which terms may be recorded, lower case.

    ``gpt4_0314`` is also ``gpt-4-0314``; ``openrouter/openai/gpt-4o`` is also ``openai/gpt-4o`` and
    ``gpt-4o``. A sentence-like name is also tried with hyphens for spaces.
    """
    found: dict[str, None] = {}
    for name in names:
        plain = name.strip().lower()
        for spelled in (plain, re.sub(r"[\s_]+", "-", plain)):
            parts = spelled.split("/")
            for start in range(len(parts)):
                tail = "/".join(parts[start:])
                found.setdefault(tail)
                found.setdefault(re.sub(r"^gpt-?(\d)(\d)(?=-|$)", r"gpt-\1.\2", tail))
                found.setdefault(re.sub(r"^gpt(?=\d)", "gpt-", tail))
    return tuple(variant for variant in found if variant)


@dataclass(frozen=True, slots=True)
class _Found:
    records: tuple[TermsRecord, ...]
    unknown: tuple[str, ...]


def _applicable(query: CandidateQuery, records: Sequence[TermsRecord]) -> _Found:
    variants = name_variants(query.model, query.name)
    named = [record for record in records if _matches(record, variants)]
    if not named:
        return _Found((), ())
    unknown: list[str] = []
    on_route = _by_route(query.access_route, named, unknown)
    in_force = _by_date(query.on, on_route, unknown)
    ordered = sorted(in_force, key=lambda record: (POSITIONS.index(record.position), record.id))
    return _Found(tuple(ordered), tuple(unknown))


def _matches(record: TermsRecord, variants: Iterable[str]) -> bool:
    return any(pattern.search(variant) for pattern in record.patterns for variant in variants)


def _by_route(route: str, named: list[TermsRecord], unknown: list[str]) -> list[TermsRecord]:
    """The records of the declared route; a host passes the owner's own terms on, so both apply."""
    if not route:
        unknown.append("The access route is not declared: the records of every route are shown.")
        return named
    wanted = {route, "first_party_api"} if route in _HOSTED else {route}
    found = [record for record in named if record.access_route in wanted]
    words = route.replace("_", " ")
    if route in _HOSTED:
        unknown.append(f"Which of the owner's own terms bind a customer of the {words} is not recorded.")
    if found:
        return found
    unknown.append(f"There is no record for the route {words}: the records of other routes are shown.")
    return named


def _by_date(day: date | None, found: list[TermsRecord], unknown: list[str]) -> list[TermsRecord]:
    """The versions that may have been in force; all of a provider's where none that was read was."""
    if day is None:
        unknown.append("The date of generation is not declared: every recorded version is shown.")
        return found
    kept: list[TermsRecord] = []
    groups: dict[tuple[str, str], list[TermsRecord]] = {}
    for record in found:
        groups.setdefault((record.provider, record.access_route), []).append(record)
    for (provider, _), versions in groups.items():
        covering = [record for record in versions if record.covers(day)]
        kept.extend(covering or versions)
        if not covering:
            unknown.append(
                f"No version of the terms of {provider} that was read covers {day.isoformat()}: "
                "the versions before and after are shown."
            )
        elif any(record.valid_from is None for record in covering):
            unknown.append(f"Since when the recorded terms of {provider} apply is not known.")
    return kept


def _candidate(query: CandidateQuery, found: _Found, today: date) -> CandidatePosition:
    unknown = list(found.unknown)
    oldest = min((record.recorded_on for record in found.records), default=today)
    age = (today - oldest).days
    if age > STALE_AFTER_DAYS:
        unknown.append(f"The texts were last read {age} days ago; they may have changed.")
    return CandidatePosition(
        model=query.model,
        name=query.name,
        owner=query.owner,
        access_route=query.access_route,
        positions=tuple(_position(record) for record in found.records),
        unknown=tuple(unknown),
        note="" if found.records else NO_RECORD,
    )


def _position(record: TermsRecord) -> TermsPosition:
    return TermsPosition(
        record_id=record.id,
        provider=record.provider,
        licence_name=record.licence_name,
        access_route=record.access_route,
        position=WORDS[record.position],
        position_text=_position_text(record),
        conditions=record.conditions,
        clause_reference=record.clause_reference,
        paraphrase=record.paraphrase,
        first_question=record.first_question,
        valid_from=record.valid_from.isoformat() if record.valid_from else "",
        valid_to=record.valid_to.isoformat() if record.valid_to else "",
        source_url=record.source_url,
        read_note=_read_note(record),
    )


def _position_text(record: TermsRecord) -> str:
    if record.position == "silent":
        if not record.read_in_primary_text:
            return "No clause found; the primary text itself was not read."
        return f"No clause found in the text read on {record.recorded_on.isoformat()}."
    return {
        "prohibited": "As read, the text restricts using outputs to train other models.",
        "prohibited_competing": "As read, the text restricts using outputs to train competing models.",
        "allowed_with_conditions": "As read, the text allows training on outputs under conditions.",
        "unknown": "The text has not been read yet on this point.",
        "allowed": "As read, the text allows training on outputs.",
    }[record.position]


def _read_note(record: TermsRecord) -> str:
    day = record.recorded_on.isoformat()
    if not record.read_in_primary_text:
        return f"not checked against the primary text (recorded on {day})"
    excerpt = "an excerpt of " if record.verification_level == "primary_excerpt" else ""
    return f"read in {excerpt}the primary text on {day}"

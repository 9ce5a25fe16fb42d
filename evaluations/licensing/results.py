"""The frozen licence position of an audit. Paraphrases of terms, never a legal conclusion."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TermsPosition:
    """One terms record that applies, as read.

    ``position``: restricts, allowed with conditions, no clause found, not read yet, or allowed.
    ``read_note``: how and when the text was read ("not checked against the primary text" where
    the record's verification level is memory or secondary).
    """

    record_id: str
    provider: str
    licence_name: str
    access_route: str
    position: str
    position_text: str
    conditions: tuple[str, ...]
    clause_reference: str
    paraphrase: str
    first_question: str
    valid_from: str
    valid_to: str
    source_url: str
    read_note: str


@dataclass(frozen=True, slots=True)
class CandidatePosition:
    """What would apply if this candidate were the teacher, by the declared access route.

    ``positions`` strictest first; empty with ``note`` "no record" where the knowledge base has none.
    """

    model: str
    name: str
    owner: str
    access_route: str
    positions: tuple[TermsPosition, ...]
    unknown: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """One question for the vendor that the positions and findings open."""

    id: str
    text: str
    about: str
    reason: str


@dataclass(frozen=True, slots=True)
class LicenceResult:
    """Licence position of every candidate and the questions that follow."""

    candidates: tuple[CandidatePosition, ...]
    questions: tuple[OpenQuestion, ...]
    knowledge_base_version: str
    disclaimer: str

"""Frozen records that cross layers. They know no Django, no Celery and no database.

Every record converts to plain JSON through :func:`to_json`; ``None`` in a numeric field means
"not measured" and is shown as those words, never as 0.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, Final, Literal

NOT_MEASURED: Final = None
"""The value of a number that was not measured. Templates print it as "Not measured"."""


class Role(StrEnum):
    """What a model is in one audit."""

    STUDENT = "student"
    CANDIDATE = "candidate"
    REFERENCE = "reference"
    CONTROL = "control"


class ObtainedBy(StrEnum):
    """Who obtained a completion."""

    BUYER_RAN = "buyer_ran"
    BUYER_WITNESSED = "buyer_witnessed"
    VENDOR_SUPPLIED = "vendor_supplied"


class Criticality(StrEnum):
    """How much a wrong answer costs the buyer."""

    ROUTINE = "routine"
    STANDARD = "standard"
    CRITICAL = "critical"


class TaskType(StrEnum):
    """What a sample asks for; decides which metrics score it."""

    CLASSIFICATION = "classification"
    EXTRACTION = "extraction"
    QA = "qa"
    SUMMARISATION = "summarisation"
    GENERATION = "generation"
    TRANSLATION = "translation"


class TargetRule(StrEnum):
    """How the targets of a sample are read.

    ``any_of``: one matching target is enough. ``all_of``: every target must be found.
    ``after_marker``: the answer proper is the text after the marker ``####``.
    """

    ANY_OF = "any_of"
    ALL_OF = "all_of"
    AFTER_MARKER = "after_marker"


class ErrorClass(StrEnum):
    """Why a completion has no text. A failed call is never a wrong answer."""

    MISSING = "missing"
    UNREACHABLE = "unreachable"
    REFUSED_KEY = "refused_key"
    NOT_ALLOWED = "not_allowed"
    RATE_LIMITED = "rate_limited"
    TIMEOUT = "timeout"
    SERVER_ERROR = "server_error"
    BAD_RESPONSE = "bad_response"
    TOO_LONG = "too_long"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Message:
    """One chat turn. ``role`` is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One task. ``input`` is the prompt text or the chat messages; texts are kept unchanged."""

    id: str
    input: str | tuple[Message, ...]
    targets: tuple[str, ...] = ()
    task_type: str = TaskType.GENERATION
    criticality: str = Criticality.STANDARD
    tags: tuple[str, ...] = ()
    target_rule: str = TargetRule.ANY_OF

    @property
    def input_text(self) -> str:
        """The input as one text: messages joined by a blank line, each led by its role."""
        if isinstance(self.input, str):
            return self.input
        return "\n\n".join(f"{turn.role}: {turn.content}" for turn in self.input)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens counted by the backend; ``None`` where it does not say."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Decoding:
    """One decoding configuration. ``temperature`` 0 is greedy; ``samples`` answers a prompt."""

    temperature: float = 0.0
    samples: int = 1
    max_new_tokens: int = 256
    seed: int = 0
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Completion:
    """One output of one model for one sample.

    ``latency_ms`` is the time around the model call only. ``error`` is an :class:`ErrorClass`
    value or ``""``; with an error ``text`` is empty and ``error_detail`` says where, what was
    found and what was expected.
    """

    sample_id: str
    text: str
    sample_index: int = 0
    usage: Usage = Usage()
    latency_ms: float | None = None
    logprobs: tuple[float, ...] | None = None
    finish_reason: str = ""
    model_reported: str = ""
    fingerprint: str = ""
    error: str = ""
    error_detail: str = ""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What is declared about a model's history.

    ``released``: ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``; ``None`` bars nothing.
    ``taught_by_owners``: ``None`` means unknown, ``()`` means documented as taught by nobody.
    ``lineage``: models of one origin share it; empty means the model stands alone.
    """

    key: str
    name: str = ""
    owner: str = ""
    family: str = ""
    lineage: str = ""
    base: str = ""
    released: str | None = None
    released_source: str = ""
    relation: str = ""
    taught_by_owners: tuple[str, ...] | None = None
    taught_by_families: tuple[str, ...] = ()
    taught_by: tuple[str, ...] = ()
    data_source: str = ""
    access_route: str = ""
    confidence: str = ""
    source: str = ""
    note: str = ""

    @property
    def own_lineage(self) -> str:
        """The lineage, or the model's own key where none is declared."""
        return self.lineage or self.key


VerdictStatus = Literal["supported", "not_supported", "inconclusive", "not_assessed"]
"""The four words a provenance verdict may use, on every screen."""


def to_json(value: Any) -> Any:
    """Plain JSON of a record: dataclasses to dicts, tuples to lists, enums to their values.

    Raises ``ValueError`` on NaN or infinity, which must never reach a stored finding.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return [to_json(item) for item in items]
    if hasattr(value, "item") and not isinstance(value, bool | int | float):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is not a JSON number; use None for a value that was not measured")
    return value


def canonical_json(value: Any) -> str:
    """The one text of ``value`` that digests are taken of: sorted keys, no spaces, UTF-8."""
    return json.dumps(
        to_json(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def digest(value: Any) -> str:
    """SHA-256 (64 hex digits) of :func:`canonical_json`."""
    return hashlib.sha256(canonical_json(value).encode("utf-8", "surrogatepass")).hexdigest()

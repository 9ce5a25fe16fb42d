"""The words of the report: verdicts, outcomes, and sentences that must never change meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from evaluations.reports.tables import Verdict

SHARED_DATA: Final = "or data shared with it"
"""Stands beside every teacher that is named as supported."""

CONSISTENT: Final = (
    "Consistent with training on outputs of {name}, of another model taught by it, or of data shared with "
    "it; technical evidence, not proof of how outputs were obtained."
)

FORBIDDEN: Final = (
    "breach",
    "violation",
    "violates",
    "infringe",
    "illegal",
    "stolen",
    "unauthorised",
    "unauthorized",
    "proves",
    "proven",
    "guarantees",
    "guaranteed",
    "compliant",
    "compliance",
)
"""Words that generated text never uses about rights or origin."""

_VERDICTS: Final[dict[str, Verdict]] = {
    "supported": Verdict("v", "supported", "Supported", "diamond"),
    "inconclusive": Verdict("v", "inconclusive", "Inconclusive", "half"),
    "not_supported": Verdict("v", "not-supported", "Not supported", "ring"),
    "not_assessed": Verdict("v", "barred", "Not assessed", "barred"),
}
NOT_MEASURED_VERDICT: Final = Verdict("v", "not-measured", "Not measured", "dash")
NOT_TESTED: Final = Verdict("v", "not-measured", "Not tested", "dash")

_OUTCOMES: Final[dict[str, Verdict]] = {
    "within": Verdict("m", "within", "Within margin", "disc"),
    "undecided": Verdict("m", "undecided", "Undecided", "half"),
    "below": Verdict("m", "below", "Below margin", "down"),
}

AGREES: Final = Verdict("st", "same", "Agrees", "same")
DIFFERS: Final = Verdict("st", "differ", "Differs", "differ")
NO_MARGIN: Final = Verdict("v", "not-measured", "No margin set", "dash")


def verdict(status: str | None) -> Verdict:
    """The mark and word of a provenance status; unknown or missing reads "Not measured"."""
    return _VERDICTS.get(status or "", NOT_MEASURED_VERDICT)


def outcome(value: str | None) -> Verdict:
    """The mark and word of a result against a margin."""
    return _OUTCOMES.get(value or "", NOT_MEASURED_VERDICT)


def with_shared_data(name: str) -> str:
    """A teacher's name as it must be printed where it is supported."""
    return f"{name}, {SHARED_DATA}"


def statement(found: Mapping[str, Any] | None, name: str) -> str:
    """The standing sentence: the finding's own, or the standard one about ``name``."""
    stored = str((found or {}).get("statement") or "").strip()
    return stored or CONSISTENT.format(name=name)

"""The questions for the vendor that findings and terms open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from evaluations.licensing.results import OpenQuestion
from evaluations.licensing.terms import TermsRecord

MAX_QUESTIONS: Final = 20

LINEAGE: Final = OpenQuestion(
    id="lineage",
    text=(
        "Which models' outputs, if any, were used to train, tune, filter or grade this model? Please name "
        "each with its version, access route, dates and share of the training data."
    ),
    about="every teacher candidate",
    reason="Asked in every audit: the answer decides which terms apply.",
)


def open_questions(
    candidates: Sequence[tuple[str, str, Sequence[TermsRecord]]],
    *,
    supported_owners: Sequence[str],
    inconclusive_owners: Sequence[str],
) -> tuple[OpenQuestion, ...]:
    """The lineage question, then the first question of every record of a supported owner's
    candidates, then of an inconclusive owner's; each text once, at most :data:`MAX_QUESTIONS`.

    ``candidates``: (name, owner, records that apply).
    """
    found = [LINEAGE]
    seen = {LINEAGE.text}
    for owners, reason in (
        (supported_owners, "The test supports {owner} as teacher, or data shared with it."),
        (inconclusive_owners, "The test of {owner} is inconclusive; the vendor's records would settle it."),
    ):
        wanted = {owner.casefold() for owner in owners}
        for name, owner, records in candidates:
            if not owner or owner.casefold() not in wanted:
                continue
            for record in records:
                if record.first_question in seen:
                    continue
                seen.add(record.first_question)
                found.append(
                    OpenQuestion(
                        f"terms:{record.id}", record.first_question, name, reason.format(owner=owner)
                    )
                )
    return tuple(found[:MAX_QUESTIONS])

"""The guard: training on a candidate's outputs may be restricted by its terms; somebody must say so knowingly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction

from evaluations.errors import Refusal
from evaluations.licensing.resolver import CandidateQuery, licence_position
from evaluations.licensing.results import CandidatePosition
from evaluations.models import ROLE_RANK, DistillationPlan, MemberRole, Model, PlanState
from evaluations.services import events

FREE: Final = "allowed"
SHORTEST_TEXT: Final = 20


def restricted(teachers: Sequence[Model], *, today: date) -> list[dict[str, Any]]:
    """The teachers whose terms, as read, do not plainly allow training on their outputs, strictest text first.

    A teacher without any terms on record, or with a text that was not read, is restricted too: silence is no leave.
    """
    queries = [
        CandidateQuery(model.key, model.name, model.owner, model.access_route, today) for model in teachers
    ]
    result = licence_position(queries, supported_owners=(), inconclusive_owners=(), today=today)
    return [
        _entry(position, model)
        for model, position in zip(teachers, result.candidates, strict=True)
        if not _is_free(position)
    ]


def _is_free(position: CandidatePosition) -> bool:
    return bool(position.positions) and all(record.position == FREE for record in position.positions)


def _entry(position: CandidatePosition, model: Model) -> dict[str, Any]:
    strictest = position.positions[0] if position.positions else None
    return {
        "model": model.key,
        "name": model.name,
        "owner": model.owner,
        "position": strictest.position if strictest else "no terms on record",
        "records": [record.record_id for record in position.positions],
        "words": strictest.paraphrase if strictest else "No terms are on record for this model and route.",
        "clause": strictest.clause_reference if strictest else "",
        "read_note": strictest.read_note if strictest else "",
    }


def refuse_unacknowledged(plan: DistillationPlan) -> None:
    """Raise :class:`Refusal` while a restricted teacher was not acknowledged."""
    if plan.restricted and plan.acknowledged_at is None:
        names = ", ".join(entry["name"] for entry in plan.restricted)
        raise Refusal(
            f"{plan.reference}: the terms of {names}, as read, restrict or condition training on outputs, or were "
            "not read. An approver must acknowledge this before the plan starts."
        )


@transaction.atomic
def acknowledge(*, plan: DistillationPlan, user: Any, role: str, text: str, now: datetime) -> None:
    """Store an approver's acknowledgement and keep it in the trail, with the texts of terms it concerns."""
    if ROLE_RANK[role] < ROLE_RANK[MemberRole.APPROVER]:
        raise Refusal("Only an approver or an admin can acknowledge this.")
    row = DistillationPlan.objects.select_for_update().get(pk=plan.pk)
    if row.state not in (PlanState.CHECKING, PlanState.READY):
        raise Refusal(
            f"{row.reference} is {PlanState(row.state).label.lower()}; this is acknowledged before a plan starts."
        )
    if not row.restricted:
        raise Refusal(f"{row.reference}: no teacher is restricted; there is nothing to acknowledge.")
    if row.acknowledged_at is not None:
        raise Refusal(f"{row.reference}: this was acknowledged already.")
    if len(text.strip()) < SHORTEST_TEXT:
        raise Refusal(
            f"Say in at least {SHORTEST_TEXT} characters on what ground this training is done; "
            f"found {len(text.strip())}."
        )
    row.acknowledgement, row.acknowledged_at = text.strip(), now
    row.acknowledged_by = user if user is not None and user.is_authenticated else None
    row.save(update_fields=["acknowledgement", "acknowledged_at", "acknowledged_by"])
    events.record(
        workspace=row.workspace, user=user, verb="training acknowledged", subject=row.reference,
        payload={
            "text": row.acknowledgement,
            "teachers": [
                {key: entry[key] for key in ("model", "position", "records")} for entry in row.restricted
            ],
        },
        now=now,
    )  # fmt: skip
    plan.refresh_from_db()

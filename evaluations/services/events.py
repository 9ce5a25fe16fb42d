"""The append-only trail: one hash chain per workspace."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from evaluations.models import Event, Workspace
from evaluations.records import digest

GENESIS = "0" * 64


def actor_name(user: Any) -> str:
    """The name the trail keeps for a person; the program itself is "pedigree"."""
    return user.get_username() if user is not None and user.is_authenticated else "pedigree"


def chain_hash(event: Event) -> str:
    """SHA-256 over the previous hash and the entry's own fields, in canonical JSON."""
    return digest(
        {
            "previous": event.previous_hash,
            "workspace": event.workspace_id,
            "sequence": event.sequence,
            "at": event.at.isoformat(),
            "actor": event.actor,
            "verb": event.verb,
            "subject": event.subject,
            "payload": event.payload,
        }
    )


@transaction.atomic
def record(
    *,
    workspace: Workspace,
    user: Any,
    verb: str,
    subject: str,
    payload: Mapping[str, Any] | None = None,
    now: datetime,
) -> Event:
    """Append one entry. The workspace row is locked so that the chain cannot fork."""
    Workspace.objects.select_for_update().get(pk=workspace.pk)
    last = Event.objects.filter(workspace=workspace).order_by("-sequence").first()
    event = Event(
        workspace=workspace,
        sequence=last.sequence + 1 if last else 1,
        at=now,
        actor=actor_name(user),
        verb=verb,
        subject=subject,
        payload=dict(payload or {}),
        previous_hash=last.hash if last else GENESIS,
    )
    event.hash = chain_hash(event)
    event.save(force_insert=True)
    return event


def broken_at(workspace: Workspace) -> int | None:
    """The sequence of the first entry that does not fit the chain, or ``None`` where all fit."""
    previous, expected = GENESIS, 1
    for event in Event.objects.filter(workspace=workspace).order_by("sequence").iterator():
        if (event.sequence, event.previous_hash) != (expected, previous) or event.hash != chain_hash(event):
            return event.sequence
        previous, expected = event.hash, expected + 1
    return None

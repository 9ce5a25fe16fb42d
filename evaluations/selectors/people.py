"""The people of a workspace and its trail of events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evaluations import access
from evaluations.models import Event, Membership, Workspace

PAGE = 50


@dataclass(frozen=True)
class MemberRow:
    """One person with one role."""

    username: str
    role: str
    last_login: datetime | None
    is_you: bool


@dataclass(frozen=True)
class EventRow:
    """One entry of the trail."""

    sequence: int
    at: datetime
    actor: str
    verb: str
    subject: str
    details: str
    hash: str


@dataclass(frozen=True)
class EventPage:
    """One page of the trail, newest first."""

    rows: tuple[EventRow, ...]
    n_all: int
    older: int | None
    newer: int | None


def members(user: Any, workspace: Workspace) -> tuple[MemberRow, ...]:
    """Every person of the workspace, by name."""
    rows = Membership.objects.filter(workspace__in=access.workspaces_for(user), workspace=workspace)
    return tuple(
        MemberRow(
            row.user.get_username(), row.get_role_display(), row.user.last_login, row.user_id == user.pk
        )
        for row in rows.select_related("user").order_by("user__username")
    )


def events(
    user: Any, workspace: Workspace, *, before: int | None = None, after: int | None = None
) -> EventPage:
    """One page of the trail, by sequence."""
    rows = Event.objects.filter(workspace__in=access.workspaces_for(user), workspace=workspace)
    n_all = rows.count()
    if after is not None:
        found = list(rows.filter(sequence__gt=after).order_by("sequence")[:PAGE])[::-1]
    else:
        older = rows.filter(sequence__lt=before) if before is not None else rows
        found = list(older.order_by("-sequence")[:PAGE])
    return EventPage(
        rows=tuple(_event(row) for row in found),
        n_all=n_all,
        older=found[-1].sequence if found and found[-1].sequence > 1 else None,
        newer=found[0].sequence if found and found[0].sequence < n_all else None,
    )


def _event(row: Event) -> EventRow:
    details = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in sorted(row.payload.items()))
    return EventRow(row.sequence, row.at, row.actor, row.verb, row.subject, details, row.hash)

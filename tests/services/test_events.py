"""The trail: one chain a workspace, and any change is found."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from evaluations.models import Event
from evaluations.services import events

pytestmark = pytest.mark.django_db


def add(workspace: Any, now: datetime, n: int = 3) -> None:
    for i in range(n):
        events.record(workspace=workspace, user=None, verb="tested", subject=f"thing {i}", now=now)


def test_each_entry_names_the_hash_of_the_one_before(workspace: Any, now: datetime) -> None:
    add(workspace, now)
    chain = list(Event.objects.filter(workspace=workspace))
    assert [event.sequence for event in chain] == list(range(1, len(chain) + 1))
    assert chain[0].previous_hash == events.GENESIS
    assert [event.previous_hash for event in chain[1:]] == [event.hash for event in chain[:-1]]
    assert events.broken_at(workspace) is None


def test_the_database_refuses_to_change_a_stored_entry(workspace: Any, now: datetime) -> None:
    add(workspace, now)
    with pytest.raises(DatabaseError), transaction.atomic():
        Event.objects.filter(workspace=workspace, sequence=2).update(subject="another thing")
    assert events.broken_at(workspace) is None


def test_a_change_behind_the_databases_back_is_found(workspace: Any, now: datetime) -> None:
    add(workspace, now)
    with connection.cursor() as cursor:
        suffix = " ON evaluations_event" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER evaluations_event_frozen{suffix}")
        cursor.execute("UPDATE evaluations_event SET subject = 'another thing' WHERE sequence = 2")
    assert events.broken_at(workspace) == 2


def test_the_chains_of_two_workspaces_are_apart(workspace: Any, charlie: Any, now: datetime) -> None:
    elsewhere = charlie.memberships.get().workspace
    add(workspace, now)
    add(elsewhere, now)
    assert events.broken_at(workspace) is None and events.broken_at(elsewhere) is None
    assert Event.objects.filter(workspace=elsewhere).order_by("sequence")[0].sequence == 1

"""Workspaces and their people."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.text import slugify

from evaluations.models import MemberRole, Membership, Workspace
from evaluations.services import events

PASSWORD_BYTES = 12


@transaction.atomic
def create(*, name: str, now: datetime, slug: str = "") -> Workspace:
    """A new workspace; its slug is made from the name and is unique."""
    wanted = slug or slugify(name)[:50] or "workspace"
    taken = set(Workspace.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    free = next(s for s in (wanted, *(f"{wanted}-{n}" for n in range(2, len(taken) + 3))) if s not in taken)
    workspace = Workspace.objects.create(name=name, slug=free)
    events.record(workspace=workspace, user=None, verb="workspace created", subject=name, now=now)
    return workspace


@transaction.atomic
def add_person(*, workspace: Workspace, username: str, role: str, password: str, now: datetime) -> Any:
    """A new person with one role; refuses a taken user name through the database."""
    user = get_user_model().objects.create_user(username=username, password=password)
    Membership.objects.create(workspace=workspace, user=user, role=role)
    events.record(
        workspace=workspace, user=None, verb="person added", subject=username, payload={"role": role}, now=now
    )
    return user


def set_up(*, now: datetime) -> dict[str, str]:
    """First start: a workspace with one person for each role.

    Returns {user name: password}, to be shown once; empty where a workspace already exists.
    """
    with transaction.atomic():
        if Workspace.objects.exists():
            return {}
        workspace = create(name="My company", slug="main", now=now)
        passwords = {role: secrets.token_urlsafe(PASSWORD_BYTES) for role in reversed(MemberRole.values)}
        for role, password in passwords.items():
            add_person(workspace=workspace, username=role, role=role, password=password, now=now)
    return passwords


def default() -> Workspace | None:
    """The workspace that commands use where none is named: the oldest."""
    return Workspace.objects.order_by("pk").first()

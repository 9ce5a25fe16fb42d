"""A form that is sent twice acts once."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db import transaction

from evaluations.models import Workspace

SESSION_KEY = "done_once"
KEPT = 20


def new_token() -> str:
    """A token for a form's hidden field."""
    return secrets.token_urlsafe(12)


@transaction.atomic
def once(request: Any, token: str, act: Callable[[], int]) -> tuple[int, bool]:
    """``act()`` once for each ``token`` of a person's session; ``(result, True)`` where it ran now.

    The workspace row is locked and the session read again under that lock, so that two requests at the
    same moment agree.
    """
    Workspace.objects.select_for_update().get(pk=request.membership.workspace_id)
    engine = import_module(settings.SESSION_ENGINE)
    stored = engine.SessionStore(request.session.session_key)
    done = dict(stored.get(SESSION_KEY, {}))
    if token in done:
        return int(done[token]), False
    result = act()
    done = dict([*done.items(), (token, result)][-KEPT:])
    stored[SESSION_KEY] = request.session[SESSION_KEY] = done
    stored.save()
    return result, True

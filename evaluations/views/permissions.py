"""Who may use a view. Each decorator sets ``required_role``; a view without it fails a system check."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase

from evaluations.access import memberships_for
from evaluations.models import MemberRole, Membership, Workspace

View = Callable[..., HttpResponseBase]
SIGNED_IN = "signed in"
PUBLIC = "public"


class MemberRequest(HttpRequest):
    """A request of a member: ``membership`` was resolved from the address's workspace."""

    membership: Membership

    @property
    def workspace(self) -> Workspace:
        return self.membership.workspace


def member(role: str = MemberRole.VIEWER) -> Callable[[View], View]:
    """Members of the workspace in the address with at least ``role``.

    A workspace that the person is no member of is as absent as one that does not exist: 404. A member
    whose role is too low gets 403, and nothing is changed.
    """

    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def guarded(request: Any, slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            membership = memberships_for(request.user).filter(workspace__slug=slug).first()
            if membership is None:
                raise Http404("no such workspace")
            request.membership = membership
            if not membership.may(role):
                raise PermissionDenied(f"needs the role {MemberRole(role).label.lower()}")
            return view(request, *args, **kwargs)

        guarded.required_role = role
        return guarded

    return decorate


def signed_in(view: View) -> View:
    """Everybody who is signed in."""
    guarded = login_required(view)
    guarded.required_role = SIGNED_IN
    return guarded


def public(view: View) -> View:
    """Everybody, without signing in."""
    view.required_role = PUBLIC
    return view

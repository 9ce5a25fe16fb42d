"""The first page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from evaluations.access import memberships_for
from evaluations.selectors import overview as selector
from evaluations.views.permissions import MemberRequest, member, signed_in


@signed_in
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """To the person's workspace; a person without one is told what to do."""
    memberships = list(memberships_for(request.user))
    if len(memberships) == 1:
        return redirect("overview", slug=memberships[0].workspace.slug)
    return render(request, "home/workspaces.html", {"memberships": memberships})


@member()
@require_safe
def overview(request: MemberRequest) -> HttpResponse:
    """What needs a person, what runs, what was found, what is due."""
    found = selector.overview(request.user, request.membership.workspace, now=timezone.now())
    template = "home/_running.html" if request.headers.get("HX-Request") else "home/overview.html"
    return render(request, template, {"page": found, "may_write": request.membership.may("analyst")})

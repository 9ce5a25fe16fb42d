"""The people of a workspace, and its trail of events."""

from __future__ import annotations

import secrets

from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from evaluations.forms.members import MemberForm
from evaluations.selectors import people as selector
from evaluations.services import events, workspaces
from evaluations.views.paging import whole
from evaluations.views.permissions import MemberRequest, member


@member("admin")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def member_list(request: MemberRequest) -> HttpResponse:
    """The people of the workspace; a new person's password is shown once, on this answer only."""
    workspace = request.membership.workspace
    form = MemberForm(request.POST or None)
    context: dict[str, object] = {"form": form}
    if request.method == "POST" and form.is_valid():
        password = secrets.token_urlsafe(workspaces.PASSWORD_BYTES)
        try:
            workspaces.add_person(
                workspace=workspace, password=password, now=timezone.now(), **form.cleaned_data
            )
            context = {"form": MemberForm(), "added": form.cleaned_data["username"], "password": password}
        except IntegrityError:
            form.add_error("username", "This user name was taken a moment ago. Choose another one.")
    context["rows"] = selector.members(request.user, workspace)
    return render(request, "workspaces/members.html", context)


@member()
@require_safe
def event_list(request: MemberRequest) -> HttpResponse:
    """The trail of events, and whether its chain holds."""
    page = selector.events(
        request.user, request.membership.workspace,
        before=whole(request.GET.get("before")), after=whole(request.GET.get("after")),
    )  # fmt: skip
    broken = events.broken_at(request.membership.workspace)
    return render(request, "workspaces/events.html", {"page": page, "broken_at": broken})

"""Reference panels."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from evaluations.selectors import panels as selector
from evaluations.views.permissions import MemberRequest, member


@member()
@require_safe
def panel_list(request: MemberRequest) -> HttpResponse:
    """Every panel, and how one is imported."""
    rows = selector.panel_list(request.user, request.membership.workspace)
    return render(request, "panels/list.html", {"rows": rows})


@member()
@require_safe
def panel_detail(request: MemberRequest, panel_id: int) -> HttpResponse:
    """One panel with its models."""
    page = selector.detail(request.user, request.membership.workspace, panel_id)
    return render(request, "panels/detail.html", {"page": page})

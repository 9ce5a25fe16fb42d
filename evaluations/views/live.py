"""The live sample: watch models being trained, then audited."""

from __future__ import annotations

import logging

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from evaluations.errors import Refusal
from evaluations.selectors import live as selector
from evaluations.services import live
from evaluations.views.permissions import MemberRequest, member
from evaluations.views.waking import DELAYED, wake_queues

log = logging.getLogger(__name__)


@member()
@require_safe
def live_page(request: MemberRequest) -> HttpResponse:
    """The newest live sample, or what one would do."""
    return _page(request, "live/page.html")


@member()
@require_safe
def live_progress(request: MemberRequest) -> HttpResponse:
    """The part of the page that changes; it asks for itself until the end."""
    return _page(request, "live/_progress.html")


def _page(request: MemberRequest, template: str) -> HttpResponse:
    page = selector.live_page(request.user, request.membership.workspace)
    return render(request, template, {"page": page, "may_write": request.membership.may("analyst")})


@member("analyst")
@require_POST
def live_start(request: MemberRequest) -> HttpResponse:
    """Begin; a second time, while one is at work, changes nothing."""
    workspace = request.membership.workspace
    try:
        live.start(workspace=workspace, user=request.user, now=timezone.now())
    except Refusal as refusal:
        for problem in refusal.problems:
            messages.error(request, problem)
    else:
        if not wake_queues({"cpu", settings.GPU_QUEUE}, of="the live sample"):
            messages.warning(request, DELAYED)
    return redirect("overview_live", slug=workspace.slug)

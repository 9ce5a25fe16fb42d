"""Audits: the list, one audit, its progress, start and cancel."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from evaluations.errors import Refusal
from evaluations.selectors import audit_page as page_selector
from evaluations.selectors import audits as selector
from evaluations.services import audits, specs
from evaluations.views.paging import whole
from evaluations.views.permissions import MemberRequest, member
from evaluations.views.waking import DELAYED, wake


@member()
@require_safe
def audit_list(request: MemberRequest) -> HttpResponse:
    """Every audit, newest first."""
    page = selector.page(
        request.user, request.membership.workspace, now=timezone.now(),
        before=whole(request.GET.get("before")), after=whole(request.GET.get("after")),
    )  # fmt: skip
    return render(request, "audits/list.html", {"page": page, "may_write": request.membership.may("analyst")})


@member()
@require_safe
def audit_detail(request: MemberRequest, number: int) -> HttpResponse:
    """One audit: plan, runs, what came out."""
    return _page(request, number, "audits/detail.html")


@member()
@require_safe
def audit_progress(request: MemberRequest, number: int) -> HttpResponse:
    """The part of the page that changes; it asks for itself until the audit has ended."""
    return _page(request, number, "audits/_progress.html")


def _page(request: MemberRequest, number: int, template: str) -> HttpResponse:
    page = page_selector.audit_page(request.user, request.membership.workspace, number, now=timezone.now())
    context = {
        "page": page,
        "partial": template.endswith("_progress.html"),
        "may_write": request.membership.may("analyst"),
    }
    return render(request, template, context)


@member("analyst")
@require_POST
def audit_start(request: MemberRequest, number: int) -> HttpResponse:
    """Start a locked audit. A second time changes nothing."""
    audit = selector.audit_of(request.user, request.membership.workspace, number)
    audits.start(audit=audit, user=request.user, now=timezone.now())
    if not wake(audit):
        messages.warning(request, DELAYED)
    return redirect("audit_detail", slug=request.membership.workspace.slug, number=number)


@member("analyst")
@require_POST
def audit_cancel(request: MemberRequest, number: int) -> HttpResponse:
    """Cancel an audit that has not ended."""
    audit = selector.audit_of(request.user, request.membership.workspace, number)
    try:
        audits.cancel(audit=audit, user=request.user, now=timezone.now())
        messages.success(request, f"{audit.reference} is cancelled. Stored answers are kept.")
    except Refusal as refusal:
        for problem in refusal.problems:
            messages.error(request, problem)
    return redirect("audit_detail", slug=request.membership.workspace.slug, number=number)


@member()
@require_safe
def audit_spec(request: MemberRequest, number: int) -> HttpResponse:
    """The locked plan as a spec file."""
    audit = selector.audit_of(request.user, request.membership.workspace, number)
    return HttpResponse(
        specs.export(audit),
        content_type="application/yaml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{audit.reference}.yaml"'},
    )

"""Workloads."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from evaluations.forms.workloads import WorkloadForm
from evaluations.models import Workload
from evaluations.selectors import workloads as selector
from evaluations.views.permissions import MemberRequest, member


@member()
@require_safe
def workload_list(request: MemberRequest) -> HttpResponse:
    """Every workload."""
    rows = selector.workload_list(request.user, request.membership.workspace)
    return render(
        request, "workloads/list.html", {"rows": rows, "may_write": request.membership.may("analyst")}
    )


@member("analyst")
@require_http_methods(["GET", "HEAD", "POST"])
def workload_new(request: MemberRequest) -> HttpResponse:
    """A new workload."""
    return _edit(request, Workload(), "New workload")


@member("analyst")
@require_http_methods(["GET", "HEAD", "POST"])
def workload_edit(request: MemberRequest, workload_id: int) -> HttpResponse:
    """Change a workload. Plans that are locked already keep their margins."""
    found = selector.workload_of(request.user, request.membership.workspace, workload_id)
    return _edit(request, found, found.name)


def _edit(request: MemberRequest, workload: Workload, title: str) -> HttpResponse:
    form = WorkloadForm(request.POST or None, instance=workload, workspace=request.membership.workspace)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, f"{form.instance.name} is saved.")
        return redirect("workload_list", slug=request.membership.workspace.slug)
    return render(request, "workloads/edit.html", {"form": form, "title": title, "workload": workload})

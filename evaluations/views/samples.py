"""The sample explorer."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from evaluations.records import Criticality, TaskType
from evaluations.selectors import sample_filters
from evaluations.selectors import samples as selector
from evaluations.views.paging import whole
from evaluations.views.permissions import MemberRequest, member

KEPT = ("outcome", "task", "criticality", "find", "beside", "diff")


@member()
@require_safe
def audit_samples(request: MemberRequest, number: int) -> HttpResponse:
    """Student and candidate side by side; every view has its own address."""
    page = selector.explorer(
        request.user, request.membership.workspace, number, sample_filters.Filters.read(request.GET),
        after=whole(request.GET.get("after")), before=whole(request.GET.get("before")),
    )  # fmt: skip
    kept = {name: request.GET[name] for name in KEPT if request.GET.get(name)}
    place = {
        name: request.GET[name] for name in ("after", "before") if whole(request.GET.get(name)) is not None
    }
    context = {
        "page": page,
        "outcomes": sample_filters.OUTCOMES.items(),
        "task_types": list(TaskType),
        "criticalities": list(Criticality),
        "query": urlencode(kept),
        "query_of_place": urlencode(kept | place),
        "query_without_outcome": urlencode(
            {name: value for name, value in kept.items() if name != "outcome"}
        ),
        "query_without_diff": urlencode(
            {name: value for name, value in kept.items() if name != "diff"} | place
        ),
    }
    return render(request, "samples/explorer.html", context)

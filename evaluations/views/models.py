"""Registered models: the list, one page, what is declared about one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evaluations.errors import Refusal
from evaluations.forms import refusals
from evaluations.forms.reaching import ModelEditForm
from evaluations.selectors import models as selector
from evaluations.services import models as services
from evaluations.views.paging import whole
from evaluations.views.permissions import MemberRequest, member


@member()
@require_safe
def model_list(request: MemberRequest) -> HttpResponse:
    """The models of the workspace."""
    chosen = {
        "find": request.GET.get("find", "").strip()[:100],
        "kind": request.GET.get("kind", "") if request.GET.get("kind", "") in selector.REACHED else "",
        "panels": request.GET.get("panels") == "1",
    }
    page = selector.model_page(
        request.user, request.membership.workspace, after=whole(request.GET.get("after")), **chosen
    )
    context = {
        "page": page,
        "chosen": chosen,
        "kinds": selector.REACHED,
        "may_write": request.membership.may("analyst"),
    }
    return render(request, "models/list.html", context)


@member("analyst")
@require_safe
def model_new(request: MemberRequest) -> HttpResponse:
    """Choose how a model is reached."""
    return render(request, "models/new.html")


@member()
@require_safe
def model_detail(request: MemberRequest, model_id: int) -> HttpResponse:
    """One model."""
    page = selector.detail(request.user, request.membership.workspace, model_id)
    return render(
        request, "models/detail.html", {"page": page, "may_write": request.membership.may("analyst")}
    )


@member("analyst")
@require_POST
def model_check(request: MemberRequest, model_id: int) -> HttpResponse:
    """Test a registered model with its stored key; nothing is stored."""
    model = selector.model_of(request.user, request.membership.workspace, model_id)
    try:
        check = services.check_again(model)
    except Refusal as refusal:
        check = services.CheckReport(ok=False, problems=refusal.problems)
    if request.headers.get("HX-Request"):
        return render(request, "models/_check.html", {"check": check})
    page = selector.detail(request.user, request.membership.workspace, model_id)
    return render(request, "models/detail.html", {"page": page, "check": check, "may_write": True})


@member("analyst")
@require_http_methods(["GET", "HEAD", "POST"])
def model_edit(request: MemberRequest, model_id: int) -> HttpResponse:
    """Change what is declared about a model, or replace its key."""
    model = selector.model_of(request.user, request.membership.workspace, model_id)
    form = ModelEditForm(request.POST or None, model=model)
    if request.method == "POST" and form.is_valid():
        details = form.details(
            backend=model.backend, obtained_by=form.cleaned_data.get("obtained_by") or model.obtained_by
        )
        try:
            services.save(
                workspace=request.membership.workspace, user=request.user, details=details,
                settings=model.settings, key=form.key_text, now=timezone.now(),
            )  # fmt: skip
            messages.success(request, f"{details.name} is saved.")
            return redirect("model_detail", slug=request.membership.workspace.slug, model_id=model.pk)
        except Refusal as refusal:
            refusals.show(form, refusal)
    return render(request, "models/edit.html", {"form": form, "model": model})

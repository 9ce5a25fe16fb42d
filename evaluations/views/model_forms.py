"""Registering a model: an endpoint, a local folder, a file of recorded outputs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from evaluations.errors import Refusal
from evaluations.forms import refusals
from evaluations.forms.reaching import EndpointForm, LocalForm, ReachForm, RecordedForm
from evaluations.models import Model
from evaluations.selectors import models as selector
from evaluations.services import models as services
from evaluations.views.permissions import MemberRequest, member

METHODS = ["GET", "HEAD", "POST"]


@member("analyst")
@require_http_methods(METHODS)
def model_new_endpoint(request: MemberRequest) -> HttpResponse:
    """An OpenAI-compatible endpoint."""
    return _register(request, EndpointForm(request.POST or None), "models/new_endpoint.html")


@member("analyst")
@require_http_methods(METHODS)
def model_new_local(request: MemberRequest) -> HttpResponse:
    """A folder below the model roots."""
    return _register(request, LocalForm(request.POST or None), "models/new_local.html")


@member("analyst")
@require_http_methods(METHODS)
def model_new_recorded(request: MemberRequest) -> HttpResponse:
    """A file of recorded outputs: matched first, registered on the person's word."""
    versions = selector.versions_to_match(request.user, request.membership.workspace)
    form = RecordedForm(request.POST or None, request.FILES or None, versions=versions)
    context: dict[str, Any] = {"form": form, "n_versions": versions.count()}
    if request.method == "POST":
        ready = form.is_valid() if "register" in request.POST else form.reach_is_valid
        match = _match(form, context) if ready else None
        if match is not None and match.ok and "register" in request.POST:
            model = _save(request, form)
            if model is not None:
                return redirect("model_detail", slug=request.membership.workspace.slug, model_id=model.pk)
    return render(request, "models/new_recorded.html", context)


def _match(form: RecordedForm, context: dict[str, Any]) -> selector.Match | None:
    """Keep the file, and say how it fits the chosen suite version."""
    data = form.cleaned_data
    try:
        if data.get("file"):
            kept = services.store_recording(data["file"].name, data["file"].chunks())
            data["stored"] = {"name": kept.name, "filename": data["file"].name}
        found = services.match_recording(data["stored"]["name"], data["version"])
    except Refusal as refusal:
        refusals.show(form, refusal)
        return None
    match = selector.match_view(found, data["stored"]["filename"], data["version"])
    context |= {"match": match, "sealed": form.seal(**data["stored"])}
    return match


def _register(request: MemberRequest, form: ReachForm, template: str) -> HttpResponse:
    """Test without storing anything, or check and store."""
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and "test" in request.POST:
        context["tested"] = True
        if form.reach_is_valid:
            context["check"] = services.check(form.backend, form.settings(), key=form.key_text)
        if request.headers.get("HX-Request"):
            return render(request, "models/_check.html", context)
    elif request.method == "POST" and form.is_valid():
        model = _save(request, form)
        if model is not None:
            return redirect("model_detail", slug=request.membership.workspace.slug, model_id=model.pk)
    return render(request, template, context)


def _save(request: MemberRequest, form: ReachForm) -> Model | None:
    """The stored model, or the refusal shown on the form."""
    obtained = {"obtained_by": form.cleaned_data["obtained_by"]} if "obtained_by" in form.cleaned_data else {}
    try:
        model = services.register(
            workspace=request.membership.workspace,
            user=request.user,
            details=form.details(backend=form.backend, **obtained),
            settings=form.settings(),
            key=form.key_text,
            now=timezone.now(),
        )
    except Refusal as refusal:
        refusals.show(form, refusal, {"There is a model": "key", "key:": "key"})
        return None
    messages.success(request, f"{model.name} is registered.")
    return model

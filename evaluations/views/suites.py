"""Task suites: upload, columns, versions, export."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_safe

from evaluations.access import workloads_for
from evaluations.errors import Refusal
from evaluations.forms import refusals
from evaluations.forms.suites import MappingForm, SuiteNewForm, SuiteUploadForm
from evaluations.models import SuiteUpload
from evaluations.selectors import proposals
from evaluations.selectors import suites as selector
from evaluations.services import intake, suites
from evaluations.views.paging import whole
from evaluations.views.permissions import MemberRequest, member


@member()
@require_safe
def suite_list(request: MemberRequest) -> HttpResponse:
    """Every suite."""
    rows = selector.suite_list(request.user, request.membership.workspace)
    return render(request, "suites/list.html", {"rows": rows, "may_write": request.membership.may("analyst")})


@member("analyst")
@require_http_methods(["GET", "HEAD", "POST"])
def suite_new(request: MemberRequest) -> HttpResponse:
    """A new suite with its first file."""
    workspace = request.membership.workspace
    choices = workloads_for(request.user).filter(workspace=workspace)
    form = SuiteNewForm(request.POST or None, request.FILES or None, workloads=choices)
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        file = data.pop("file")
        try:
            upload = intake.new_suite(
                workspace=workspace, user=request.user, filename=file.name, chunks=file.chunks(),
                now=timezone.now(), **data,
            )  # fmt: skip
            return redirect("suite_mapping", slug=workspace.slug, upload_id=upload.pk)
        except Refusal as refusal:
            refusals.show(form, refusal, {"There is a suite": "name", file.name: "file"})
    return render(request, "suites/new.html", {"form": form})


@member("analyst")
@require_http_methods(["GET", "HEAD", "POST"])
def suite_upload(request: MemberRequest, suite_id: int) -> HttpResponse:
    """A file for the next version."""
    suite = selector.suite_of(request.user, request.membership.workspace, suite_id)
    form = SuiteUploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            upload = intake.new_version(
                suite=suite, user=request.user, filename=file.name, chunks=file.chunks()
            )
            return redirect("suite_mapping", slug=suite.workspace.slug, upload_id=upload.pk)
        except Refusal as refusal:
            refusals.show(form, refusal, {file.name: "file"})
    return render(request, "suites/upload.html", {"form": form, "suite": suite})


@member("analyst")
@require_http_methods(["GET", "HEAD", "POST"])
def suite_mapping(request: MemberRequest, upload_id: int) -> HttpResponse:
    """Review the columns; nothing is imported before the person says so."""
    upload = selector.upload_of(request.user, request.membership.workspace, upload_id)
    if upload.version is not None:
        return redirect("suite_detail", slug=request.membership.workspace.slug, suite_id=upload.suite_id)
    form = MappingForm(
        request.POST or None,
        columns=[column["name"] for column in upload.proposal["columns"]],
        mapping=upload.proposal["mapping"],
        ask_bad_rows=upload.proposal["can_leave_out"],
    )
    if request.method == "POST" and form.is_valid():
        answer = (
            _import(request, upload, form) if "import" in request.POST else _preview(request, upload, form)
        )
        if answer is not None:
            return answer
    page = proposals.proposal_of(upload, next_number=selector.next_number(upload.suite))
    columns = [
        {"column": column, "field": field} for column, field in zip(page.columns, form.uses, strict=True)
    ]
    return render(request, "suites/mapping.html", {"form": form, "page": page, "columns": columns})


def _preview(request: MemberRequest, upload: SuiteUpload, form: MappingForm) -> HttpResponse:
    suites.propose_again(upload=upload, mapping=form.cleaned_data["mapping"])
    return redirect("suite_mapping", slug=request.membership.workspace.slug, upload_id=upload.pk)


def _import(request: MemberRequest, upload: SuiteUpload, form: MappingForm) -> HttpResponse | None:
    problem = form.problem_before_import()
    if problem:
        form.add_error(None, problem)
        return None
    try:
        version = suites.import_upload(
            upload=upload,
            user=request.user,
            mapping=form.cleaned_data["mapping"],
            on_bad_rows=form.cleaned_data["on_bad_rows"] or "refuse",
            now=timezone.now(),
        )
    except Refusal as refusal:
        suites.propose_again(upload=upload, mapping=form.cleaned_data["mapping"])
        form.add_error(None, "Nothing was imported. The rows below must be corrected or left out.")
        if not upload.proposal["problems"]:
            refusals.show(form, refusal)
        return None
    messages.success(request, f"Version {version.number} is saved with {version.sample_count:,} samples.")
    return redirect("suite_detail", slug=request.membership.workspace.slug, suite_id=upload.suite_id)


@member()
@require_safe
def suite_detail(request: MemberRequest, suite_id: int) -> HttpResponse:
    """A suite with its versions."""
    page = selector.detail(request.user, request.membership.workspace, suite_id)
    return render(
        request, "suites/detail.html", {"page": page, "may_write": request.membership.may("analyst")}
    )


@member()
@require_safe
def suite_version(request: MemberRequest, suite_id: int, number: int) -> HttpResponse:
    """The samples of one version."""
    page = selector.sample_page(
        request.user, request.membership.workspace, suite_id, number,
        after=whole(request.GET.get("after")), before=whole(request.GET.get("before")),
    )  # fmt: skip
    return render(request, "suites/version.html", {"page": page})


@member()
@require_safe
def suite_export(request: MemberRequest, suite_id: int, number: int, kind: str) -> StreamingHttpResponse:
    """A version as a file that reads back as the same samples."""
    version = selector.version_of(request.user, request.membership.workspace, suite_id, number)
    if kind not in selector.EXPORTS:
        raise Http404("no such format")
    name = f"{slugify(version.suite.name) or 'suite'}-{version.number}.{kind}"
    return StreamingHttpResponse(
        selector.exported(version, kind),
        content_type=f"{selector.EXPORTS[kind][1]}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )

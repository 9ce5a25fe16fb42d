"""Control students: the plans, one plan with its progress, one student."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evaluations.errors import Refusal
from evaluations.forms import refusals
from evaluations.forms.distillation import PlanForm
from evaluations.models import DistillationPlan, SuiteVersion
from evaluations.selectors import distillation as selector
from evaluations.services.distillation import deletion, guard, plans, prompts
from evaluations.views.once import new_token, once
from evaluations.views.paging import whole
from evaluations.views.permissions import MemberRequest, member
from evaluations.views.waking import DELAYED, wake

STEPS: dict[str, Callable[..., Any]] = {
    "start": plans.start,
    "pause": plans.pause,
    "resume": plans.resume,
    "cancel": plans.cancel,
}


@member()
@require_safe
def plan_list(request: MemberRequest) -> HttpResponse:
    """Every plan, newest first."""
    page = selector.plan_list(
        request.user, request.membership.workspace,
        before=whole(request.GET.get("before")), after=whole(request.GET.get("after")),
    )  # fmt: skip
    context = {"page": page, "may_write": request.membership.may("analyst")}
    return render(request, "distillation/list.html", context)


@member("analyst")
@require_http_methods(["GET", "HEAD", "POST"])
def plan_new(request: MemberRequest) -> HttpResponse:
    """What the students are made of; a worker checks the plan before anything can start."""
    workspace = request.membership.workspace
    form = _form(request)
    if request.method == "POST" and form.is_valid():
        try:
            number, _ = once(request, form.cleaned_data["token"], lambda: _create(request, form))
        except Refusal as refusal:
            refusals.show(form, refusal, form.places)
        else:
            plan = selector.plan_of(request.user, workspace, number)
            if not wake(plan):
                messages.warning(request, DELAYED)
            return redirect("model_plan", slug=workspace.slug, plan_number=number)
    return render(request, "distillation/new.html", {"form": form})


def _form(request: MemberRequest) -> PlanForm:
    models = selector.models_of(request.user, request.membership.workspace)
    versions = selector.versions_of(request.user, request.membership.workspace)
    return PlanForm(
        request.POST or None,
        request.FILES or None,
        models=models,
        versions=versions,
        bound=guard.restricted(list(models), today=timezone.now().date()),
        with_targets=selector.with_targets(versions),
        initial={"token": new_token()},
    )


def _create(request: MemberRequest, form: PlanForm) -> int:
    made = plans.create(
        workspace=request.membership.workspace,
        user=request.user,
        request=form.request(_prompts(request, form)),
        now=timezone.now(),
    )
    return made.number


def _prompts(request: MemberRequest, form: PlanForm) -> SuiteVersion:
    """The chosen version, or a new one of the pasted or uploaded prompts."""
    found = form.cleaned_data
    if found["prompts"]:
        return found["prompts"]
    uploaded = found["uploaded"]
    return prompts.add(
        workspace=request.membership.workspace,
        user=request.user,
        suite_name=f"Training prompts of {found['title']}"[:120],
        filename=uploaded.name if uploaded else "pasted.txt",
        chunks=uploaded.chunks() if uploaded else [found["pasted"].replace("\r\n", "\n").encode()],
        now=timezone.now(),
    )


@member()
@require_safe
def plan_detail(request: MemberRequest, plan_number: int) -> HttpResponse:
    """One plan: check, licence note, students, curve."""
    return _page(request, plan_number, "distillation/detail.html")


@member()
@require_safe
def plan_progress(request: MemberRequest, plan_number: int) -> HttpResponse:
    """The part of the page that changes; it asks for itself until the plan has ended."""
    return _page(request, plan_number, "distillation/_progress.html")


def _page(request: MemberRequest, number: int, template: str) -> HttpResponse:
    page = selector.plan_page(request.user, request.membership.workspace, number)
    context = {
        "page": page,
        "partial": template.endswith("_progress.html"),
        "token": new_token(),
        "may_write": request.membership.may("analyst"),
        "may_approve": request.membership.may("approver"),
    }
    return render(request, template, context)


@member()
@require_safe
def plan_student(request: MemberRequest, plan_number: int, position: int) -> HttpResponse:
    """One student: card, curve, agreement."""
    page = selector.student_page(request.user, request.membership.workspace, plan_number, position)
    return render(request, "distillation/student.html", {"page": page})


@member("analyst")
@require_POST
def plan_step(request: MemberRequest, plan_number: int, step: str) -> HttpResponse:
    """Start, pause, resume or cancel. A second time changes nothing."""
    if step not in STEPS:
        raise Http404("no such step")

    def act(plan: DistillationPlan) -> None:
        STEPS[step](plan=plan, user=request.user, now=timezone.now())

    return _act(request, plan_number, act, wakes=step in ("start", "resume"))


@member("approver")
@require_POST
def plan_acknowledge(request: MemberRequest, plan_number: int) -> HttpResponse:
    """An approver says knowingly that this training is done."""

    def act(plan: DistillationPlan) -> None:
        guard.acknowledge(
            plan=plan,
            user=request.user,
            role=request.membership.role,
            text=request.POST.get("text", ""),
            now=timezone.now(),
        )
        messages.success(request, "Your acknowledgement is kept in the trail.")

    return _act(request, plan_number, act)


@member("approver")
@require_POST
def plan_delete(request: MemberRequest, plan_number: int) -> HttpResponse:
    """Delete weights, checkpoints and training answers. Files go after the rows, so no outer transaction."""
    plan = selector.plan_of(request.user, request.membership.workspace, plan_number)
    try:
        n = deletion.delete_students(plan=plan, user=request.user, now=timezone.now())
        messages.success(request, f"{n} control student{'' if n == 1 else 's'} deleted.")
    except Refusal as refusal:
        _say(request, refusal)
    return redirect("model_plan", slug=request.membership.workspace.slug, plan_number=plan_number)


def _act(
    request: MemberRequest, number: int, act: Callable[[DistillationPlan], None], *, wakes: bool = False
) -> HttpResponse:
    """Do one step once, however often its form is sent; workers are woken after it was committed."""
    plan = selector.plan_of(request.user, request.membership.workspace, number)

    def step() -> int:
        act(plan)
        return plan.number

    try:
        once(request, request.POST.get("token", "")[:40] or new_token(), step)
    except Refusal as refusal:
        _say(request, refusal)
    else:
        if wakes and not wake(plan):
            messages.warning(request, DELAYED)
    return redirect("model_plan", slug=request.membership.workspace.slug, plan_number=number)


def _say(request: MemberRequest, refusal: Refusal) -> None:
    for problem in refusal.problems:
        messages.error(request, problem)

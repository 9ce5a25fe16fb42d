"""A new audit: choose, review, lock, start."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from evaluations.errors import Refusal
from evaluations.forms import refusals
from evaluations.forms.audits import PLACES, AuditBasicsForm, AuditPlanForm
from evaluations.records import digest
from evaluations.selectors import audits as audit_selector
from evaluations.selectors import planning
from evaluations.selectors.planning import PlanReview
from evaluations.services import audits
from evaluations.services.audits import PlanRequest
from evaluations.views.once import new_token, once
from evaluations.views.paging import whole
from evaluations.views.permissions import MemberRequest, member
from evaluations.views.waking import DELAYED, wake


@member("analyst")
@require_http_methods(["GET", "HEAD", "POST"])
def audit_new(request: MemberRequest) -> HttpResponse:
    """The student and the suite first, then the plan on one page; nothing runs before the lock."""
    basics = _basics(request)
    if not (basics.is_bound and basics.is_valid()):
        return render(request, "audits/start.html", {"form": basics})
    options = planning.options(request.user, request.membership.workspace, **basics.cleaned_data)
    form = AuditPlanForm(request.POST or None, options=options, initial={"token": new_token()})
    review: PlanReview | None = None
    if request.method == "POST" and form.is_valid():
        plan = form.plan()
        review = _review(request, form, plan)
        if "lock" in request.POST and not form.errors:
            answer = _lock(request, form, plan, review)
            if answer is not None:
                return answer
    context = {"form": form, "options": options, "review": review, "digest": review.digest if review else ""}
    return render(request, "audits/new.html", context)


def _basics(request: MemberRequest) -> AuditBasicsForm:
    """The first step, from the form or from a link that names a student or a suite."""
    workspace = request.membership.workspace
    students, versions = (
        planning.students(request.user, workspace),
        planning.versions(request.user, workspace),
    )
    if request.method == "POST":
        return AuditBasicsForm(request.POST, students=students, versions=versions)
    suite = whole(request.GET.get("suite"))
    newest = versions.filter(suite=suite).first() if suite is not None else None
    given = {
        "student": request.GET.get("student", ""),
        "version": request.GET.get("version", "") or (newest.pk if newest else ""),
    }
    if given["student"] and given["version"]:
        return AuditBasicsForm(given, students=students, versions=versions)
    return AuditBasicsForm(initial=given, students=students, versions=versions)


def _review(request: MemberRequest, form: AuditPlanForm, plan: PlanRequest) -> PlanReview:
    """What the plan can show and what it costs; problems are put on the form."""
    problems = audits.problems_of(plan, request.membership.workspace)
    frozen = audits.plan_of(plan)
    found = planning.review(frozen, plan.roles(), plan.suite_version, problems, digest(frozen))
    if found.problems:
        refusals.show(form, Refusal(*found.problems), PLACES)
    return found


def _lock(
    request: MemberRequest, form: AuditPlanForm, plan: PlanRequest, review: PlanReview
) -> HttpResponse | None:
    """Lock and start once, however often the form is sent; ``None`` where the person must look again."""
    problem = form.problem_before_lock(digest=review.digest, known_micro=review.estimate.total_micro)
    if problem:
        form.add_error("agree" if problem.startswith("Tick") else None, problem)
        return None
    workspace, now = request.membership.workspace, timezone.now()

    def act() -> int:
        audit = audits.create(workspace=workspace, user=request.user, request=plan, now=now)
        audits.start(audit=audit, user=request.user, now=now)
        return audit.number

    try:
        number, _ = once(request, form.cleaned_data["token"], act)
    except Refusal as refusal:
        refusals.show(form, refusal, PLACES)
        return None
    if not wake(audit_selector.audit_of(request.user, workspace, number)):
        messages.warning(request, DELAYED)
    return redirect("audit_detail", slug=workspace.slug, number=number)

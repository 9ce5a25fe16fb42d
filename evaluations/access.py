"""The tenant filter: every query of services and selectors starts here.

A row of a workspace that the person is no member of does not exist for that person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from evaluations.models import (
    Audit,
    ControlStudent,
    DistillationPlan,
    LiveSample,
    Membership,
    Model,
    Panel,
    Report,
    SuiteUpload,
    SuiteVersion,
    TaskSuite,
    Workload,
    Workspace,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def memberships_for(user: User | AnonymousUser) -> QuerySet[Membership]:
    """The person's memberships, with their workspaces."""
    if not user.is_authenticated or not user.is_active:
        return Membership.objects.none()
    return Membership.objects.filter(user=user).select_related("workspace").order_by("workspace__name")


def workspaces_for(user: User | AnonymousUser) -> QuerySet[Workspace]:
    """The workspaces that the person is a member of."""
    return Workspace.objects.filter(pk__in=memberships_for(user).values("workspace"))


def workloads_for(user: User | AnonymousUser) -> QuerySet[Workload]:
    """The workloads that the person may see."""
    return Workload.objects.filter(workspace__in=workspaces_for(user))


def suites_for(user: User | AnonymousUser) -> QuerySet[TaskSuite]:
    """The task suites that the person may see."""
    return TaskSuite.objects.filter(workspace__in=workspaces_for(user))


def uploads_for(user: User | AnonymousUser) -> QuerySet[SuiteUpload]:
    """The uploads in progress that the person may see."""
    return SuiteUpload.objects.filter(workspace__in=workspaces_for(user))


def suite_versions_for(user: User | AnonymousUser) -> QuerySet[SuiteVersion]:
    """The suite versions that the person may see."""
    return SuiteVersion.objects.filter(suite__workspace__in=workspaces_for(user))


def models_for(user: User | AnonymousUser) -> QuerySet[Model]:
    """The registered models that the person may see."""
    return Model.objects.filter(workspace__in=workspaces_for(user))


def panels_for(user: User | AnonymousUser) -> QuerySet[Panel]:
    """The reference panels that the person may see."""
    return Panel.objects.filter(workspace__in=workspaces_for(user))


def audits_for(user: User | AnonymousUser) -> QuerySet[Audit]:
    """The audits that the person may see."""
    return Audit.objects.filter(workspace__in=workspaces_for(user))


def reports_for(user: User | AnonymousUser) -> QuerySet[Report]:
    """The reports that the person may see."""
    return Report.objects.filter(audit__workspace__in=workspaces_for(user))


def live_samples_for(user: User | AnonymousUser) -> QuerySet[LiveSample]:
    """The live samples that the person may see."""
    return LiveSample.objects.filter(workspace__in=workspaces_for(user))


def plans_for(user: User | AnonymousUser) -> QuerySet[DistillationPlan]:
    """The distillation plans that the person may see."""
    return DistillationPlan.objects.filter(workspace__in=workspaces_for(user))


def control_students_for(user: User | AnonymousUser) -> QuerySet[ControlStudent]:
    """The control students that the person may see."""
    return ControlStudent.objects.filter(plan__workspace__in=workspaces_for(user))

"""The admin site, for whoever runs the installation: people can be put right, records only looked at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from evaluations.models import (
    Audit,
    ControlStudent,
    DistillationPlan,
    Event,
    Membership,
    Model,
    PlanAnswers,
    Report,
    Run,
    TaskSuite,
    Workspace,
    WorkUnit,
)


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that services write. Nothing is added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class MembershipInline(admin.TabularInline):
    """The people of a workspace."""

    model = Membership
    extra = 0


@admin.register(Workspace)
class WorkspaceAdmin(admin.ModelAdmin):
    """Workspaces and who belongs to them. A workspace with a trail of events cannot be deleted."""

    list_display = ("name", "slug", "created_at")
    inlines = (MembershipInline,)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Audit)
class AuditAdmin(ReadOnlyAdmin):
    list_display = ("reference", "title", "workspace", "state", "locked_at", "finished_at")
    list_filter = ("state",)
    list_select_related = ("workspace",)


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = ("id", "model", "suite_version", "state", "started_at", "finished_at")
    list_filter = ("state",)
    list_select_related = ("model", "suite_version__suite")


@admin.register(WorkUnit)
class WorkUnitAdmin(ReadOnlyAdmin):
    list_display = ("id", "kind", "queue", "state", "attempt", "worker", "lease_until", "not_before", "error")
    list_filter = ("state", "queue", "kind")


@admin.register(DistillationPlan)
class DistillationPlanAdmin(ReadOnlyAdmin):
    list_display = ("reference", "title", "workspace", "state", "created_at", "finished_at", "failure")
    list_filter = ("state",)
    list_select_related = ("workspace",)


@admin.register(ControlStudent)
class ControlStudentAdmin(ReadOnlyAdmin):
    list_display = ("name", "plan", "recipe", "teacher", "seed", "state", "steps_done", "steps", "failure")
    list_filter = ("state", "recipe")
    list_select_related = ("plan", "teacher")
    exclude = ("losses",)


@admin.register(PlanAnswers)
class PlanAnswersAdmin(ReadOnlyAdmin):
    list_display = ("plan", "model", "temperature", "run")
    list_select_related = ("plan", "model", "run__model", "run__suite_version__suite")


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    list_display = ("audit", "version", "status", "digest", "pdf_problem", "created_at")
    list_select_related = ("audit",)
    exclude = ("snapshot",)


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("workspace", "sequence", "at", "actor", "verb", "subject")
    list_select_related = ("workspace",)


@admin.register(Model)
class RegisteredModelAdmin(ReadOnlyAdmin):
    list_display = ("name", "key", "workspace", "backend", "owner")
    list_filter = ("backend",)
    list_select_related = ("workspace",)


@admin.register(TaskSuite)
class TaskSuiteAdmin(ReadOnlyAdmin):
    list_display = ("name", "workspace", "sensitivity", "created_at")
    list_select_related = ("workspace",)

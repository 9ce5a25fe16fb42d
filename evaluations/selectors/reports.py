"""Frozen reports of an audit, as page and files."""

from __future__ import annotations

from typing import Any

from django.http import Http404

from evaluations import access
from evaluations.models import Report, Workspace
from evaluations.reports.build import report_context


def report_of(user: Any, workspace: Workspace, number: int, version: int | None = None) -> Report:
    """The newest report of an audit, or one version of it; 404 where the person may not see it."""
    rows = access.reports_for(user).filter(audit__workspace=workspace, audit__number=number)
    rows = rows if version is None else rows.filter(version=version)
    found = rows.select_related("audit").order_by("-version").first()
    if found is None:
        raise Http404("no such report")
    return found


def page(report: Report) -> dict[str, Any]:
    """What the report's page shows, built from its frozen snapshot alone."""
    return report_context(report.snapshot, medium="page", report_digest=report.digest)

"""Workloads with what hangs on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count
from django.http import Http404

from evaluations import access
from evaluations.models import Workload, Workspace


@dataclass(frozen=True)
class WorkloadRow:
    """One workload of the list."""

    id: int
    name: str
    owner: str
    monthly_volume: int | None
    contract_notice_on: date | None
    margins: str
    n_suites: int
    n_audits: int


def workload_list(user: Any, workspace: Workspace) -> tuple[WorkloadRow, ...]:
    """Every workload of the workspace, by name."""
    rows = access.workloads_for(user).filter(workspace=workspace)
    rows = rows.annotate(n_suites=Count("suites", distinct=True), n_audits=Count("audits", distinct=True))
    return tuple(
        WorkloadRow(
            row.pk, row.name, row.owner, row.monthly_volume, row.contract_notice_on,
            margins_text(row.criticality_policy), row.n_suites, row.n_audits,
        )
        for row in rows.order_by("name")
    )  # fmt: skip


def margins_text(policy: dict[str, float]) -> str:
    """The margins in one line: "98% critical, 95% standard, 90% routine"."""
    order = ("critical", "standard", "routine")
    return ", ".join(f"{100 * policy[name]:g}% {name}" for name in order if name in policy)


def workload_of(user: Any, workspace: Workspace, workload_id: int) -> Workload:
    """One workload; 404 where the person may not see it."""
    found = access.workloads_for(user).filter(workspace=workspace, pk=workload_id).first()
    if found is None:
        raise Http404("no such workload")
    return found

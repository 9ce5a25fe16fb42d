"""The page of one audit: its plan in words, its runs, what came out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evaluations.models import Audit, AuditState, Report, Workspace
from evaluations.reports import format as fmt
from evaluations.selectors import audits, progress
from evaluations.selectors.progress import AuditProgress

ENDED = (AuditState.FINISHED, AuditState.CANCELLED, AuditState.FAILED)


@dataclass(frozen=True)
class PlanFact:
    """One line of the plan."""

    label: str
    value: str
    mono: bool = False


@dataclass(frozen=True)
class ReportRow:
    """One frozen report of the audit."""

    version: int
    status: str
    digest: str
    has_pdf: bool
    pdf_problem: str
    created_at: datetime


@dataclass(frozen=True)
class AuditPage:
    """Everything on the page. ``is_moving``: it changes without the person."""

    audit: Audit
    plan: tuple[PlanFact, ...]
    progress: AuditProgress
    reports: tuple[ReportRow, ...]
    is_moving: bool

    @property
    def may_start(self) -> bool:
        return bool(self.audit.state == AuditState.LOCKED)

    @property
    def may_cancel(self) -> bool:
        return self.audit.state not in ENDED


def audit_page(user: Any, workspace: Workspace, number: int, *, now: datetime) -> AuditPage:
    """The page of one audit; 404 where the person may not see it."""
    audit = audits.audit_of(user, workspace, number)
    counts = progress.of_audits([audit], now=now)[audit.pk]
    reports = Report.objects.filter(audit=audit).defer("snapshot").order_by("-version")
    return AuditPage(
        audit=audit,
        plan=_plan(audit),
        progress=counts,
        reports=tuple(
            ReportRow(
                row.version,
                row.get_status_display(),
                row.digest,
                bool(row.pdf_name),
                row.pdf_problem,
                row.created_at,
            )
            for row in reports
        ),
        is_moving=audit.state in progress.ACTIVE,
    )


def _name(audit: Audit, key: str) -> str:
    return str(audit.plan["cards"].get(key, {}).get("name") or key)


def _plan(audit: Audit) -> tuple[PlanFact, ...]:
    plan, decoding = audit.plan, audit.plan["decoding"]
    suite = plan["suite"]
    margins = ", ".join(
        f"{100 * plan['margins'][name]:g}% {name}"
        for name in ("critical", "standard", "routine")
        if name in plan["margins"]
    )
    cap = plan["budget_cap_micro"]
    answers = fmt.plural(decoding["samples"], "answer")
    return (
        PlanFact("Student", _name(audit, plan["student"])),
        PlanFact("Suite", f"{suite['name']}, version {suite['version']}, {suite['n_samples']:,} samples"),
        PlanFact("Workload", plan["workload"] or "None"),
        PlanFact("Candidates", f"{len(plan['candidates']):,} models"),
        PlanFact("Suspected owners", fmt.join(plan["suspected_owners"]) or "None named: exploration only"),
        PlanFact(
            "References",
            f"{len(plan['references']):,} models{', panel ' + plan['panel'] if plan['panel'] else ''}",
        ),
        PlanFact("Keep at least", margins),
        PlanFact("Error rate", f"{plan['alpha']:g}"),
        PlanFact(
            "Decoding",
            f"temperature {decoding['temperature']:g}, {answers} a task, at most {decoding['max_new_tokens']:,} tokens, seed {decoding['seed']}",
        ),
        PlanFact("Hard cap", "None" if cap is None else fmt.money(cap, plan["currency"])),
        PlanFact(
            "Locked",
            f"{fmt.moment(audit.locked_at.isoformat())}{' by ' + audit.created_by.get_username() if audit.created_by else ''}",
        ),
        PlanFact("Plan digest", audit.plan_digest, mono=True),
    )

"""Audits as rows of lists and as one page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import Http404

from evaluations import access
from evaluations.models import Audit, AuditState, Report, Workspace
from evaluations.selectors import answers, progress
from evaluations.selectors.answers import ThreeAnswers
from evaluations.selectors.progress import AuditProgress

PAGE = 20
RECENTLY = timedelta(days=14)


@dataclass(frozen=True)
class AuditRow:
    """One audit of a list. ``answers`` only where a report was frozen, ``progress`` only before that."""

    number: int
    reference: str
    title: str
    state: str
    failure: str
    is_sample: bool
    suite: str
    by: str
    started_at: datetime | None
    finished_at: datetime | None
    locked_at: datetime
    answers: ThreeAnswers | None
    progress: AuditProgress | None


@dataclass(frozen=True)
class AuditPage:
    """One page of audits, newest first; ``older`` and ``newer`` are the numbers to go on from."""

    rows: tuple[AuditRow, ...]
    older: int | None
    newer: int | None
    n_all: int


def audit_of(user: Any, workspace: Workspace, number: int) -> Audit:
    """One audit with its suite and workload; 404 where the person may not see it."""
    rows = access.audits_for(user).filter(workspace=workspace, number=number)
    found = rows.select_related("workspace", "workload", "suite_version__suite", "created_by").first()
    if found is None:
        raise Http404("no such audit")
    return found


def visible(user: Any, workspace: Workspace) -> QuerySet[Audit]:
    """The workspace's audits without their plans, which can be large."""
    rows = access.audits_for(user).filter(workspace=workspace)
    return rows.select_related("suite_version__suite", "created_by").defer("plan").order_by("-number")


def in_progress(user: Any, workspace: Workspace, *, now: datetime) -> tuple[AuditRow, ...]:
    """Audits that are planned, running, or failed in the last two weeks."""
    open_states = (AuditState.LOCKED, AuditState.RUNNING, AuditState.RECORDING)
    rows = visible(user, workspace).filter(
        Q(state__in=open_states) | Q(state=AuditState.FAILED, finished_at__gte=now - RECENTLY)
    )
    return rows_of(list(rows[:PAGE]), now=now)


def finished(user: Any, workspace: Workspace, *, now: datetime, limit: int) -> tuple[AuditRow, ...]:
    """The newest finished audits with their three answers."""
    rows = visible(user, workspace).filter(state=AuditState.FINISHED)
    return rows_of(list(rows[:limit]), now=now)


def page(
    user: Any, workspace: Workspace, *, now: datetime, before: int | None = None, after: int | None = None
) -> AuditPage:
    """One page of all audits, by number: ``before`` goes to older ones, ``after`` to newer ones."""
    rows = visible(user, workspace)
    n_all = rows.count()
    if after is not None:
        found = list(rows.filter(number__gt=after).order_by("number")[:PAGE])[::-1]
    elif before is not None:
        found = list(rows.filter(number__lt=before)[:PAGE])
    else:
        found = list(rows[:PAGE])
    if not found:
        return AuditPage((), None, None, n_all)
    newest, oldest = found[0].number, found[-1].number
    ends = set(rows.filter(Q(number__gt=newest) | Q(number__lt=oldest)).values_list("number", flat=True))
    return AuditPage(
        rows_of(found, now=now),
        older=oldest if any(number < oldest for number in ends) else None,
        newer=newest if any(number > newest for number in ends) else None,
        n_all=n_all,
    )


def rows_of(audits: list[Audit], *, now: datetime) -> tuple[AuditRow, ...]:
    """Rows in the order of ``audits``: one query for the reports, two for the progress."""
    done = [audit for audit in audits if audit.state == AuditState.FINISHED]
    running = [audit for audit in audits if audit.state != AuditState.FINISHED]
    frozen = snapshots(done)
    counts = progress.of_audits(running, now=now) if running else {}
    return tuple(
        _row(audit, frozen.get(audit.pk), counts.get(audit.pk), today=now.date()) for audit in audits
    )


def snapshots(audits: list[Audit]) -> dict[int, dict[str, Any]]:
    """The newest frozen snapshot of each audit."""
    newest = Report.objects.filter(audit=OuterRef("audit")).order_by("-version").values("pk")[:1]
    rows = Report.objects.filter(audit__in=[audit.pk for audit in audits], pk=Subquery(newest))
    return dict(rows.values_list("audit_id", "snapshot"))


def _row(
    audit: Audit, snapshot: dict[str, Any] | None, counts: AuditProgress | None, *, today: date
) -> AuditRow:
    version = audit.suite_version
    return AuditRow(
        number=audit.number,
        reference=audit.reference,
        title=audit.title,
        state=audit.state,
        failure=audit.failure,
        is_sample=audit.is_sample,
        suite=f"{version.suite.name}, version {version.number}",
        by=audit.created_by.get_username() if audit.created_by else "",
        started_at=audit.started_at,
        finished_at=audit.finished_at,
        locked_at=audit.locked_at,
        answers=answers.of_snapshot(snapshot, today=today) if snapshot else None,
        progress=counts,
    )

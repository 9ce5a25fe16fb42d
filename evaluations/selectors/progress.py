"""How far the runs of audits are, counted from stored completions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from evaluations.models import Audit, AuditModel, AuditState, Completion, Run, RunState
from evaluations.records import Role

ACTIVE = (AuditState.RUNNING, AuditState.RECORDING)
SHORTEST_RATE_S = 5.0


@dataclass(frozen=True)
class RunProgress:
    """One model's run. ``rate`` is completions a minute, empty where too little time has passed."""

    name: str
    role: str
    state: str
    failure: str
    done: int
    total: int
    failed: int
    rate: str
    reused: bool
    n_models: int = 1


@dataclass(frozen=True)
class AuditProgress:
    """All runs of one audit. ``left_s`` is ``None`` where the end is not known."""

    runs: tuple[RunProgress, ...]
    done: int
    total: int
    failed: int
    left_s: float | None

    @property
    def n_runs(self) -> int:
        return sum(run.n_models for run in self.runs)


def of_audits(audits: Sequence[Audit], *, now: datetime) -> dict[int, AuditProgress]:
    """The progress of several audits, in two queries."""
    members = AuditModel.objects.filter(audit__in=[audit.pk for audit in audits])
    members = members.select_related("model", "run").defer("model__settings", "model__claim").order_by("id")
    by_audit: dict[int, list[AuditModel]] = {audit.pk: [] for audit in audits}
    for member in members:
        by_audit[member.audit_id].append(member)
    counts = counted(member.run for rows in by_audit.values() for member in rows if member.run)
    return {audit.pk: _progress(audit, by_audit[audit.pk], counts, now) for audit in audits}


def counted(runs: Iterable[Run]) -> dict[int, tuple[int, int]]:
    """{run: (stored completions, failed ones)}."""
    rows = Completion.objects.filter(run__in={run.pk for run in runs}).order_by().values("run_id")
    rows = rows.annotate(n=Count("pk"), bad=Count("pk", filter=~Q(error="")))
    return {row["run_id"]: (row["n"], row["bad"]) for row in rows}


def _progress(
    audit: Audit, members: list[AuditModel], counts: dict[int, tuple[int, int]], now: datetime
) -> AuditProgress:
    rows = [_row(audit, member, counts, now) for member in members]
    named = tuple(row for row in rows if row.role in (Role.STUDENT, Role.CANDIDATE))
    others = [row for row in rows if row.role not in (Role.STUDENT, Role.CANDIDATE)]
    shown = (*named, *((_together(others),) if others else ()))
    done, total = sum(row.done for row in rows), sum(row.total for row in rows)
    return AuditProgress(
        shown, done, total, sum(row.failed for row in rows), _left(audit, done, total, rows, now)
    )


def _row(audit: Audit, member: AuditModel, counts: dict[int, tuple[int, int]], now: datetime) -> RunProgress:
    run = member.run
    samples = int(run.decoding.get("samples", 1)) if run else 1
    done, failed = counts.get(run.pk, (0, 0)) if run else (0, 0)
    return RunProgress(
        name=member.model.name,
        role=member.role,
        state=run.state if run else "waiting",
        failure=run.failure if run else "",
        done=done,
        total=audit.suite_version.sample_count * samples,
        failed=failed,
        rate=_rate(run, done, now),
        reused=member.reused,
    )


def _rate(run: Run | None, done: int, now: datetime) -> str:
    if run is None or run.started_at is None or not done:
        return ""
    seconds = ((run.finished_at or now) - run.started_at).total_seconds()
    return f"{60 * done / seconds:,.0f} a min" if seconds >= SHORTEST_RATE_S else ""


def _together(rows: list[RunProgress]) -> RunProgress:
    """References are many: one line for all of them."""
    states = {row.state for row in rows}
    order = (RunState.RUNNING, RunState.WAITING, RunState.FAILED, RunState.CANCELLED, RunState.COMPLETE)
    failures = [f"{row.name}: {row.failure}" for row in rows if row.failure]
    return RunProgress(
        name=f"{len(rows)} reference model{'s' if len(rows) > 1 else ''}",
        role=Role.REFERENCE,
        state=next(state for state in order if state in states),
        failure=" ".join(failures[:3]),
        done=sum(row.done for row in rows),
        total=sum(row.total for row in rows),
        failed=sum(row.failed for row in rows),
        rate="",
        reused=all(row.reused for row in rows),
        n_models=len(rows),
    )


def _left(audit: Audit, done: int, total: int, rows: list[RunProgress], now: datetime) -> float | None:
    """Seconds to go at the pace since the start; runs that were used again are not counted as pace."""
    if audit.state != AuditState.RUNNING or audit.started_at is None:
        return None
    again = sum(row.done for row in rows if row.reused)
    seconds = (now - audit.started_at).total_seconds()
    if done - again <= 0 or seconds < SHORTEST_RATE_S:
        return None
    return seconds * (total - done) / (done - again)

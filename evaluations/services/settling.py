"""Settling: a run without units left is complete, an audit without runs left gets its findings."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from evaluations.models import Audit, AuditState, Run, RunState, UnitKind, UnitState, WorkUnit
from evaluations.services.distillation import steps

SETTLED = (RunState.COMPLETE, RunState.FAILED, RunState.CANCELLED)


def settle(run_id: int) -> None:
    """Complete the run where no unit is left, then look at the audits and plans that wait for it."""
    left = WorkUnit.objects.filter(run_id=run_id, state__in=(UnitState.READY, UnitState.LEASED)).exists()
    if left:
        return
    Run.objects.filter(pk=run_id).exclude(state__in=SETTLED).update(
        state=RunState.COMPLETE, finished_at=timezone.now()
    )
    settle_audits(run_id)


def settle_audits(run_id: int) -> None:
    """Queue the findings of every running audit whose runs are all settled, and take the next step of plans."""
    for audit in Audit.objects.filter(state=AuditState.RUNNING, audit_models__run_id=run_id):
        settle_audit(audit)
    steps.settle_plans(run_id)


def settle_audit(audit: Audit) -> None:
    """Queue the findings once; two callers make one unit."""
    if audit.audit_models.filter(run__isnull=False).exclude(run__state__in=SETTLED).exists():
        return
    with transaction.atomic():
        moved = Audit.objects.filter(pk=audit.pk, state=AuditState.RUNNING).update(state=AuditState.RECORDING)
        if moved:
            WorkUnit.objects.get_or_create(
                audit=audit, kind=UnitKind.FINDINGS, defaults={"queue": audit.queue or "cpu"}
            )

"""Reports: freeze a snapshot of the findings, give it a digest, render the PDF."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from evaluations.models import Audit, Report
from evaluations.records import digest
from evaluations.reports.pdf import PdfUnavailable
from evaluations.services import events, files, queue, rendering, snapshots

log = logging.getLogger(__name__)


def publish(audit: Audit, *, held: queue.Claim | None = None) -> Report:
    """Freeze the audit's findings as its next report and render the PDF.

    An attempt that ended between the two steps is picked up: the same snapshot is not stored twice.
    """
    now = timezone.now()
    report = freeze(audit, now=now, held=held)
    if not report.pdf_name:
        render(report)
    return report


@transaction.atomic
def freeze(audit: Audit, *, now: datetime, held: queue.Claim | None) -> Report:
    """Store the snapshot; an equal one of an earlier attempt is returned instead."""
    if held is not None:
        queue.renew(held)
    earlier = Report.objects.filter(audit=audit).order_by("-version").first()
    if earlier is not None and not earlier.pdf_name and not earlier.pdf_problem:
        return earlier
    version = (Report.objects.filter(audit=audit).aggregate(last=Max("version"))["last"] or 0) + 1
    snapshot = snapshots.build(audit, version=version, now=now)
    report = Report.objects.create(
        audit=audit, version=version, snapshot=snapshot, digest=digest(snapshot), created_at=now
    )
    events.record(
        workspace=audit.workspace, user=None, verb="report frozen", subject=audit.reference,
        payload={"version": version, "digest": report.digest}, now=now,
    )  # fmt: skip
    return report


def render(report: Report) -> None:
    """Render the PDF of a frozen report and store its digest; says why where that is not possible."""
    try:
        content = rendering.pdf_of(report.snapshot, report_digest=report.digest)
    except PdfUnavailable as error:
        Report.objects.filter(pk=report.pk).update(pdf_problem=str(error))
        report.pdf_problem = str(error)
        log.warning("no PDF for report %s: %s", report.pk, error)
        return
    stored = files.store("reports", [content], suffix=".pdf")
    Report.objects.filter(pk=report.pk).update(pdf_name=stored.name, pdf_sha256=stored.sha256, pdf_problem="")
    report.pdf_name, report.pdf_sha256 = stored.name, stored.sha256

"""A frozen report: page, PDF, JSON."""

from __future__ import annotations

import base64

from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from evaluations.models import Report
from evaluations.records import canonical_json
from evaluations.selectors import reports as selector
from evaluations.services import files
from evaluations.views.paging import whole
from evaluations.views.permissions import MemberRequest, member


def _report(request: MemberRequest, number: int) -> Report:
    return selector.report_of(
        request.user, request.membership.workspace, number, whole(request.GET.get("version"))
    )


@member()
@require_safe
def report_page(request: MemberRequest, number: int) -> HttpResponse:
    """The report on the screen, from the same sections as the PDF."""
    report = _report(request, number)
    place = [request.membership.workspace.slug, number]
    context = selector.page(report) | {
        "report": report,
        "audits_url": reverse("audit_list", args=place[:1]),
        "samples_url": reverse("audit_samples", args=place),
        "spec_url": reverse("audit_spec", args=place),
        "pdf_url": f"{reverse('report_pdf', args=place)}?version={report.version}" if report.pdf_name else "",
        "pdf_problem": report.pdf_problem,
    }
    return render(request, "reports/report.html", context)


@member()
@require_safe
def report_pdf(request: MemberRequest, number: int) -> HttpResponseBase:
    """The stored PDF with its digest; where there is none, the page says why."""
    report = _report(request, number)
    path = files.path_of(report.pdf_name) if report.pdf_name else None
    if path is None or not path.is_file():
        return render(request, "audits/no_pdf.html", {"report": report, "audit": report.audit}, status=404)
    response = FileResponse(
        path.open("rb"), as_attachment=True, content_type="application/pdf",
        filename=f"{report.audit.reference}-{report.version}.pdf",
    )  # fmt: skip
    response["X-Content-SHA256"] = report.pdf_sha256
    response["Repr-Digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(report.pdf_sha256)).decode()}:"
    return response


@member()
@require_safe
def report_json(request: MemberRequest, number: int) -> HttpResponse:
    """The frozen snapshot in the one text that its digest is taken of."""
    report = _report(request, number)
    return HttpResponse(
        canonical_json(report.snapshot).encode("utf-8", "surrogatepass"),
        content_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="{report.audit.reference}-{report.version}.json"',
            "X-Content-SHA256": report.digest,
        },
    )

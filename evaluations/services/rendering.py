"""From a frozen snapshot to the PDF, through the report's sections."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from evaluations.records import canonical_json
from evaluations.reports.build import report_context
from evaluations.reports.pdf import render_pdf

STYLESHEETS = ("css/report-pdf.css",)


def pdf_of(snapshot: Mapping[str, Any], *, report_digest: str) -> bytes:
    """The PDF of a snapshot, with its findings attached as JSON. Raises ``PdfUnavailable``."""
    html = render_to_string(
        "reports/pdf.html", report_context(snapshot, medium="pdf", report_digest=report_digest)
    )
    return render_pdf(
        html,
        stylesheets=[(Path(settings.BASE_DIR) / "static" / name).read_text("utf-8") for name in STYLESHEETS],
        attachments={"findings.json": canonical_json(snapshot).encode("utf-8", "surrogatepass")},
        created=str(snapshot["report"]["created_at"]),
    )

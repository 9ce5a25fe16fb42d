"""The outcome of an audit as plain JSON, for the command line."""

from __future__ import annotations

from typing import Any

from evaluations.models import Audit, Finding
from evaluations.services import files

OWNER_KEYS = (
    "owner", "status", "strength", "lean", "z", "p", "p_corrected", "smallest_p", "extrapolated_p",
    "n_lineages", "n_as_close", "families", "reasons", "settle",
)  # fmt: skip
CANDIDATE_KEYS = ("model", "name", "owner", "family", "released", "status", "status_reason", "z", "interval", "channels", "n_as_close", "n_null")
FAMILY_KEYS = ("family", "owner", "status", "strength", "z", "p", "smallest_p", "n_lineages", "reasons")


def of_audit(audit: Audit) -> dict[str, Any]:
    """State, verdicts, quality, cost, and where the report lies. ``None`` means not measured."""
    audit.refresh_from_db()
    findings = {row.kind: row.payload for row in Finding.objects.filter(audit=audit)}
    provenance = findings.get("provenance") or {}
    exploration = provenance.get("exploration") or {}
    report = audit.reports.order_by("-version").first()
    return {
        "audit": audit.reference,
        "title": audit.title,
        "state": audit.state,
        "failure": audit.failure,
        "plan_digest": audit.plan_digest,
        "student": audit.plan["student"],
        "n_prompts": provenance.get("n_prompts"),
        "n_lineages": provenance.get("n_lineages"),
        "owners": [_pick(row, OWNER_KEYS) for row in provenance.get("owners", [])],
        "candidates": [_pick(row, CANDIDATE_KEYS) for row in provenance.get("candidates", [])],
        "exploration": {
            "p": exploration.get("p"),
            "smallest_p": exploration.get("smallest_p"),
            "top_family": exploration.get("top_family"),
            "families": [_pick(row, FAMILY_KEYS) for row in exploration.get("families", [])],
        },
        "error_unrelated": provenance.get("error_unrelated"),
        "known_students": provenance.get("known_students"),
        "settle": provenance.get("settle", []),
        "quality": findings.get("quality"),
        "cost": findings.get("cost"),
        "shelf_life": findings.get("shelf_life"),
        "report": {
            "version": report.version,
            "digest": report.digest,
            "status": report.status,
            "pdf": str(files.path_of(report.pdf_name)) if report.pdf_name else None,
            "pdf_sha256": report.pdf_sha256 or None,
            "pdf_problem": report.pdf_problem,
        }
        if report
        else None,
    }


def _pick(row: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: row.get(key) for key in keys}

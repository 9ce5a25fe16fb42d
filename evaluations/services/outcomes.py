"""The outcome of an audit as plain JSON, for the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluations.models import Audit, Finding, Report
from evaluations.services import files

OWNER_KEYS = (
    "owner", "status", "strength", "lean", "z", "p", "p_corrected", "smallest_p", "extrapolated_p",
    "n_lineages", "n_as_close", "families", "reasons", "settle",
)  # fmt: skip
CANDIDATE_KEYS = (
    "model",
    "name",
    "owner",
    "family",
    "released",
    "status",
    "status_reason",
    "z",
    "interval",
    "channels",
    "n_as_close",
    "n_null",
)
FAMILY_KEYS = ("family", "owner", "status", "strength", "z", "p", "smallest_p", "n_lineages", "reasons")


def of_audit(audit: Audit) -> dict[str, Any]:
    """State, verdicts, quality, cost, and where the report lies. ``None`` means not measured."""
    audit.refresh_from_db()
    findings = {row.kind: row.payload for row in Finding.objects.filter(audit=audit)}
    provenance = findings.get("provenance") or {}
    exploration = provenance.get("exploration") or {}
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
        "report": _report(audit.reports.order_by("-version").first()),
    }


def _report(report: Report | None) -> dict[str, Any] | None:
    if report is None:
        return None
    return {
        "version": report.version,
        "digest": report.digest,
        "status": report.status,
        "pdf": str(files.path_of(report.pdf_name)) if report.pdf_name else None,
        "pdf_sha256": report.pdf_sha256 or None,
        "pdf_problem": report.pdf_problem,
    }


def _pick(row: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: row.get(key) for key in keys}


def with_ids(outcome: dict[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    """The outcome with the spec's own model ids in place of the keys they are stored under."""

    def rename(value: Any) -> Any:
        if isinstance(value, dict):
            return {ids.get(key, key): rename(item) for key, item in value.items()}
        if isinstance(value, list):
            return [rename(item) for item in value]
        return ids.get(value, value) if isinstance(value, str) else value

    return rename(outcome)


def as_text(outcome: dict[str, Any]) -> str:
    """The outcome for a person at a terminal."""
    lines = [f"{outcome['audit']} {outcome['title']}: {outcome['state']}"]
    lines += [f"  declared owner {row['owner']}: {_verdict(row)}" for row in outcome["owners"]]
    exploration = outcome["exploration"]
    if exploration["families"]:
        lines.append(
            f"  exploration: closest family {exploration['top_family']}, p = {_number(exploration['p'])}, "
            f"smallest attainable {_number(exploration['smallest_p'])}"
        )
    lines += [f"    {row['family']} ({row['owner']}): {_verdict(row)}" for row in exploration["families"][:5]]
    for row in (outcome["quality"] or {}).get("retentions", []):
        if row["slice"] == "overall":
            kept = "not measured" if row["value"] is None else f"{row['value']:.1%}"
            lines.append(
                f"  quality kept of {row['teacher']}: {kept} (n = {row['n']}) {row['reason']}".rstrip()
            )
    if outcome["report"]:
        report = outcome["report"]
        lines.append(f"  report digest {report['digest']}")
        lines.append(f"  PDF {report['pdf'] or 'not made: ' + report['pdf_problem']}")
    return "\n".join(lines)


def _quality_lines(quality: dict[str, Any]) -> list[str]:
    overall = [row for row in quality.get("retentions", []) if row["slice"] == "overall"]
    reasons = {row["reason"] for row in overall}
    if overall and len(reasons) == 1 and all(row["value"] is None for row in overall):
        return [f"  quality kept: not measured ({reasons.pop()})"]
    return [
        f"  quality kept of {row['teacher']}: "
        + ("not measured" if row["value"] is None else f"{row['value']:.1%}")
        + f" (n = {row['n']}) {row['reason']}".rstrip()
        for row in overall
    ]


def _verdict(row: dict[str, Any]) -> str:
    words = str(row["status"]).replace("_", " ")
    if row["status"] == "supported":
        words += f" ({row['strength']}): consistent with its outputs, or data shared with it"
    reason = f". {row['reasons'][0]}" if row["reasons"] else ""
    smallest = f" (smallest attainable {_number(row['smallest_p'])})" if row["smallest_p"] is not None else ""
    return f"{words}, z = {_number(row['z'])}, p = {_number(row['p'])}{smallest}{reason}"


def _number(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.3g}"

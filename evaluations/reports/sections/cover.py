"""Cover of the PDF: what was audited, for whom, and how to check it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from evaluations.records import digest
from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts
from evaluations.reports.section import SectionPlugin


def build(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Title, claim, facts and the digest of the snapshot."""
    facts = Facts(snapshot)
    report = facts.report
    title = fmt.clip(str(report.get("title") or facts.audit.get("title") or "Audit report"), 160)
    return {
        "title": title,
        "long_title": len(title) > 48,
        "status": fmt.label(str(report.get("status") or "draft").lower()),
        "claim": fmt.clip(str(facts.model(facts.student).get("claim") or ""), 220),
        "facts": _facts(facts),
        "digest": fmt.spaced_digest(digest(snapshot)),
        "vendor_supplied": _vendor_supplied(facts),
    }


def _facts(facts: Facts) -> tuple[tuple[str, str], ...]:
    report, suite = facts.report, facts.suite
    student = facts.model(facts.student)
    released = f", released {fmt.day(student['released'])}" if student.get("released") else ""
    lineages = (facts.provenance or {}).get("n_lineages")
    owners = fmt.plural(len(facts.owners), "owner")
    compared = f"{fmt.plural(len(facts.candidates), 'teacher candidate')} of {owners}"
    if lineages:
        compared += f", {fmt.plural(lineages, 'reference lineage')}"
    tasks = fmt.plural(len(suite.get("task_types") or {}), "task type")
    prepared = fmt.join([str(report.get("workspace") or ""), str(report.get("prepared_by") or "")], ",")
    return (
        ("Prepared for", prepared.replace(" , ", ", ") or fmt.NOT_MEASURED_TEXT),
        ("Model", f"{facts.student_name}, {facts.vendor}{released}"),
        ("Compared with", compared),
        (
            "Tasks",
            f"{suite.get('name') or 'Suite'}, version {suite.get('version') or '1'}, "
            f"{fmt.plural(int(suite.get('n_samples') or 0), 'sample')} in {tasks}",
        ),
        ("Answers obtained", _obtained(facts)),
        ("Plan locked", _locked(facts)),
        (
            "Report",
            f"{report.get('number') or 'no number'}, version {report.get('version') or 1}, "
            f"{fmt.moment(report.get('created_at'))}",
        ),
    )


def _locked(facts: Facts) -> str:
    at = facts.audit.get("locked_at")
    return f"{fmt.moment(at)}, before any model ran" if at else "Not locked"


def _obtained(facts: Facts) -> str:
    counts = Counter(str(model.get("obtained_by") or "") for model in facts.models if model.get("n_answered"))
    parts = [f"{fmt.obtained_by(who)}: {fmt.plural(n, 'model')}" for who, n in sorted(counts.items())]
    return fmt.sentence("; ".join(parts)).rstrip(".") or "No answers"


def _vendor_supplied(facts: Facts) -> str:
    names = [facts.name(str(m["key"])) for m in facts.models if m.get("obtained_by") == "vendor_supplied"]
    if not names:
        return ""
    return (
        f"The answers of {fmt.clip(fmt.join(names), 160)} were supplied by the vendor. They are marked, and "
        "alone they cannot carry a favourable result."
    )


SECTION = SectionPlugin("Cover", 0, build, media=("pdf",), numbered=False)

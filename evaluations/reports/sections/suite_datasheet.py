"""Appendix: datasheet of the task suite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts
from evaluations.reports.section import SectionPlugin


def build(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Size, kinds of tasks, targets and content hash."""
    facts = Facts(snapshot)
    suite = facts.suite
    n = int(suite.get("n_samples") or 0)
    return {
        "facts": (
            ("Name and version", f"{suite.get('name') or 'no name'}, version {suite.get('version') or '1'}"),
            ("Workload", str(facts.report.get("workload") or facts.plan.get("workload") or "not named")),
            ("Samples", fmt.count(n)),
            ("With a target", fmt.k_of_n(suite.get("n_with_target") or 0, n)),
            ("Task types", _counts(suite.get("task_types") or {})),
            ("Criticality", _counts(suite.get("criticalities") or {})),
            ("Sensitivity label", fmt.label(str(suite.get("sensitivity") or "not set"))),
            ("Content hash", fmt.spaced_digest(str(suite.get("content_hash") or "not recorded"))),
        )
    }


def _counts(counts: Mapping[str, Any]) -> str:
    parts = [f"{str(name).replace('_', ' ')} {fmt.count(n)}" for name, n in counts.items()]
    return fmt.join(parts) or "Not recorded"


SECTION = SectionPlugin("Suite datasheet", 210, build, appendix=True)

"""Appendix: the SHA-256 digests of everything this report stands on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluations.records import digest
from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts
from evaluations.reports.section import SectionPlugin
from evaluations.reports.tables import Cell, Column, table


def build(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """One digest for the snapshot, its plan, its suite and each finding."""
    facts = Facts(snapshot)
    findings = snapshot.get("findings") or {}
    rows: list[list[Cell | str]] = [
        ["Snapshot of this report", _mono(digest(snapshot))],
        ["Plan", _mono(str(facts.audit.get("plan_digest") or ""))],
        ["Suite content", _mono(str(facts.suite.get("content_hash") or ""))],
    ]
    rows += [
        [f"Finding: {name.replace('_', ' ')}", _mono(digest(found)) if found else "Not measured"]
        for name, found in findings.items()
    ]
    return {"table": table("Digests", ["Part", Column("SHA-256", wide=True)], rows)}


def _mono(value: str) -> Cell:
    return Cell(fmt.spaced_digest(value), mono=True) if value else Cell(fmt.NOT_MEASURED_TEXT)


SECTION = SectionPlugin("Manifest and how to verify", 240, build, appendix=True, short="Manifest")

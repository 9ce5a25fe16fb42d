"""Limits of this audit, read from what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts
from evaluations.reports.section import SectionPlugin


def build(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """The standing limits and those of this run."""
    facts = Facts(snapshot)
    suite = facts.suite
    samples = fmt.plural(int(suite.get("n_samples") or 0), "sample")
    items = [
        f"Safety, bias and security of {facts.student_name} were not tested.",
        f"Results hold for {suite.get('name') or 'this suite'}, version {suite.get('version') or '1'} ({samples}), and "
        "for the models, versions and settings in the appendix. Other tasks and languages: not measured.",
        "Evidence comes from texts. Token log-probabilities or weights would make it stronger.",
    ]
    supplied = sum(model.get("obtained_by") == "vendor_supplied" for model in facts.models)
    if supplied:
        items.append(
            f"Answers of {fmt.plural(supplied, 'model')} were supplied by the vendor and were not repeated."
        )
    failed = sum(int(model.get("n_failed") or 0) for model in facts.models)
    if failed:
        items.append(f"{fmt.plural(failed, 'call')} failed and count neither as right nor as wrong.")
    for name, word in (("provenance", "Provenance"), ("quality", "Quality"), ("cost", "Cost")):
        if facts.finding(name) is None:
            items.append(f"{word} was not measured in this audit.")
    items.append("Declared histories of the models come from public sources and may be wrong.")
    return {"items": tuple(items)}


SECTION = SectionPlugin("Limits", 160, build)

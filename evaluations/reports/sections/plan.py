"""The locked plan and every deviation from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts
from evaluations.reports.section import SectionPlugin


def build(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Label and text of every fixed choice, and the deviations."""
    facts = Facts(snapshot)
    return {"facts": _facts(facts), "deviations": tuple(str(d) for d in facts.audit.get("deviations") or ())}


def _facts(facts: Facts) -> tuple[tuple[str, str], ...]:
    plan, audit = facts.plan, facts.audit
    references = facts.plan.get("references") or ()
    controls = facts.plan.get("controls") or ()
    owners = f" of {fmt.join(facts.owners)}" if facts.owners else ""
    cap = plan.get("budget_cap_micro")
    return (
        ("Locked", _locked(facts)),
        ("Run", f"{fmt.moment(audit.get('started_at'))} to {fmt.moment(audit.get('finished_at'))}"),
        (
            "Suite",
            f"{facts.suite.get('name') or 'no name'}, version {facts.suite.get('version') or '1'}, "
            f"{fmt.plural(int(facts.suite.get('n_samples') or 0), 'sample')}, content hash "
            f"{fmt.short_digest(facts.suite.get('content_hash'))}",
        ),
        ("Student", facts.student_name),
        ("Suspected owners", fmt.join(facts.suspected_owners) or "None named, so everything is exploration"),
        ("Candidates", f"{fmt.count(len(facts.candidates))}{owners}" if facts.candidates else "None"),
        (
            "References",
            f"{fmt.plural(len(references), 'reference model')}, "
            f"{fmt.plural(len(controls), 'control student')}, "
            f"hold-out by {plan.get('hold_out') or 'lineage'}",
        ),
        ("Margins", _margins(facts)),
        (
            "Error rate",
            f"α = {plan.get('alpha') or 0.05}, Holm over the suspected owners, max-T over the rest",
        ),
        ("Decoding", _decoding(plan.get("decoding") or {})),
        ("Budget", f"Cap {fmt.money(cap, facts.currency)}" if cap else "No cap"),
    )


def _locked(facts: Facts) -> str:
    audit = facts.audit
    if not audit.get("locked_at"):
        return "Not locked"
    by = f" by {audit['locked_by']}" if audit.get("locked_by") else ""
    return f"{fmt.moment(audit['locked_at'])}{by}, plan digest {fmt.short_digest(audit.get('plan_digest'))}"


def _margins(facts: Facts) -> str:
    parts = [f"{name} {fmt.pct_plain(value)}" for name, value in facts.margins.items()]
    if not parts:
        return "None locked"
    return f"{fmt.sentence(fmt.join(parts)).rstrip('.')} of the teacher's score"


def _decoding(decoding: Mapping[str, Any]) -> str:
    if not decoding:
        return fmt.NOT_MEASURED_TEXT
    temperature = decoding.get("temperature") or 0
    mode = "greedy" if not temperature else f"temperature {temperature}"
    tokens = fmt.plural(int(decoding.get("max_new_tokens") or 0), "token")
    samples = fmt.plural(int(decoding.get("samples") or 1), "answer")
    return f"{mode}, {samples} a prompt, at most {tokens}, seed {decoding.get('seed') or 0}".capitalize()


SECTION = SectionPlugin("Locked plan and deviations", 30, build, short="Locked plan")

"""The provenance finding in sentences."""

from __future__ import annotations

from collections.abc import Iterable

from evaluations.reports import format as fmt
from evaluations.reports.answers import leading_owner
from evaluations.reports.facts import Facts, Json
from evaluations.reports.questions import supported_owners
from evaluations.reports.wording import SHARED_DATA, statement


def finding(facts: Facts, found: Json) -> str:
    """One sentence that says the result."""
    student = facts.student_name
    supported = supported_owners(facts)
    lead = leading_owner(facts)
    if supported:
        owner = next((o for o in found.get("owners") or () if o.get("owner") == supported[0]), None)
        names = f"{fmt.join(supported)}, {SHARED_DATA}"
        if owner is None:
            return f"{student}'s outputs are consistent with training on outputs of {names}."
        k, n = float(owner.get("n_as_close") or 0), float(owner.get("n_lineages") or 0)
        others = f"all {fmt.count(n)}" if k == 0 else f"{fmt.count(n - k)} of {fmt.count(n)}"
        return f"{student}'s outputs are closer to {names}, than those of {others} unrelated lineages."
    if lead is None:
        return f"Whose outputs {student} learned from is inconclusive."
    names = fmt.join([str(o.get("owner")) for o in found.get("owners") or ()], "or")
    if lead.get("status") == "not_supported":
        return f"Training on outputs of {names} is not supported for the recipes tested."
    if lead.get("status") == "not_assessed":
        return f"Training on outputs of {names} was not assessed."
    return f"Whether {student} was trained on outputs of {names} is inconclusive."


def lede(facts: Facts, found: Json) -> str:
    """The standing sentence where something is supported, else why the answer is not stronger."""
    supported = supported_owners(facts)
    if supported:
        return statement(found, supported[0])
    reasons = forced_reasons(found)
    return reasons[0] if reasons else "The evidence does not separate the candidates from unrelated models."


def forced_reasons(found: Json) -> tuple[str, ...]:
    """Why the answer is not stronger, owner by owner, then for the exploration; repeated ones once. Each family's stand in its row."""
    explored = found.get("exploration") or {}
    reasons = [str(reason) for owner in found.get("owners") or () for reason in owner.get("reasons") or ()]
    reasons += [str(reason) for reason in explored.get("reasons") or ()]
    return _sentences(reasons)


def leans(found: Json) -> tuple[str, ...]:
    """Which way each inconclusive declared test points; a lean is never a finding."""
    owners = [o for o in found.get("owners") or () if o.get("status") == "inconclusive"]
    return _sentences(str(owner.get("lean") or "") for owner in owners)


def what_settles(found: Json) -> tuple[str, ...]:
    """What would settle it, repeated ones once."""
    steps = [str(item) for owner in found.get("owners") or () for item in owner.get("settle") or ()]
    return _sentences([*steps, *(str(item) for item in found.get("settle") or ())])


def _sentences(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fmt.sentence(text) for text in texts if text.strip()))


def basis(facts: Facts, found: Json) -> tuple[tuple[str, str], ...]:
    """The numbers that the verdict stands on: prompts, lineages by kind, controls, who obtained the answers."""
    kinds = found.get("lineage_counts") or {}
    counts = fmt.join(f"{fmt.label(str(kind)).lower()} {fmt.count(n)}" for kind, n in kinds.items())
    obtained = fmt.join(
        f"{fmt.obtained_by(who)} {fmt.count(n)}"
        for who, n in sorted((found.get("obtained_by") or {}).items())
    )
    return (
        ("Prompts", f"{fmt.k_of_n(found.get('n_prompts_used') or 0, found.get('n_prompts') or 0)} used"),
        ("Reference lineages", f"{fmt.count(found.get('n_lineages') or 0)}{f': {counts}' if counts else ''}"),
        ("Control students", fmt.count(len(facts.plan.get("controls") or ()))),
        ("Answers by who obtained them", obtained or "Not recorded"),
        ("Error rate fixed beforehand", f"α = {found.get('alpha') or 0.05}"),
        ("Shared data", _shared_data(found)),
        ("The answer in full", fmt.sentence(statement(found, fmt.join(_named(facts), "or")))),
    )


def _named(facts: Facts) -> tuple[str, ...]:
    return supported_owners(facts) or facts.suspected_owners or ("a candidate",)


def _shared_data(found: Json) -> str:
    rate = found.get("error_shared_data") or {}
    if not rate.get("n"):
        return "Not tested: no reference shares its training data with a candidate"
    return f"Tested with {fmt.plural(rate['n'], 'model')} that share training data with a candidate"

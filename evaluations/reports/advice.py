"""Reasons, conditions and next steps under the recommendation, the most important first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from evaluations.reports import format as fmt
from evaluations.reports.facts import Facts
from evaluations.reports.questions import critical_questions, supported_owners
from evaluations.reports.recommendation import (
    MAX_FAILED_SHARE,
    WORDS,
    Outcome,
    Situation,
    cost_line,
    decide,
    situation,
    tasks,
    why,
)
from evaluations.reports.retention import by_criticality, overall, slice_name
from evaluations.reports.wording import with_shared_data

MOST: Final = 4


@dataclass(frozen=True, slots=True)
class Advice:
    """The recommendation as it is printed. ``rule`` names the line of the table that decided."""

    outcome: Outcome
    word: str
    why: str
    rule: str
    reasons: tuple[str, ...]
    conditions: tuple[str, ...]
    next_steps: tuple[str, ...]
    situation: Situation


def advise(facts: Facts) -> Advice:
    """The recommendation of one snapshot with its reasons."""
    found = situation(facts)
    rule = decide(found)
    return Advice(
        outcome=rule.outcome,
        word=WORDS[rule.outcome],
        why=why(facts, found, rule),
        rule=rule.id,
        reasons=_reasons(facts, found)[:MOST],
        conditions=_conditions(facts, found)[:MOST],
        next_steps=_next_steps(facts, found)[:MOST],
        situation=found,
    )


def provenance_sentence(facts: Facts) -> str:
    """The provenance answer in one sentence."""
    found = facts.provenance
    if found is None:
        return "Who taught the model was not measured."
    supported = supported_owners(facts)
    if supported:
        names = fmt.join(map(with_shared_data, supported))
        return f"Outputs are consistent with training on outputs of {names}."
    owners = found.get("owners") or ()
    names = fmt.join(str(owner.get("owner")) for owner in owners)
    if owners and all(owner.get("status") == "not_supported" for owner in owners):
        return f"Training on outputs of {names} is not supported for the recipes tested."
    about = f" about {names}" if names else ""
    return f"The answer{about} is inconclusive: {_first_reason(found)}"


def _first_reason(found: object) -> str:
    if not isinstance(found, dict):
        return "see section on provenance."
    parts = [*(found.get("owners") or ()), found.get("exploration") or {}]
    for part in parts:
        for reason in part.get("reasons") or ():
            text = str(reason).strip()
            return text[:1].lower() + text[1:] if text[1:2].islower() else text
    return "the evidence does not separate the candidates."


def _reasons(facts: Facts, found: Situation) -> tuple[str, ...]:
    reasons = []
    if found.teacher and not found.why_not:
        for outcome, words in (("below", "below"), ("within", "within"), ("undecided", "undecided against")):
            for row in by_criticality(facts, found.teacher):
                if row.get("outcome") == outcome and row.get("value") is not None:
                    reasons.append(
                        f"{tasks((slice_name(row),))} keep {fmt.pct(row['value'])} "
                        f"({fmt.pct_range(row.get('low'), row.get('high'))}), {words} the margin of "
                        f"{fmt.pct_plain(row.get('margin'))}."
                    )
    else:
        reasons.append(f"Quality: {found.why_not}")
    cost = _cost_reason(facts, found)
    return (*reasons[:2], fmt.sentence(provenance_sentence(facts)), *cost, *reasons[2:])


def _cost_reason(facts: Facts, found: Situation) -> tuple[str, ...]:
    mine, theirs = cost_line(facts, facts.student), cost_line(facts, found.teacher)
    if mine is None or theirs is None or found.dearer is None:
        return ()
    field, unit = "per_1000_accepted_micro", "accepted answers"
    if mine.get(field) is None or theirs.get(field) is None:
        field, unit = "per_1000_answers_micro", "answers"
    currency = str(mine.get("currency") or facts.currency)
    return (
        f"1,000 {unit} cost {fmt.money(mine[field], currency)}, with {facts.name(found.teacher)} "
        f"{fmt.money(theirs[field], currency)}.",
    )


def _conditions(facts: Facts, found: Situation) -> tuple[str, ...]:
    conditions = []
    critical = critical_questions(facts)
    if critical:
        ids = fmt.join(question.id for question in critical[:4])
        more = "" if len(critical) <= 4 else f" and {len(critical) - 4} more"
        conditions.append(f"Written answers with evidence to {ids}{more} before signature.")
    if found.vendor_supplied:
        conditions.append("Run or witness a sample of the answers that the vendor supplied.")
    if found.within and (found.below or found.undecided):
        rest = tasks((*found.below, *found.undecided))
        conditions.append(f"{rest} stay on {facts.name(found.teacher)} or another model.")
    if found.unmeasured:
        conditions.append(f"{tasks(found.unmeasured)} are measured first.")
    if found.teacher and not found.why_not and found.dearer is None:
        conditions.append("Prices and token counts are completed, so that the cost can be compared.")
    if found.dearer:
        conditions.append(
            f"The price comes down: an accepted answer costs more than with {facts.name(found.teacher)}."
        )
    if found.failed_share > MAX_FAILED_SHARE:
        conditions.append(f"{fmt.pct(found.failed_share)} of the student's calls failed; they are repeated.")
    conditions.append("Notice of any change of the model, with the right to run this audit again.")
    return tuple(conditions)


def _next_steps(facts: Facts, found: Situation) -> tuple[str, ...]:
    steps: list[str] = []
    if found.why_not:
        steps.append("Add samples with targets to the suite and run the student and one candidate on them.")
    if found.vendor_supplied:
        steps.append(
            "Repeat a part of the run yourself, or witness it, and compare with the supplied answers."
        )
    if critical_questions(facts):
        steps.append(f"Send {facts.vendor} the open questions.")
    provenance = facts.provenance
    if provenance is not None and not supported_owners(facts):
        steps += [str(item) for item in (provenance.get("settle") or ())[:2]]
    if found.undecided and found.teacher:
        counts = {slice_name(row): row.get("n") for row in by_criticality(facts, found.teacher)}
        sizes = [f"{name} (n = {fmt.count(counts.get(name) or 0)})" for name in found.undecided]
        steps.append(f"Add samples where the result is undecided: {fmt.join(sizes)}.")
    if facts.shelf_life and facts.shelf_life.get("look_again_on"):
        steps.append(f"Plan the next audit for {fmt.day(facts.shelf_life['look_again_on'])}.")
    if provenance is None:
        steps.append("Add references with documented history, so that the teacher question can be assessed.")
    return tuple(fmt.sentence(step) for step in dict.fromkeys(steps))


def kept_overall(facts: Facts, teacher: str) -> str:
    """The overall retention as text, ``""`` where it was not measured."""
    row = overall(facts, teacher)
    return fmt.pct(row["value"]) if row and row.get("value") is not None else ""

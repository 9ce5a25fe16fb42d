"""The three answers of the executive verdict and the bar that repeats them in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evaluations.reports import format as fmt
from evaluations.reports.advice import Advice, advise
from evaluations.reports.facts import Facts, Json
from evaluations.reports.figure_provenance import ordered_candidates, provenance_spark
from evaluations.reports.figure_retention import retention_spark
from evaluations.reports.figure_small import shelf_spark
from evaluations.reports.figures import Spark
from evaluations.reports.questions import questions, supported_owners
from evaluations.reports.recommendation import cost_line
from evaluations.reports.retention import by_criticality, overall
from evaluations.reports.tables import Verdict
from evaluations.reports.wording import NOT_MEASURED_VERDICT, SHARED_DATA, outcome, verdict

Pieces = tuple[tuple[str, bool], ...]
"""A sentence in pieces: text, and whether it is printed strong."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: the word or number, its strength, a small drawing, the evidence, the way to the rows."""

    title: str
    anchor: str
    big: str
    small: str = ""
    verdict: Verdict | None = None
    by: str = ""
    spark: Spark | None = None
    marks: tuple[Verdict, ...] = ()
    lines: tuple[Pieces, ...] = ()
    link: str = ""
    link_anchor: str = ""


def answers(facts: Facts, advice: Advice) -> tuple[Answer, Answer, Answer]:
    """The three answers, in the order of the report."""
    return teacher_answer(facts), tasks_answer(facts, advice), shelf_answer(facts)


def leading_owner(facts: Facts) -> Json | None:
    """The declared owner that the first answer is about: supported first, then the clearest z."""
    rank = {"supported": 0, "inconclusive": 1, "not_supported": 2, "not_assessed": 3}
    owners = (facts.provenance or {}).get("owners") or ()

    def place(owner: Json) -> tuple[int, float]:
        z = owner.get("z")
        return rank.get(str(owner.get("status")), 4), -float(z) if z is not None else 99.0

    return min(owners, key=place, default=None)


def teacher_answer(facts: Facts) -> Answer:
    """Answer 1. A supported name never stands without the words on shared data."""
    title = "1. Teacher and rights"
    found = facts.provenance
    if found is None:
        text = (facts.missing("provenance"), False)
        return Answer(title, "provenance-ranking", fmt.NOT_MEASURED_TEXT, verdict=None, lines=((text,),))
    supported = supported_owners(facts)
    lead = leading_owner(facts)
    status = "supported" if supported else str((lead or found.get("teacher") or {}).get("status"))
    mark = verdict(status)
    big = fmt.join(supported) if supported else mark.word
    strength = str((lead or {}).get("strength") or "") if supported else ""
    named = fmt.join(str(owner.get("owner")) for owner in found.get("owners") or ())
    by = (
        f"{strength} strength".strip().capitalize()
        if strength
        else (f"Suspected owner: {named}" if named else "")
    )
    n_open = len(questions(facts))
    return Answer(
        title,
        "provenance-ranking",
        big,
        small=SHARED_DATA if supported else "",
        verdict=mark if supported else None,
        by=by,
        spark=_lead_spark(facts, supported or ((str(lead.get("owner")),) if lead else ())),
        lines=tuple(line for line in (_closeness(found, lead), _errors(found)) if line),
        link=f"{fmt.plural(n_open, 'question')} open" if n_open else "Licence position",
        link_anchor="questions" if n_open else "licence",
    )


def _lead_spark(facts: Facts, owners: Sequence[str]) -> Spark | None:
    for candidate in ordered_candidates(facts):
        if candidate.get("z") is not None and (not owners or candidate.get("owner") in owners):
            return provenance_spark(facts, candidate)
    return None


def _closeness(found: Json, lead: Json | None) -> Pieces:
    if lead is not None and lead.get("p") is not None:
        return (
            (fmt.k_of_n(lead.get("n_as_close") or 0, lead.get("n_lineages") or 0), True),
            (" unrelated lineages are as close, ", False),
            (f"p = {fmt.pvalue(lead.get('p_corrected') or lead['p'])}".replace("= <", "<"), True),
            (f" (smallest this plan can reach {fmt.pvalue(lead.get('smallest_p'))}).", False),
        )
    part = lead or found.get("exploration") or {}
    reason = next(iter(part.get("reasons") or ()), "")
    return ((fmt.sentence(str(reason)), False),) if reason else ()


def error_text(rate: Json | None) -> str:
    """An error rate with its bound: ``0 of 24 (at most 11.7%)``; ``not tested`` where n is 0."""
    if not rate or not rate.get("n"):
        return "not tested"
    high = rate.get("high")
    bound = f" (at most {fmt.pct(high)})" if high is not None else ""
    return f"{fmt.k_of_n(rate.get('k') or 0, rate['n'])}{bound}"


def _errors(found: Json) -> Pieces:
    return (
        ("Named by mistake in our checks: ", False),
        (error_text(found.get("error_unrelated")), True),
        (" among models of unrelated data; among models sharing data: ", False),
        (error_text(found.get("error_shared_data")), True),
        (".", False),
    )


def tasks_answer(facts: Facts, advice: Advice) -> Answer:
    """Answer 2: retention against the best candidate on the buyer's tasks."""
    title = "2. On our tasks"
    teacher = advice.situation.teacher
    whole = overall(facts, teacher) if teacher else None
    if whole is None or whole.get("value") is None:
        line = ((facts.missing("quality"), False),)
        return Answer(title, "quality", fmt.NOT_MEASURED_TEXT, lines=(line, *_cost_lines(facts, teacher)))
    flips = next((f for f in (facts.quality or {}).get("flips") or () if f.get("teacher") == teacher), None)
    lost = f"{fmt.count(flips['lost'])} answers lost, {fmt.count(flips['gained'])} gained" if flips else ""
    return Answer(
        title,
        "quality",
        f"{fmt.pct(whole['value'])} kept",
        by=(
            f"{fmt.pct_range(whole.get('low'), whole.get('high'))}, n = {fmt.count(whole.get('n') or 0)}, "
            f"of {facts.name(teacher)}'s score"
        ),
        spark=retention_spark(facts, teacher),
        marks=_marks(by_criticality(facts, teacher)),
        lines=_cost_lines(facts, teacher),
        link=lost,
        link_anchor="slices",
    )


def _marks(rows: Sequence[Json]) -> tuple[Verdict, ...]:
    counts = Counter(str(row.get("outcome")) for row in rows)
    found = []
    for name in ("within", "undecided", "below"):
        if counts[name]:
            base = outcome(name)
            word = base.word.split()[0].lower()
            found.append(Verdict(base.family, base.kind, f"{counts[name]} {word}", base.mark))
    return tuple(found)


def _cost_lines(facts: Facts, teacher: str) -> tuple[Pieces, ...]:
    mine = cost_line(facts, facts.student)
    theirs = cost_line(facts, teacher) if teacher else None
    if mine is None:
        return ((("Cost not measured.", False),),)
    for field, unit in (
        ("per_1000_accepted_micro", "accepted answers"),
        ("per_1000_answers_micro", "answers"),
    ):
        if mine.get(field) is None:
            continue
        currency = str(mine.get("currency") or facts.currency)
        line: list[tuple[str, bool]] = [
            (fmt.money(mine[field], currency), True),
            (f" per 1,000 {unit}", False),
        ]
        if theirs and theirs.get(field) is not None:
            line += [(f", {facts.name(teacher)} ", False), (fmt.money(theirs[field], currency), True)]
        return ((*line, (".", False)),)
    return (((f"Cost not measured: {mine.get('missing') or 'no price'}.", False),),)


def shelf_answer(facts: Facts) -> Answer:
    """Answer 3: the date with its reason."""
    title = "3. Look again by"
    found = facts.shelf_life
    if found is None or not found.get("look_again_on"):
        line = ((facts.missing("shelf_life"), False),)
        return Answer(title, "re-evaluation", fmt.NOT_MEASURED_TEXT, lines=(line,))
    triggers = found.get("triggers") or ()
    ran = facts.audit.get("finished_at") or facts.report.get("created_at")
    return Answer(
        title,
        "re-evaluation",
        fmt.day(str(found["look_again_on"])),
        by=f"counted from the run, {fmt.day(ran)}",
        spark=shelf_spark(facts),
        lines=(((fmt.sentence(str(found.get("reason") or "")), False),),),
        link=f"{fmt.plural(len(triggers), 'trigger')} to watch" if triggers else "",
        link_anchor="re-evaluation",
    )


def verdict_bar(facts: Facts) -> dict[str, Any]:
    """The verdict in one line, for the bar that stays on the screen."""
    advice = advise(facts)
    first, second, third = answers(facts, advice)
    return {
        "teacher": f"{first.big}, {first.small}" if first.small else first.big,
        "teacher_verdict": first.verdict if first.small else None,
        "teacher_plain": first.verdict if not first.small else NOT_MEASURED_VERDICT,
        "tasks": second.big,
        "again": third.big,
        "word": advice.word,
    }

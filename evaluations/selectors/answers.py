"""The three answers of a frozen report in one row, for the overview and the list of audits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from evaluations.reports import format as fmt
from evaluations.reports.advice import advise
from evaluations.reports.answers import leading_owner
from evaluations.reports.facts import Facts
from evaluations.reports.questions import supported_owners
from evaluations.reports.recommendation import cost_line
from evaluations.reports.retention import by_criticality, overall
from evaluations.reports.tables import Verdict
from evaluations.reports.wording import outcome, verdict


@dataclass(frozen=True)
class ThreeAnswers:
    """Finished texts of one report. An empty text was not measured."""

    vendor: str
    teacher: Verdict
    teacher_name: str
    teacher_detail: str
    kept: str
    kept_detail: str
    margin: Verdict | None
    margin_detail: str
    cost: str
    cost_detail: str
    again: str
    again_detail: str
    overdue: bool
    recommendation: str


def of_snapshot(snapshot: Mapping[str, Any], *, today: date) -> ThreeAnswers:
    """The row of one report, from its snapshot alone."""
    facts = Facts(snapshot)
    advice = advise(facts)
    teacher = advice.situation.teacher
    return ThreeAnswers(
        facts.vendor if facts.model(facts.student).get("vendor") else "",
        *_teacher(facts),
        *_kept(facts, teacher),
        *_margin(facts, teacher),
        *_cost(facts, teacher),
        *again(facts.shelf_life, today=today),
        recommendation=advice.word,
    )


def _teacher(facts: Facts) -> tuple[Verdict, str, str]:
    found = facts.provenance
    if found is None:
        return verdict(None), "", facts.missing("provenance")
    supported = supported_owners(facts)
    lead = leading_owner(facts)
    if supported:
        p = (lead or {}).get("p_corrected") or (lead or {}).get("p")
        return verdict("supported"), fmt.join(supported), _p(p)
    status = str((lead or found.get("teacher") or {}).get("status"))
    part = lead or found.get("exploration") or {}
    reason = next(iter((*(part.get("settle") or ()), *(part.get("reasons") or ()))), "")
    named = str(lead.get("owner")) if lead else ""
    return verdict(status), "", fmt.clip(str(reason), 100) or named


def _p(value: float | None) -> str:
    if value is None:
        return ""
    text = fmt.pvalue(value)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def _kept(facts: Facts, teacher: str) -> tuple[str, str]:
    whole = overall(facts, teacher) if teacher else None
    if whole is None or whole.get("value") is None:
        return "", ""
    interval = fmt.pct_range(whole.get("low"), whole.get("high"))
    return fmt.pct(whole["value"]), f"{interval}, n = {fmt.count(whole.get('n') or 0)}"


def _margin(facts: Facts, teacher: str) -> tuple[Verdict | None, str]:
    """The worst outcome decides the mark; the others are counted beside it."""
    counts = (
        Counter(str(row.get("outcome")) for row in by_criticality(facts, teacher)) if teacher else Counter()
    )
    names = [name for name in ("below", "undecided", "within") if counts[name]]
    if not names:
        return None, ""
    base = outcome(names[0])
    worst = Verdict(base.family, base.kind, f"{counts[names[0]]} {_word(names[0])}", base.mark)
    return worst, ", ".join(f"{counts[name]} {_word(name)}" for name in names[1:])


def _word(name: str) -> str:
    return outcome(name).word.split()[0].lower()


def _cost(facts: Facts, teacher: str) -> tuple[str, str]:
    mine = cost_line(facts, facts.student)
    if mine is None or mine.get("per_1000_accepted_micro") is None:
        return "", str((mine or {}).get("missing") or "").partition(";")[0]
    theirs = cost_line(facts, teacher) if teacher else None
    beside = ""
    if theirs is not None and theirs.get("per_1000_accepted_micro") is not None:
        beside = f"teacher {fmt.money(theirs['per_1000_accepted_micro'], str(theirs.get('currency') or ''))}"
    return fmt.money(mine["per_1000_accepted_micro"], str(mine.get("currency") or "")), beside


def again(shelf_life: Mapping[str, Any] | None, *, today: date) -> tuple[str, str, bool]:
    """(date, how far away, overdue) of the next evaluation; empty where none was computed."""
    on = str((shelf_life or {}).get("look_again_on") or "")
    if not on:
        return "", "", False
    days = (date.fromisoformat(on) - today).days
    if days < 0:
        return fmt.day(on), f"{fmt.plural(-days, 'day')} overdue", True
    return fmt.day(on), "today" if days == 0 else f"in {fmt.plural(days, 'day')}", False

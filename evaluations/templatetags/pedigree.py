"""Template filters: numbers, dates and words, written as the report writes them.

``None`` is printed as "Not measured" by every filter, never as 0.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import template
from django.forms import BoundField
from django.utils.html import format_html
from django.utils.safestring import SafeString

from evaluations.reports import format as text
from evaluations.reports import wording
from evaluations.reports.tables import Verdict

register = template.Library()

_ROLES: Final = {
    "student": ("Student", "student"),
    "candidate": ("Teacher candidate", "teacher"),
    "reference": ("Reference", "ref"),
    "control": ("Control student", "ref"),
}
_POSITIONS: Final = {
    "prohibited": "Restricts",
    "prohibited_competing": "Restricts",
    "allowed_with_conditions": "Allowed with conditions",
    "silent": "No clause found",
    "unknown": "Not read yet",
}
_STATES: Final = {
    "locked": Verdict("st", "", "Plan locked", "wait"),
    "waiting": Verdict("st", "", "Waiting", "wait"),
    "queued": Verdict("st", "", "Queued", "wait"),
    "running": Verdict("st", "run", "Running", "run"),
    "recording": Verdict("st", "run", "Computing findings", "run"),
    "paused": Verdict("st", "", "Paused", "pause"),
    "complete": Verdict("st", "", "Complete", "check"),
    "finished": Verdict("st", "", "Finished", "check"),
    "done": Verdict("st", "", "Done", "check"),
    "cancelled": Verdict("st", "", "Cancelled", "dash"),
    "failed": Verdict("st", "fail", "Failed", "cross"),
    "overdue": Verdict("st", "late", "Overdue", "warn"),
}


@register.filter
def not_measured(value: Any) -> Any:
    """``value``, or the words "Not measured" for ``None`` and the empty text. 0 stays 0."""
    return text.NOT_MEASURED_TEXT if value is None or value == "" else value


@register.filter
def pct(share: float | None, digits: int = 1) -> str:
    """A share (1.0 is all) as a percentage: 0.94 → "94.0%"."""
    return text.pct(share, digits)


@register.filter
def pct_range(low: float | Sequence[float] | None, high: float | None = None) -> str:
    """Two shares, or one pair, as an interval: 0.94 and 0.975 → "94.0 to 97.5%"."""
    if isinstance(low, Sequence):
        low, high = low
    return text.pct_range(low, high)


@register.filter
def money(micro: int | None, currency: str | None = "") -> str:
    """Integer micro-units of a currency: 4670000 and "EUR" → "€4.67"."""
    return text.money(micro, currency or "")


@register.filter
def number(value: float | None, digits: int = 0) -> str:
    """A number in thousands: 1440 → "1,440"; with ``digits`` decimals."""
    return text.number(value, digits)


@register.filter
def signed(value: float | None, digits: int = 1) -> str:
    """A number that carries its sign, with a true minus: 4.6 → "+4.6", -0.5 → "−0.5"."""
    return text.signed(value, digits)


@register.filter
def signed_range(low: float | Sequence[float] | None, high: float | None = None) -> str:
    """Two numbers, or one pair, as an interval with signs: "−0.5 to +0.9"."""
    if isinstance(low, Sequence):
        low, high = low
    return text.signed_range(low, high)


@register.filter
def pvalue(value: float | None) -> str:
    """A p-value: 0.035 → "p = 0.035", 0.0004 → "p < 0.001"."""
    if value is None:
        return text.NOT_MEASURED_TEXT
    found = text.pvalue(value)
    return f"p {found}" if found.startswith("<") else f"p = {found}"


@register.filter
def day(value: dt.date | str | None) -> str:
    """A date, a moment (its day in UTC) or ISO text, also partial: "11 May 2027", "May 2027", "2027"."""
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        value = value.astimezone(dt.UTC)
    return text.day(value.isoformat() if isinstance(value, dt.date) else value)


@register.filter
def moment(value: dt.datetime | str | None) -> str:
    """A moment in UTC: "9 Nov 2026 14:02 UTC"."""
    return text.moment(value.isoformat() if isinstance(value, dt.datetime) else value)


@register.filter
def duration(seconds: float | dt.timedelta | None) -> str:
    """A length of time in its two largest units: "6 s", "41 min", "2 h 5 min", "3 d 4 h".

    Below one second in milliseconds. From one minute on, seconds are dropped, not rounded up.
    """
    if seconds is None:
        return text.NOT_MEASURED_TEXT
    if isinstance(seconds, dt.timedelta):
        seconds = seconds.total_seconds()
    if 0 < seconds < 1:
        return f"{max(1, round(seconds * 1000))} ms"
    minutes, whole = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else f"{whole} s"


@register.filter
def latency(milliseconds: float | None) -> str:
    """The time of one model call: "640 ms", "1.9 s"."""
    return text.latency(milliseconds)


@register.filter
def short_digest(value: str | None) -> str:
    """The two ends of a digest, enough to tell two apart: "5f1c0b7e…a93e"."""
    return text.short_digest(value)


@register.filter
def percent_of(done: int | None, total: int | None) -> int:
    """Whole percent for a progress bar, rounded down: 100 only when nothing is left, 0 without a total."""
    return 100 * (done or 0) // total if total else 0


@register.filter
def obtained_by(value: str | None) -> str:
    """Who obtained a completion: "Buyer ran", "Buyer witnessed", "Vendor supplied"."""
    return text.label(text.obtained_by(value or ""))


@register.filter
def role_word(value: str) -> str:
    """The role of a model in an audit, in words: "Teacher candidate"."""
    return _ROLES[value][0] if value in _ROLES else text.label(value)


@register.filter
def role_key(value: str) -> str:
    """The class suffix of a role's colour and mark: student, teacher or ref."""
    return _ROLES[value][1] if value in _ROLES else "ref"


@register.filter
def position_word(value: str | None) -> str:
    """What a licence text says, in words: "Restricts", "No clause found", "Not read yet"."""
    return _POSITIONS.get(value or "unknown") or text.label(str(value))


@register.filter
def words(value: str) -> str:
    """A stored name as words: "first_party_api" → "First party api"."""
    return text.label(value)


@register.filter
def verdict_look(status: str | None) -> Verdict:
    """Mark and word of a provenance status, for components/_verdict.html."""
    return wording.verdict(status)


@register.filter
def margin_look(outcome: str | None) -> Verdict:
    """Mark and word of a result against a margin, for components/_margin.html."""
    return wording.outcome(outcome)


@register.filter
def state_look(state: str) -> Verdict:
    """Mark and word of a state of work, for components/_state.html; an unknown state shows its own name."""
    return _STATES.get(state) or Verdict("st", "", text.label(state), "dash")


@register.filter
def get_item(mapping: Mapping[Any, Any] | None, key: Any) -> Any:
    """The value behind ``key``; ``None`` where there is none."""
    return None if mapping is None else mapping.get(key)


@register.simple_tag
def mark(name: str) -> SafeString:
    """One mark of the sprite; decoration beside a word, hidden from screen readers."""
    return format_html('<svg class="g" aria-hidden="true"><use href="#g-{}"/></svg>', name)


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """The control of a form field in the design system's look. Its hint and error are tied to it by Django.

    A placeholder is dropped: it vanishes when somebody types, a hint stays.
    """
    attrs: dict[str, Any] = {"placeholder": False}
    if field.widget_type not in {"checkbox", "radioselect", "checkboxselectmultiple"}:
        attrs["class"] = f"in {field.field.widget.attrs.get('class', '')}".strip()
    return field.as_widget(attrs=attrs)

"""When to look again: the earliest dated reason, and the triggers that pull it forward."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from evaluations.economics.results import DatedReason, ShelfLife

CADENCE_MONTHS: Final = 6
NOTICE_LEAD_DAYS: Final = 50
"""Days before a contract's notice date, so that a new audit and its report fit in between."""

TRIGGERS: Final = (
    "The vendor announces a new version, or the endpoint reports another model.",
    "A price of the student or of a teacher candidate changes.",
    "A teacher candidate is retired, or the terms of its owner change.",
    "The workload's tasks, volume or criticality change.",
    "The vendor answers an open question in a way that changes the declared history.",
)


def next_evaluation(
    finished_on: date,
    *,
    cadence_months: int = CADENCE_MONTHS,
    contract_notice_on: date | None = None,
    dated: Sequence[tuple[date, str]] = (),
) -> ShelfLife:
    """The date of the next audit and why.

    Dates: ``finished_on`` plus the cadence (months are calendar months, clamped to their last
    day), 50 days before the contract's notice date, and every (date, reason) of ``dated``. The
    earliest wins, but never before the day after ``finished_on``. On one day the more specific
    reason wins over the cadence. Raises ``ValueError`` on a cadence below one month.
    """
    if cadence_months < 1:
        raise ValueError(f"cadence of {cadence_months} months; expected at least 1")
    plural = "month" if cadence_months == 1 else "months"
    found = list(dated)
    if contract_notice_on is not None:
        notice = (
            f"{NOTICE_LEAD_DAYS} days before notice on the contract is due ({contract_notice_on.isoformat()})"
        )
        found.append((contract_notice_on - timedelta(days=NOTICE_LEAD_DAYS), notice))
    found.append((add_months(finished_on, cadence_months), f"{cadence_months} {plural} after this audit"))
    # Stable: where dates are equal, the order above decides.
    ordered = sorted(found, key=lambda item: item[0])
    tomorrow = finished_on + timedelta(days=1)
    earliest, reason = ordered[0]
    if earliest < tomorrow:
        reason = f"{reason}; this day ({earliest.isoformat()}) is not after the audit, so look again at once"
    return ShelfLife(
        look_again_on=max(earliest, tomorrow).isoformat(),
        reason=reason,
        dates=tuple(
            DatedReason(day.isoformat(), text, number == 0) for number, (day, text) in enumerate(ordered)
        ),
        triggers=TRIGGERS,
    )


def add_months(day: date, months: int) -> date:
    """The same day ``months`` later, or that month's last day (31 August + 6 = 28 February)."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))

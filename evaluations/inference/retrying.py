"""When a failed call is worth another try, how long to wait, and when to give the endpoint up."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from evaluations.records import ErrorClass

ENDPOINT_ERRORS: Final = frozenset(
    {
        ErrorClass.UNREACHABLE,
        ErrorClass.RATE_LIMITED,
        ErrorClass.TIMEOUT,
        ErrorClass.SERVER_ERROR,
        ErrorClass.BAD_RESPONSE,
    }
)
"""Errors that speak against the endpoint rather than against one sample."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one endpoint's calls.

    ``timeout_s``: one call, headers and body together. ``deadline_s``: all tries of one answer together.
    ``backoff_s`` doubles with each try up to ``backoff_max_s``; the wait is uniform between 0 and that.
    ``max_body``: bytes of a reply after decompression. ``breaker``: answers that failed for good in a row.
    """

    timeout_s: float = 120.0
    deadline_s: float = 600.0
    retries: int = 5
    retries_rate_limited: int = 8
    backoff_s: float = 1.0
    backoff_max_s: float = 30.0
    max_body: int = 50_000_000
    breaker: int = 10


class CallError(Exception):
    """One call failed. ``status``: of HTTP, 0 without one; ``wait_s``: what the endpoint asked for."""

    def __init__(
        self,
        error_class: ErrorClass,
        message: str,
        *,
        retry: bool,
        status: int = 0,
        wait_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.error_class = error_class
        self.message = message
        self.retry = retry
        self.status = status
        self.wait_s = wait_s


class StoppedError(Exception):
    """The caller wants no further call; the answer was not obtained."""


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds of a ``Retry-After`` header (a number or an HTTP date), ``None`` without a usable one."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    try:
        return max(0.0, float(value)) if value.replace(".", "", 1).isdigit() else _until(value, now)
    except ValueError:
        return None


def _until(value: str, now: datetime) -> float:
    moment = parsedate_to_datetime(value)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def wait_before(attempt: int, error: CallError, limits: Limits, rng: random.Random) -> float:
    """Seconds before try number ``attempt`` + 1 (``attempt`` counts from 1).

    Full jitter: uniform(0, min(max, base · 2^(attempt − 1))). What the endpoint asked for is the least, with
    up to a tenth more so that many waiting calls do not return in one moment.
    """
    if error.wait_s is not None:
        return error.wait_s + rng.uniform(0.0, 0.1 * error.wait_s)
    return rng.uniform(0.0, min(limits.backoff_max_s, limits.backoff_s * 2 ** (attempt - 1)))


class Pacer:
    """Spreads calls so that a minute never holds more than ``per_minute`` of them; 0 means no limit."""

    def __init__(self, per_minute: float, rng: random.Random) -> None:
        self._interval = 60.0 / per_minute if per_minute else 0.0
        self._rng = rng
        self._next = 0.0

    def delay(self, now: float) -> float:
        """Seconds that a call which is ready at ``now`` has to wait; reserves its place."""
        if not self._interval:
            return 0.0
        slot = max(now, self._next)
        # Uneven steps, so that the calls do not show a machine's rhythm; never shorter than allowed.
        self._next = slot + self._interval * self._rng.uniform(1.0, 1.2)
        return slot - now


async def pause(seconds: float, stopping: asyncio.Event) -> None:
    """Waits; raises :class:`StoppedError` as soon as ``stopping`` is set."""
    if stopping.is_set():
        raise StoppedError
    if seconds <= 0:
        return
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return
    raise StoppedError

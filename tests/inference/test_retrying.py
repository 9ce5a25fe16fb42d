from __future__ import annotations

import random
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from evaluations.inference.retrying import CallError, Limits, Pacer, retry_after, wait_before
from evaluations.records import ErrorClass

NOON = datetime(2030, 1, 2, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        ("1.5", 1.5),
        ("Wed, 02 Jan 2030 12:00:30 GMT", 30.0),
        ("Wed, 02 Jan 2030 11:00:00 GMT", 0.0),
        ("-3", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_a_number_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": value}, NOON) == seconds


def test_the_wait_is_drawn_between_zero_and_a_bound_that_doubles() -> None:
    error = CallError(ErrorClass.SERVER_ERROR, "", retry=True)
    limits = Limits(backoff_s=1.0, backoff_max_s=4.0)

    # Bounds 1, 2, 4, 4: with 2,000 draws the largest lies within 1 % of each and the mean near its half.
    for attempt, bound in ((1, 1.0), (2, 2.0), (3, 4.0), (4, 4.0)):
        rng = random.Random(attempt)
        waits = [wait_before(attempt, error, limits, rng) for _ in range(2000)]
        assert 0.99 * bound <= max(waits) <= bound
        assert sum(waits) / 2000 == pytest.approx(bound / 2, rel=0.05)


def test_what_the_endpoint_asked_for_is_waited_at_least() -> None:
    error = CallError(ErrorClass.RATE_LIMITED, "", retry=True, wait_s=10.0)
    rng = random.Random(0)

    assert all(10.0 <= wait_before(1, error, Limits(), rng) <= 11.0 for _ in range(100))


def test_a_minute_never_holds_more_calls_than_allowed() -> None:
    pacer = Pacer(120, random.Random(0))

    starts = [pacer.delay(100.0) for _ in range(241)]

    # 120 a minute are 0.5 s apart: in any 60 s at most 121 starts, with both ends counted.
    assert starts[0] == 0.0
    assert all(later - earlier >= 0.5 for earlier, later in pairwise(starts))
    assert all(starts[n + 120] - starts[n] >= 60.0 for n in range(120))


def test_without_a_limit_nobody_waits() -> None:
    assert Pacer(0, random.Random(0)).delay(5.0) == 0.0

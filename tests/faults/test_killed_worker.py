"""Workers killed with SIGKILL in mid-run: nothing lost, nothing asked twice, no duplicate row."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator

import pytest

from tests.faults.harness import Installation, children_of, eventually, own_postgresql, own_redis

pytestmark = [
    pytest.mark.faults,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="not applicable: reads /proc"),
]
SAMPLES = 60
STORED = "select count(*) from evaluations_completion"
ROWS = "select id, run_id, sample_id, text, created_at from evaluations_completion order by id"
DISTINCT = (
    "select count(*) from (select distinct run_id, sample_id, sample_index from evaluations_completion) a"
)
SLOW = "join evaluations_run r on r.id = {0}.run_id join evaluations_model m on m.id = r.model_id where m.key = 'docket'"
STORED_SLOW = f"select count(*) from evaluations_completion c {SLOW.format('c')}"
HOLDER = f"select u.worker from evaluations_workunit u {SLOW.format('u')} and u.state = 'leased'"
# The audit has two models: the slow student and a quick candidate.
EXPECTED = 2 * SAMPLES


@pytest.fixture(params=["SQLite and folders", "PostgreSQL and Redis"])
def installation(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("fault")
    if request.param == "SQLite and folders":
        yield from running(Installation(folder))
        return
    with own_postgresql() as database_url, own_redis(folder / "redis") as broker_url:
        yield from running(Installation(folder, database_url=database_url, broker_url=broker_url))


def running(made: Installation) -> Iterator[Installation]:
    """The installation with its tables and its beat, until the test ends."""
    made.migrate()
    made.start_beat()
    try:
        yield made
    finally:
        made.stop()


def wait_until_under_way(installation: Installation) -> list[tuple[object, ...]]:
    """Wait until some of the slow student's answers are stored and others are to come; all stored rows."""
    eventually(lambda: installation.number(STORED_SLOW) >= 10, 90, installation.tail)
    rows = installation.query(ROWS)
    assert installation.number(STORED_SLOW) < SAMPLES - 15, "the run was nearly over before the kill"
    return rows


def check_end(installation: Installation, before: list[tuple[object, ...]]) -> None:
    """The audit ends; every answer is there once, and those stored before the kill are untouched."""
    ended = "select state from evaluations_audit where state in ('finished', 'failed')"
    state = eventually(lambda: installation.query(ended), 120, installation.tail)
    assert state == [("finished",)], installation.tail()
    rows = installation.query(ROWS)
    assert len(rows) == installation.number(DISTINCT) == EXPECTED
    assert set(before) <= set(rows)
    failed = "select count(*) from evaluations_completion where error <> ''"
    assert installation.number(failed) == 0
    assert installation.number("select count(*) from evaluations_report") == 1


def test_a_killed_worker_is_followed_by_another_that_goes_on(installation: Installation) -> None:
    worker = installation.start_worker()
    installation.start_audit(n=SAMPLES, rule="label:billing,outage", delay_s=0.2)
    before = wait_until_under_way(installation)

    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    installation.start_worker()

    check_end(installation, before)


def test_a_killed_pool_process_is_replaced_and_its_unit_resumes(installation: Installation) -> None:
    worker = installation.start_worker()
    installation.start_audit(n=SAMPLES, rule="label:billing,outage", delay_s=0.2)
    before = wait_until_under_way(installation)

    pid = int(str(installation.query(HOLDER)[0][0]).rpartition(":")[2])
    assert pid in children_of(worker.pid)
    os.kill(pid, signal.SIGKILL)

    check_end(installation, before)
    assert worker.poll() is None


def test_a_sample_that_kills_its_worker_three_times_is_set_apart(installation: Installation) -> None:
    installation.start_worker()
    installation.start_audit(n=12, rule="label:billing,outage", kill=["t5"])

    eventually(
        lambda: installation.query(
            "select state from evaluations_audit where state in ('finished', 'failed')"
        ),
        120,
        installation.tail,
    )

    crashed = installation.query("select error from evaluations_completion where error <> ''")
    assert crashed == [("crashed",)]
    assert installation.number(STORED) == installation.number(DISTINCT) == 24

"""A message wakes a worker over every broker: folders, Redis, RabbitMQ. No beat helps here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from kombu import Connection

from tests.faults.harness import Installation, eventually

pytestmark = pytest.mark.slow
WAKE = """
import sys, django
django.setup()
from evaluations import tasks
for _ in range(int(sys.argv[2])):
    tasks.work.apply_async(kwargs={"queue": sys.argv[1]}, queue=sys.argv[1])
"""
STORED = "select count(*) from evaluations_completion"
COMPLETE = "select count(*) from evaluations_run where state = 'complete'"


@pytest.fixture
def installation(tmp_path: Path, broker_url: str, queue_name: str) -> Iterator[Installation]:
    made = Installation(tmp_path, broker_url=broker_url)
    made.migrate()
    try:
        yield made
    finally:
        made.stop()
        forget(broker_url, queue_name)


def forget(broker_url: str, queue_name: str) -> None:
    """Leave nothing of the queue on a broker that others use too."""
    if broker_url.startswith("amqp"):
        with Connection(broker_url) as connection, connection.channel() as channel:
            channel.queue_delete(queue_name)
            channel.exchange_delete(queue_name)
    elif broker_url.startswith("redis"):
        with redis.Redis.from_url(broker_url) as client:
            for key in client.scan_iter(f"*{queue_name}*"):
                client.delete(key)


def test_one_message_wakes_a_worker_that_does_all_the_work(
    installation: Installation, queue_name: str
) -> None:
    installation.start_worker(queue_name)
    installation.start_audit(n=10, queue=queue_name, rule="label:billing,outage")

    installation.python("-c", WAKE, queue_name, "1")

    # Student and candidate, 10 samples each.
    eventually(lambda: installation.number(COMPLETE) == 2, 60, installation.tail)
    assert installation.number(STORED) == 20


def test_a_message_sent_before_the_worker_starts_is_not_lost_and_five_do_no_harm(
    installation: Installation, queue_name: str
) -> None:
    installation.start_audit(n=10, queue=queue_name, rule="label:billing,outage")
    installation.python("-c", WAKE, queue_name, "5")

    installation.start_worker(queue_name)

    eventually(lambda: installation.number(COMPLETE) == 2, 60, installation.tail)
    assert installation.number(STORED) == 20

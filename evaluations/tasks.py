"""Celery tasks: each is one service call, safe to run zero, one or five times."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from evaluations.services import runs


@shared_task
def work(*, queue: str, **kwargs: Any) -> None:
    """Wake a worker: it drains the units of ``queue`` and wakes the next one while some are left."""
    if runs.work(queue_name=queue).more:
        work.apply_async(kwargs={"queue": queue}, queue=queue)


@shared_task
def sweep(**kwargs: Any) -> None:
    """Re-queue the units of workers that are gone."""
    runs.sweep()

"""Wakes the workers of an audit or of a distillation plan. The rows are the truth, so a silent broker delays and loses nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from kombu.exceptions import OperationalError

from evaluations import tasks
from evaluations.models import Audit, DistillationPlan
from evaluations.services import audits
from evaluations.services.distillation import plans

log = logging.getLogger(__name__)

RETRY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.2}
DELAYED = (
    "The work is started, but the queue does not answer at the moment. "
    "It begins by itself when the queue is back."
)


def wake(subject: Audit | DistillationPlan) -> bool:
    """Wake the workers of an audit or a plan, after its rows were committed; false where no queue answers."""
    names = audits.queues(subject) if isinstance(subject, Audit) else plans.queues(subject)
    return wake_queues(names, of=subject.reference)


def wake_queues(names: Iterable[str], *, of: str) -> bool:
    """Send one message to each queue; false where none answers."""
    try:
        for queue in sorted(names):
            tasks.work.apply_async(kwargs={"queue": queue}, queue=queue, retry=True, retry_policy=RETRY)
    except (OperationalError, OSError) as error:
        log.warning("no worker was woken for %s: %s", of, error)
        return False
    return True

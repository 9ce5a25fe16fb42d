"""The Celery application. Queues, limits and the beat's schedule come from the settings."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "audit_app.settings")
ORPHAN_CHECK_S = 1.0

app = Celery("audit_app")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def end_when_orphaned(**kwargs: Any) -> None:
    """A pool process ends when its worker is killed, so that no second worker runs beside the new one."""
    threading.Thread(target=_watch_parent, args=(os.getppid(),), daemon=True).start()


def _watch_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(ORPHAN_CHECK_S)
    os._exit(1)

"""The Celery application. Queues, limits and the beat's schedule come from the settings."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "audit_app.settings")

app = Celery("audit_app")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

"""The admin site shows records and keeps secrets."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from evaluations.models import EndpointKey, Event
from tests.services import distilling
from tests.views import world

pytestmark = pytest.mark.django_db
TABLES = (
    *("workspace", "audit", "run", "workunit", "report", "event", "model", "tasksuite"),
    *("distillationplan", "controlstudent", "plananswers"),
)


@pytest.fixture
def operator(django_user_model: Any) -> Client:
    """The browser of whoever runs the installation."""
    client = Client()
    client.force_login(
        django_user_model.objects.create_superuser("operator"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    return client


def test_every_table_is_listed(operator: Client, workspace: Any, alice: Any, now: Any) -> None:
    world.locked_audit(workspace, alice, now)
    distilling.make_plan(workspace, None, now=now)
    for table in TABLES:
        assert operator.get(reverse(f"admin:evaluations_{table}_changelist")).status_code == 200, table


def test_endpoint_keys_have_no_page() -> None:
    assert not admin.site.is_registered(EndpointKey)


def test_the_trail_can_be_read_and_not_changed(operator: Client, workspace: Any) -> None:
    event = Event.objects.first()
    url = reverse("admin:evaluations_event_change", args=[event.pk])
    assert operator.get(url).status_code == 200
    assert operator.post(url, {"verb": "changed"}).status_code == 403
    assert (
        operator.post(reverse("admin:evaluations_event_delete", args=[event.pk]), {"post": "yes"}).status_code
        == 403
    )
    assert operator.get(reverse("admin:evaluations_event_add")).status_code == 403


def test_a_member_is_no_operator(as_member: Client) -> None:
    assert as_member.get(reverse("admin:index")).status_code == 302


@pytest.fixture
def as_member(alice: Any, client_for: Any) -> Client:
    return client_for(alice)

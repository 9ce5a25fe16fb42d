"""Lists ask the database a bounded number of times, however many rows they show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from evaluations.models import ControlStudent, DistillationPlan, Model, Panel, TaskSuite, Workload
from evaluations.services import audits, events
from tests.services.distilling import make_plan
from tests.views import world

pytestmark = pytest.mark.django_db
LISTS = (
    "overview",
    "audit_list",
    "suite_list",
    "model_list",
    "model_plan_list",
    "workload_list",
    "panel_list",
    "member_list",
    "event_list",
)
MOST = 12


@pytest.fixture
def crowded(workspace: Any, alice: Any, now: Any) -> None:
    """Many rows of everything."""
    plan = world.plan(workspace, alice, now)
    for index in range(12):
        audit = audits.create(workspace=workspace, user=alice, request=plan, now=now)
        if index % 2:
            audits.start(audit=audit, user=alice, now=now)
        TaskSuite.objects.create(workspace=workspace, name=f"Suite {index}")
        Workload.objects.create(workspace=workspace, name=f"Workload {index}")
        Model.objects.create(workspace=workspace, key=f"m{index}", name=f"Model {index}", backend="recorded")
        Panel.objects.create(
            workspace=workspace,
            name=f"Panel {index}",
            suite_version=plan.suite_version,
            content_hash=f"{index:064}",
        )
        events.record(workspace=workspace, user=alice, verb="noted", subject=str(index), now=now)
    many_plans(make_plan(workspace, None, now=now), n=11)


def many_plans(first: DistillationPlan, *, n: int) -> None:
    """``n`` more plans like the first, the first one with 30 students."""
    for number in range(2, n + 2):
        first.pk, first.number = None, number
        first.save()
    plan = DistillationPlan.objects.get(number=1)
    ControlStudent.objects.bulk_create(
        ControlStudent(
            plan=plan, position=i, name=f"S {i}", recipe="greedy", teacher=plan.students.get().teacher
        )
        for i in range(2, 31)
    )


@pytest.mark.parametrize("name", LISTS)
def test_a_list_asks_at_most_twelve_times(
    name: str,
    crowded: None,
    alice: Any,
    client_for: Callable[[Any], Client],
    django_assert_max_num_queries: Any,
) -> None:
    client = client_for(alice)
    with django_assert_max_num_queries(MOST):
        assert client.get(reverse(name, args=["northmoor"])).status_code == 200


@pytest.mark.parametrize("name", ["audit_detail", "audit_progress", "audit_samples"])
def test_a_page_of_one_audit_asks_at_most_fifteen_times(
    name: str,
    crowded: None,
    alice: Any,
    client_for: Callable[[Any], Client],
    django_assert_max_num_queries: Any,
) -> None:
    client = client_for(alice)
    with django_assert_max_num_queries(15):
        assert client.get(reverse(name, args=["northmoor", 2])).status_code == 200


@pytest.mark.parametrize("name", ["model_plan", "model_plan_progress"])
def test_a_page_of_one_plan_asks_at_most_fifteen_times(
    name: str,
    crowded: None,
    alice: Any,
    client_for: Callable[[Any], Client],
    django_assert_max_num_queries: Any,
) -> None:
    client = client_for(alice)
    with django_assert_max_num_queries(15):
        assert client.get(reverse(name, args=["northmoor", 1])).status_code == 200


def test_the_form_of_a_plan_asks_at_most_fifteen_times(
    crowded: None, alice: Any, client_for: Callable[[Any], Client], django_assert_max_num_queries: Any
) -> None:
    client = client_for(alice)
    with django_assert_max_num_queries(15):
        assert client.get(reverse("model_plan_new", args=["northmoor"])).status_code == 200

"""Who may open what: every route of the app against every person. The routes come from the URLconf.

Alice is the admin of Northmoor, Bob its viewer, Charlie the admin of another workspace.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from evaluations.checks import own_patterns
from evaluations.models import Audit, Event, Model, Panel, SuiteUpload, TaskSuite, Workload, Workspace
from evaluations.services import intake
from tests.services.distilling import make_plan
from tests.views import world

ROUTES = [(route, pattern) for route, pattern in own_patterns()]
MEMBER_ROUTES = [(route, pattern) for route, pattern in ROUTES if "<slug:slug>" in route]
BY_NAME = {pattern.name: (route, pattern) for route, pattern in MEMBER_ROUTES}
NAMES = sorted(BY_NAME)
WRITER_NAMES = [name for name in NAMES if BY_NAME[name][1].callback.required_role != "viewer"]
COUNTED = (
    "number",
    "suite_id",
    "upload_id",
    "model_id",
    "panel_id",
    "workload_id",
    "plan_number",
    "position",
)
READER_NAMES = [name for name in NAMES if name not in WRITER_NAMES]


@pytest.fixture
def values(workspace: Workspace, alice: Any, now: datetime) -> dict[str, Any]:
    """One row of everything in Northmoor, by the names of the routes' parameters."""
    audit = world.finished_audit(workspace, alice, now)
    version = audit.suite_version
    upload = intake.new_version(
        suite=version.suite, user=alice, filename="more.csv", chunks=[b"question,answer\nWhy?,So.\n"]
    )
    panel = Panel.objects.create(
        workspace=workspace, name="zoo", suite_version=version, content_hash="0" * 64
    )
    workload = Workload.objects.create(workspace=workspace, name="Ticket routing")
    return {
        "slug": workspace.slug,
        "number": 1,
        "suite_id": version.suite_id,
        "upload_id": upload.pk,
        "model_id": audit.audit_models.first().model_id,
        "panel_id": panel.pk,
        "workload_id": workload.pk,
        "kind": "csv",
        "plan_number": make_plan(workspace, None, now=now).number,
        "position": 1,
        "step": "cancel",
    }


def address(name: str, values: dict[str, Any]) -> str:
    """The address of a route with its parameters filled in."""
    return "/" + re.sub(r"<\w+:(\w+)>", lambda found: str(values[found.group(1)]), BY_NAME[name][0])


def counts() -> tuple[int, ...]:
    """How many rows there are of everything that a person can make."""
    return tuple(
        table.objects.count() for table in (Audit, Event, Model, Panel, SuiteUpload, TaskSuite, Workload)
    )


def test_every_route_declares_who_may_use_it() -> None:
    assert ROUTES
    for route, pattern in ROUTES:
        assert hasattr(pattern.callback, "required_role"), route


def test_every_route_lies_under_its_workspace() -> None:
    outside = {pattern.name for route, pattern in ROUTES if "<slug:slug>" not in route}
    assert outside == {"home"}


@pytest.mark.parametrize("name", NAMES)
def test_a_stranger_to_the_installation_is_asked_to_sign_in(name: str, db: None) -> None:
    values = dict.fromkeys(COUNTED, 1)
    url = address(name, values | {"slug": "northmoor", "kind": "csv", "step": "cancel"})
    for answer in (Client().get(url), Client().post(url)):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.django_db
def test_a_member_of_another_workspace_finds_nothing(
    values: dict[str, Any], charlie: Any, client_for: Callable[[Any], Client]
) -> None:
    client, before = client_for(charlie), counts()
    for name in NAMES:
        url = address(name, values)
        assert client.get(url).status_code == 404, url
        assert client.post(url).status_code == 404, url
    assert counts() == before


@pytest.mark.django_db
def test_a_row_of_another_workspace_does_not_appear_under_the_own_address(
    values: dict[str, Any], charlie: Any, client_for: Callable[[Any], Client]
) -> None:
    client = client_for(charlie)
    for name in NAMES:
        if "<int:" not in BY_NAME[name][0]:
            continue
        url = address(name, values | {"slug": "elsewhere"})
        post_only = client.get(url).status_code == 405
        answer = client.post(url) if post_only else client.get(url)
        assert answer.status_code == 404, url


@pytest.mark.django_db
def test_a_viewer_reads_every_page_and_changes_nothing(
    values: dict[str, Any], bob: Any, client_for: Callable[[Any], Client]
) -> None:
    client, before = client_for(bob), counts()
    for name in READER_NAMES:
        url = address(name, values)
        assert client.get(url).status_code == 200, url
        assert client.post(url).status_code == 405, url
    for name in WRITER_NAMES:
        url = address(name, values)
        for answer in (client.get(url), client.post(url)):
            assert answer.status_code == 403, url
            assert b"Your role does not allow this" in answer.content
    assert counts() == before


@pytest.mark.django_db
def test_an_admin_opens_every_page(
    values: dict[str, Any], alice: Any, client_for: Callable[[Any], Client]
) -> None:
    client = client_for(alice)
    for name in NAMES:
        answer = client.get(address(name, values))
        assert answer.status_code in (200, 405), name


@pytest.mark.django_db
def test_every_route_that_writes_is_closed_to_a_request_without_a_token(
    values: dict[str, Any], alice: Any
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    for name in WRITER_NAMES:
        if name != "model_new":
            assert client.post(address(name, values)).status_code == 403, name


@pytest.mark.django_db
def test_a_person_without_a_workspace_is_told_what_to_do(
    client_for: Callable[[Any], Client], django_user_model: Any
) -> None:
    answer = client_for(django_user_model.objects.create_user("dora")).get("/")
    assert answer.status_code == 200
    assert b"not a member of a workspace yet" in answer.content


@pytest.mark.django_db
def test_the_first_address_leads_to_the_own_workspace(
    alice: Any, client_for: Callable[[Any], Client]
) -> None:
    assert client_for(alice).get("/")["Location"] == "/w/northmoor/"


@pytest.mark.django_db
def test_a_number_that_no_row_can_have_is_not_found(alice: Any, client_for: Callable[[Any], Client]) -> None:
    assert client_for(alice).get(f"/w/northmoor/audits/{10**30}/").status_code == 404
    assert client_for(alice).get(f"/w/northmoor/audits/?before={10**30}").status_code == 200

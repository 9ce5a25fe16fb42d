"""The first page, workloads, people, events and panels."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from evaluations.models import Audit, Event, Finding, Membership, Workload
from evaluations.services import events, panels
from tests.shared_data import shared_path
from tests.views import world

pytestmark = pytest.mark.django_db
SLUG = "northmoor"


def text_of(answer: Any) -> str:
    body = answer.content.decode().replace("&#x27;", "'").replace("&quot;", '"')
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def page(client: Client, name: str, *args: Any) -> Any:
    return client.get(reverse(name, args=[SLUG, *args]))


def test_a_new_workspace_shows_its_first_steps_in_order(as_alice: Client, as_bob: Client) -> None:
    words = text_of(page(as_alice, "overview"))
    places = [
        words.index(step)
        for step in ("Describe the workload", "Upload a task suite", "Register the models", "Plan the audit")
    ]
    assert places == sorted(places)
    assert "Upload task suite" not in text_of(page(as_bob, "overview"))


def test_a_step_that_was_taken_is_marked_done(workspace: Any, alice: Any, now: Any, as_alice: Client) -> None:
    world.suite_version(workspace, alice, now)
    done = {step.title: step.done for step in page(as_alice, "overview").context["page"].steps}
    assert done == {
        "Describe the workload": False, "Upload a task suite": True, "Register the models": False, "Plan the audit": False,
    }  # fmt: skip


def test_the_sample_audit_is_pointed_to(
    without_pango: str, workspace: Any, alice: Any, now: Any, as_alice: Client
) -> None:
    world.finished_audit(workspace, alice, now, is_sample=True)
    answer = page(as_alice, "overview")
    assert "A sample audit is ready" in text_of(answer)
    assert reverse("report_page", args=[SLUG, 1]) in answer.content.decode()


def test_what_needs_a_person_stands_in_one_sentence(
    without_pango: str, workspace: Any, alice: Any, now: Any, as_alice: Client
) -> None:
    audit = world.finished_audit(workspace, alice, now)
    finding = Finding.objects.get(audit=audit, kind="shelf_life")
    finding.payload["look_again_on"] = "2020-01-01"
    finding.save()
    words = text_of(page(as_alice, "overview"))
    assert "1 overdue re-evaluation" in words
    assert re.search(r"1 Jan 2020 [\d,]+ days overdue", words)


def test_a_failed_audit_stays_on_the_page_for_two_weeks(
    workspace: Any, alice: Any, now: Any, as_alice: Client
) -> None:
    audit = world.locked_audit(workspace, alice, now)
    for days, shown in ((1, True), (20, False)):
        ended = timezone.now() - timedelta(days=days)
        Audit.objects.filter(pk=audit.pk).update(state="failed", failure="key refused", finished_at=ended)
        assert ("A-0001 failed" in text_of(page(as_alice, "overview"))) is shown


def test_a_workload_keeps_its_margins_and_dates(as_alice: Client) -> None:
    sent = {
        "name": "Routing", "monthly_volume": "240000", "contract_notice_on": "2027-03-02", "margin_routine": "85",
        "margin_standard": "92.5", "margin_critical": "99",
    }  # fmt: skip
    answer = as_alice.post(reverse("workload_new", args=[SLUG]), sent, follow=True)
    assert Workload.objects.get().criticality_policy == {"routine": 0.85, "standard": 0.925, "critical": 0.99}
    assert "99% critical, 92.5% standard, 85% routine" in text_of(answer)
    form = page(as_alice, "workload_edit", Workload.objects.get().pk).context["form"]
    assert form["margin_standard"].value() == "92.5"
    assert 'value="2027-03-02"' in str(form["contract_notice_on"])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"margin_critical": "101"}, "Critical: more than 100% is more than the teacher"),
        ({"margin_routine": "abc"}, "Routine: expected a number from 50 to 100 percent"),
        ({"name": "Taken"}, "There is a workload named 'Taken' already"),
        ({"monthly_volume": "-5"}, "greater than or equal to 0"),
    ],
)
def test_a_wrong_workload_is_not_saved(
    change: dict[str, str], sentence: str, workspace: Any, as_alice: Client
) -> None:
    Workload.objects.create(workspace=workspace, name="Taken")
    sent = {"name": "New", "margin_routine": "90", "margin_standard": "95", "margin_critical": "98"} | change
    answer = as_alice.post(reverse("workload_new", args=[SLUG]), sent)
    assert sentence in text_of(answer)
    assert Workload.objects.count() == 1


def test_an_added_person_can_sign_in_with_the_password_that_is_shown_once(
    alice: Any, as_alice: Client, client_for: Callable[[Any], Client]
) -> None:
    url = reverse("member_list", args=[SLUG])
    answer = as_alice.post(url, {"username": "dora", "role": "analyst"})
    password = answer.context["password"]
    assert password in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert Membership.objects.get(user__username="dora").role == "analyst"
    assert password not in as_alice.get(url).content.decode()
    assert authenticate(request=answer.wsgi_request, username="dora", password=password) is not None
    dora = Membership.objects.get(user__username="dora").user
    assert client_for(dora).get("/")["Location"] == f"/w/{SLUG}/"


@pytest.mark.parametrize(
    ("name", "sentence"), [("Alice", "is taken on this installation"), ("a b", "valid username")]
)
def test_a_user_name_that_cannot_be_used_is_refused(
    name: str, sentence: str, alice: Any, as_alice: Client
) -> None:
    answer = as_alice.post(reverse("member_list", args=[SLUG]), {"username": name, "role": "viewer"})
    assert sentence in text_of(answer)
    assert Membership.objects.count() == 1


def test_the_trail_says_whether_its_chain_holds(
    workspace: Any, alice: Any, now: Any, as_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.suite_version(workspace, alice, now)
    words = text_of(page(as_alice, "event_list"))
    assert "The chain verifies" in words
    assert "Suite version created Support tickets version 1" in words
    monkeypatch.setattr(events, "broken_at", lambda workspace: 2)
    assert "Entry 2 does not fit the entries before it" in text_of(page(as_alice, "event_list"))


def test_a_long_trail_is_read_page_by_page(workspace: Any, alice: Any, now: Any, as_alice: Client) -> None:
    for index in range(60):
        events.record(workspace=workspace, user=alice, verb="noted", subject=f"no {index}", now=now)
    first = page(as_alice, "event_list").context["page"]
    assert len(first.rows) == 50
    url = reverse("event_list", args=[SLUG])
    rest = as_alice.get(url, {"before": first.older}).context["page"]
    assert rest.rows[-1].sequence == 1
    assert len(first.rows) + len(rest.rows) == Event.objects.count()
    assert as_alice.get(url, {"after": rest.newer}).context["page"].rows == first.rows


def test_a_panel_is_shown_with_its_lineages(workspace: Any, alice: Any, now: Any, as_alice: Client) -> None:
    assert "manage.py import_panel DIR" in text_of(page(as_alice, "panel_list"))
    folder = Path(shared_path("panels/qlora_crossed"))
    found = panels.import_panel(workspace=workspace, user=alice, folder=folder, now=now)
    assert "qlora_crossed" in text_of(page(as_alice, "panel_list"))
    shown = page(as_alice, "panel_detail", found.panel.pk).context["page"]
    assert len(shown.rows) == found.panel.models.count()
    assert "models of panels" in text_of(page(as_alice, "model_list"))

"""Planning an audit: limits and cost before the lock, one audit however often it is sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from kombu.exceptions import OperationalError

from evaluations import tasks
from evaluations.models import Audit, AuditState, Workload
from evaluations.services import models as model_services
from evaluations.services.models import ModelDetails
from tests.services import distilling
from tests.views import world

pytestmark = pytest.mark.django_db
SLUG = "northmoor"
URL = f"/w/{SLUG}/audits/new/"


def text_of(answer: Any) -> str:
    body = answer.content.decode().replace("&#x27;", "'").replace("&quot;", '"')
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queues whose workers were woken."""
    queues: list[str] = []
    monkeypatch.setattr(tasks.work, "apply_async", lambda *, queue, **kwargs: queues.append(queue))
    return queues


@pytest.fixture
def parts(workspace: Any, alice: Any, now: Any) -> dict[str, Any]:
    """A suite, a student, an admissible candidate and one that was released later."""
    workload = Workload.objects.create(
        workspace=workspace,
        name="Routing",
        criticality_policy={"routine": 0.8, "standard": 0.9, "critical": 0.97},
    )
    return {
        "version": world.suite_version(workspace, alice, now, workload=workload),
        "student": world.recorded_model(workspace, alice, now, name="Docket 8B", released="2026-06-02"),
        "teacher": world.recorded_model(
            workspace, alice, now, name="Orrery 4", owner="Orrery", released="2025-03-11"
        ),
        "late": world.recorded_model(
            workspace, alice, now, name="Orrery 5", owner="Orrery", released="2026-08-24"
        ),
    }


def values(parts: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "student": parts["student"].pk, "version": parts["version"].pk, "title": "Docket on tickets",
        "candidates": [parts["teacher"].pk], "suspected": ["Orrery"], "alpha": "0.05", "temperature": "0",
        "samples": "1", "max_new_tokens": "64", "seed": "0", "currency": "EUR", "margin_routine": "90",
        "margin_standard": "95", "margin_critical": "98", "token": "one-form", "reviewed": "",
    } | changes  # fmt: skip


def review(client: Client, sent: dict[str, Any]) -> Any:
    return client.post(URL, sent | {"review": "1"})


def lock(client: Client, sent: dict[str, Any], **changes: Any) -> Any:
    """Review, then lock what was reviewed."""
    digest = review(client, sent).context["digest"]
    return client.post(URL, sent | {"reviewed": digest, "agree": "on", "lock": "1"} | changes, follow=True)


def test_the_first_step_asks_for_student_and_suite(parts: dict[str, Any], as_alice: Client) -> None:
    assert "Choose a suite version" in text_of(as_alice.get(URL))
    page = as_alice.get(URL, {"student": parts["student"].pk, "version": parts["version"].pk})
    assert [option.name for option in page.context["options"].candidates] == ["Orrery 4", "Orrery 5"]
    assert page.context["form"]["title"].value() == "Docket 8B on Support tickets"
    margins = {row["level"]: (row["n"], row["field"].value()) for row in page.context["form"].margins}
    assert margins == {"routine": (8, "80"), "standard": (8, "90"), "critical": (8, "97")}


def test_an_empty_workspace_is_told_what_is_missing(as_alice: Client) -> None:
    words = text_of(as_alice.get(URL))
    assert "No model is registered" in words
    assert "No task suite has a version" in words


def test_a_candidate_released_after_the_student_is_listed_as_time_barred(
    parts: dict[str, Any], as_alice: Client
) -> None:
    page = as_alice.get(URL, {"student": parts["student"].pk, "version": parts["version"].pk})
    barred = {
        option.name: (option.admissible, option.reason) for option in page.context["options"].candidates
    }
    assert barred["Orrery 4"] == (True, "")
    assert barred["Orrery 5"][0] is False
    assert "released 2026-08-24, after the student" in barred["Orrery 5"][1]
    assert "Time-barred" in text_of(page)


def test_the_review_says_what_the_plan_can_show_at_best(parts: dict[str, Any], as_alice: Client) -> None:
    page = review(as_alice, values(parts))
    limits = page.context["review"].limits
    # No reference at all: 0 untaught lineages of 19, so the smallest p is (1 + 0) / (1 + 0) = 1.
    assert [(owner.owner, owner.n_lineages, owner.missing, owner.smallest_p) for owner in limits.owners] == [
        ("Orrery", 0, 19, 1.0)
    ]
    assert 'As planned, "supported" is out of reach' in text_of(page)
    assert "Lock plan and start" in text_of(page)
    assert not Audit.objects.exists()


def test_the_estimate_counts_calls_and_says_which_price_is_missing(
    parts: dict[str, Any], workspace: Any, alice: Any, now: Any, as_alice: Client
) -> None:
    details = ModelDetails(key="live", name="Live 1", backend="openai_compatible", owner="Calder")
    live = model_services.save(
        workspace=workspace, user=alice, details=details, settings={"base_url": "https://api.example.com/v1", "model": "live"}, now=now
    )  # fmt: skip
    page = review(as_alice, values(parts, candidates=[parts["teacher"].pk, live.pk], samples="2"))
    estimate = page.context["review"].estimate
    # 24 samples: the endpoint answers each twice (48 calls); the two recorded models have one answer each.
    assert (estimate.n_calls, estimate.n_completions) == (48, 96)
    assert estimate.missing == ("Live 1: price missing",)
    assert estimate.time == "Not measured yet"
    assert "Samples leave this installation" in text_of(page)


def test_a_reviewed_plan_is_locked_started_and_its_workers_woken(
    parts: dict[str, Any], as_alice: Client, woken: list[str]
) -> None:
    page = lock(as_alice, values(parts))
    audit = Audit.objects.get()
    assert audit.state == AuditState.RUNNING
    assert audit.plan["suspected_owners"] == ["Orrery"]
    assert audit.plan["margins"] == {"routine": 0.9, "standard": 0.95, "critical": 0.98}
    assert audit.workload.name == "Routing"
    assert woken == ["cpu"]
    assert page.redirect_chain[-1][0] == reverse("audit_detail", args=[SLUG, 1])


def test_a_form_that_is_sent_twice_makes_one_audit(
    parts: dict[str, Any], as_alice: Client, woken: list[str]
) -> None:
    first = lock(as_alice, values(parts))
    second = lock(as_alice, values(parts))
    assert Audit.objects.count() == 1
    assert first.redirect_chain[-1][0] == second.redirect_chain[-1][0]
    assert audit_runs() == 2


def audit_runs() -> int:
    return Audit.objects.get().audit_models.exclude(run=None).count()


def test_a_silent_broker_does_not_break_the_page(
    parts: dict[str, Any], as_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(**kwargs: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(tasks.work, "apply_async", silent)
    page = lock(as_alice, values(parts))
    assert page.status_code == 200
    assert "It begins by itself when the queue is back" in text_of(page)
    assert Audit.objects.get().state == AuditState.RUNNING


BAD: list[tuple[dict[str, Any], str, str]] = [
    (
        {"margin_critical": "102"},
        "margin_critical",
        "Critical: more than 100% is more than the teacher. Enter a number from 50 to 100",
    ),
    ({"candidates": []}, "candidates", "The plan names no teacher candidate"),
    ({"samples": "99"}, "samples", "Decoding, samples: found 99, expected 1 to 20"),
    ({"alpha": "0.9"}, "alpha", "Error rate: found 0.9, expected a number above 0 and at most 0.5"),
    ({"temperature": "3"}, "temperature", "Decoding, temperature: found 3.0, expected 0.0 to 2.0"),
]


@pytest.mark.parametrize(("changes", "field", "sentence"), BAD)
def test_a_plan_that_cannot_be_locked_says_why_beside_the_field(
    changes: dict[str, Any],
    field: str,
    sentence: str,
    parts: dict[str, Any],
    as_alice: Client,
    woken: list[str],
) -> None:
    page = as_alice.post(URL, values(parts, **changes) | {"lock": "1", "agree": "on"})
    assert sentence in str(page.context["form"].errors[field])
    assert sentence in text_of(page)
    assert not Audit.objects.exists()
    assert woken == []


def test_a_suspected_owner_needs_a_candidate(
    parts: dict[str, Any], workspace: Any, alice: Any, now: Any, as_alice: Client
) -> None:
    world.recorded_model(workspace, alice, now, name="Calder Pro", owner="Calder")
    page = review(as_alice, values(parts, suspected=["Calder"]))
    assert "'Calder' owns no candidate" in text_of(page)


def test_three_suspected_owners_are_too_many(
    parts: dict[str, Any], workspace: Any, alice: Any, now: Any, as_alice: Client
) -> None:
    more = [
        world.recorded_model(workspace, alice, now, name=f"{name} 1", owner=name)
        for name in ("Calder", "Linden")
    ]
    sent = values(
        parts,
        candidates=[parts["teacher"].pk, *(m.pk for m in more)],
        suspected=["Orrery", "Calder", "Linden"],
    )
    page = review(as_alice, sent)
    assert "Found 3 suspected owners, expected at most 2" in text_of(page)


def test_a_plan_that_changed_since_the_review_is_shown_again(
    parts: dict[str, Any], as_alice: Client, woken: list[str]
) -> None:
    digest = review(as_alice, values(parts)).context["digest"]
    changed = values(parts, alpha="0.01") | {"reviewed": digest, "agree": "on", "lock": "1"}
    page = as_alice.post(URL, changed)
    assert "The plan changed since it was reviewed" in text_of(page)
    assert not Audit.objects.exists()


def test_a_plan_without_the_tick_is_not_locked(parts: dict[str, Any], as_alice: Client) -> None:
    page = lock(as_alice, values(parts), agree="")
    assert "Tick that the plan is final" in text_of(page)
    assert not Audit.objects.exists()


def test_a_model_of_another_workspace_cannot_be_named(
    parts: dict[str, Any], charlie: Any, now: Any, client_for: Callable[[Any], Client], as_alice: Client
) -> None:
    other = charlie.memberships.get().workspace
    foreign = world.recorded_model(other, charlie, now, name="Foreign", owner="Foreign")
    page = review(as_alice, values(parts, candidates=[foreign.pk]))
    assert "is not one of the available choices" in str(page.context["form"].errors["candidates"])
    start = as_alice.post(URL, values(parts, student=foreign.pk) | {"review": "1"})
    assert "options" not in (start.context or {})
    assert not Audit.objects.exists()


def test_trained_control_students_are_offered_and_locked_in_their_role(
    parts: dict[str, Any], workspace: Any, alice: Any, now: Any, as_alice: Client, woken: list[str]
) -> None:
    made = distilling.make_plan(workspace, None, now=now, recipes=["greedy", "targets"])
    for student, state in zip(made.students.all(), ("trained", "nothing_learnt"), strict=True):
        student.model = world.recorded_model(workspace, alice, now, name=f"Control {state}")
        student.state = state
        student.save()
    page = as_alice.get(URL, {"student": parts["student"].pk, "version": parts["version"].pk})
    options = page.context["options"]
    assert [option.name for option in options.controls] == ["Control trained"]
    assert not any(option.name.startswith("Control") for option in options.candidates)
    lock(as_alice, values(parts, controls=[options.controls[0].id]))
    assert Audit.objects.get().plan["controls"] == ["control-trained"]

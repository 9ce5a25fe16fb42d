"""The sample explorer: flips, filters, search, and pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from evaluations.models import Audit
from tests.views import world

pytestmark = pytest.mark.django_db
URL = reverse("audit_samples", args=["northmoor", 1])


def keys(answer: Any) -> list[str]:
    return [row.key for row in answer.context["page"].rows]


@pytest.fixture
def audit(without_pango: str, workspace: Any, alice: Any, now: Any) -> Audit:
    """The student gave two wrong answers (q0, q1) and none for q23; the teacher was always right."""
    return world.finished_audit(workspace, alice, now)


def test_samples_are_found_by_outcome_kind_and_words(audit: Audit, as_alice: Client) -> None:
    assert keys(as_alice.get(URL, {"outcome": "lost"})) == ["q0", "q1"]
    assert keys(as_alice.get(URL, {"outcome": "gained"})) == []
    assert keys(as_alice.get(URL, {"outcome": "failed"})) == ["q23"]
    assert len(keys(as_alice.get(URL, {"outcome": "both"}))) == 21
    # Every third row is critical: q0, q3, … q21; of the two lost ones that is q0.
    assert keys(as_alice.get(URL, {"outcome": "lost", "criticality": "critical"})) == ["q0"]
    assert keys(as_alice.get(URL, {"task": "translation"})) == []
    found = keys(as_alice.get(URL, {"find": "locate my card"}))
    assert "q0" in found and len(found) < 24
    assert keys(as_alice.get(URL, {"find": "lost_or_stolen"})) == ["q0", "q1"]
    assert keys(as_alice.get(URL, {"find": "q11"})) == ["q11"]
    counts = as_alice.get(URL).context["page"].counts
    assert counts == {"lost": 2, "gained": 0}


def test_one_sample_is_shown_with_answers_scores_and_a_diff(audit: Audit, as_alice: Client) -> None:
    page = as_alice.get(URL, {"sample": "q0"}).context["page"]
    teacher, student = page.shown.answers
    assert (teacher.name, teacher.accepted, student.name, student.accepted) == (
        "Orrery 4",
        True,
        "Docket 8B",
        False,
    )
    assert [(piece.kind, piece.text) for piece in student.pieces] == [
        ("del", "card_arrival"),
        ("ins", "lost_or_stolen_card"),
    ]
    assert page.shown.targets == ("card_arrival",)
    plain = as_alice.get(URL, {"sample": "q0", "diff": "0"}).context["page"]
    assert plain.shown.answers[1].pieces == ()
    failed = as_alice.get(URL, {"sample": "q23"}).context["page"].shown.answers[1]
    assert failed.error == "Missing"
    assert failed.accepted is None


def test_a_broken_address_shows_the_first_page(audit: Audit, as_alice: Client) -> None:
    answer = as_alice.get(
        URL, {"after": "x", "outcome": "nonsense", "beside": "nobody", "sample": "none", "find": "\0"}
    )
    assert answer.status_code == 200
    assert keys(answer)[0] == "q0"


def test_a_locked_audit_has_samples_without_answers(
    workspace: Any, alice: Any, now: Any, as_alice: Client
) -> None:
    world.locked_audit(workspace, alice, now)
    page = as_alice.get(URL)
    assert page.context["page"].shown.answers[0].error == "Not answered yet"
    assert b"No answer was scored" in page.content


def test_pages_follow_each_other_without_a_gap(
    workspace: Any, alice: Any, now: Any, as_alice: Client
) -> None:
    version = world.suite_version(workspace, alice, now, name="Long", n=100)
    world.locked_audit(workspace, alice, now, suite_version=version)
    seen: list[str] = []
    query: dict[str, Any] = {}
    while True:
        page = as_alice.get(URL, query).context["page"]
        seen += [row.key for row in page.rows]
        if page.next is None:
            break
        query = {"after": page.next}
    assert seen == [f"q{index}" for index in range(100)]
    back = as_alice.get(URL, {"before": page.previous}).context["page"]
    assert [row.key for row in back.rows] == seen[40:80]

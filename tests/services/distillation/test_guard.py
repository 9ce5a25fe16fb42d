"""Teachers whose terms restrict training: nothing starts before an approver says so knowingly."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from evaluations.errors import Refusal
from evaluations.models import Event, PlanState
from evaluations.services import runs
from evaluations.services.distillation import guard, plans
from tests.services.building import make_model
from tests.services.distilling import make_plan, make_prompts, make_teacher

pytestmark = pytest.mark.django_db
TEXT = "Agreed with counsel for this evaluation only."


def test_a_teacher_without_terms_on_record_is_restricted(workspace: Any, now: datetime) -> None:
    teacher = make_teacher(workspace, now=now)
    (entry,) = guard.restricted([teacher], today=now.date())
    assert entry["position"] == "no terms on record"
    assert entry["records"] == []


def test_a_commercial_api_whose_terms_restrict_is_listed_with_its_clause(
    workspace: Any, now: datetime
) -> None:
    teacher = make_model(
        workspace, "gpt-4-0314", now=now, owner="openai", family="gpt4", access_route="first_party_api"
    )
    (entry,) = guard.restricted([teacher], today=now.date())
    assert entry["records"]
    assert entry["position"] in ("restricts", "allowed with conditions")
    assert entry["clause"]


def test_a_licence_that_allows_it_as_read_needs_no_acknowledgement(workspace: Any, now: datetime) -> None:
    local = make_model(
        workspace, "deepseek-r1", now=now, owner="deepseek", access_route="self_hosted_weights"
    )
    assert guard.restricted([local], today=now.date()) == []


def test_a_licence_without_a_clause_is_asked_about(workspace: Any, now: datetime) -> None:
    local = make_model(
        workspace, "SmolLM2-135M-Instruct", now=now, owner="Hugging Face", access_route="self_hosted_weights"
    )
    (entry,) = guard.restricted([local], today=now.date())
    assert entry["position"] == "no clause found"


def test_a_restricted_plan_does_not_start_without_an_acknowledgement(
    workspace: Any, alice: Any, now: datetime, base: Path
) -> None:
    plan = make_plan(workspace, base, now=now)
    runs.work(queue_name="cpu")
    plan.refresh_from_db()
    with pytest.raises(Refusal, match="An approver must acknowledge this before the plan starts"):
        plans.start(plan=plan, user=alice, now=now)
    guard.acknowledge(plan=plan, user=alice, role="approver", text=TEXT, now=now)
    assert plans.start(plan=plan, user=alice, now=now)
    event = Event.objects.get(verb="training acknowledged")
    assert event.actor == "alice"
    assert event.payload["text"] == TEXT
    assert event.payload["teachers"][0]["model"] == "orrery"


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_only_an_approver_can_acknowledge(workspace: Any, now: datetime, role: str) -> None:
    plan = make_plan(workspace, None, now=now)
    with pytest.raises(Refusal, match="Only an approver or an admin"):
        guard.acknowledge(plan=plan, user=None, role=role, text=TEXT, now=now)
    plan.refresh_from_db()
    assert plan.acknowledged_at is None


def test_an_acknowledgement_needs_a_ground_and_is_given_once(
    workspace: Any, alice: Any, now: datetime
) -> None:
    plan = make_plan(workspace, None, now=now)
    with pytest.raises(Refusal, match="at least 20 characters"):
        guard.acknowledge(plan=plan, user=alice, role="admin", text="ok", now=now)
    guard.acknowledge(plan=plan, user=alice, role="admin", text=TEXT, now=now)
    with pytest.raises(Refusal, match="acknowledged already"):
        guard.acknowledge(plan=plan, user=alice, role="admin", text=TEXT, now=now)
    assert plan.state == PlanState.CHECKING


def test_who_is_learnt_from_is_restricted_and_nobody_else(workspace: Any, now: datetime) -> None:
    teacher = make_teacher(workspace, now=now)
    outsider = make_model(workspace, "outsider", now=now, access_route="first_party_api")

    def restricted(*names: str) -> list[str]:
        plan = make_plan(
            workspace, None, now=now, prompts=prompts, suite_version=verdict, teachers=[teacher],
            recipes=names, unrelated=outsider,
        )  # fmt: skip
        return [entry["model"] for entry in plan.restricted]

    prompts = make_prompts(workspace, now=now)
    verdict = make_prompts(workspace, now=now, name="Verdict", n=8, first=40)
    assert restricted("greedy") == ["orrery"]
    assert restricted("greedy", "unrelated") == ["orrery", "outsider"]
    # The suite's own targets are nobody's outputs.
    assert restricted("targets") == []


def test_a_plan_that_has_ended_is_not_acknowledged(workspace: Any, alice: Any, now: datetime) -> None:
    plan = make_plan(workspace, None, now=now)
    plans.cancel(plan=plan, user=alice, now=now)
    with pytest.raises(Refusal, match="D-0001 is cancelled"):
        guard.acknowledge(plan=plan, user=alice, role="admin", text=TEXT, now=now)

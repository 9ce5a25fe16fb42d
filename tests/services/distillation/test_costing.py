"""What the teachers' answers cost, counted before a plan starts."""

from datetime import datetime
from typing import Any

import pytest

from evaluations.models import Completion, DistillationPlan, Model, Run
from evaluations.services import run_setup
from evaluations.services.distillation import costing, steps
from tests.services.building import make_model
from tests.services.distilling import make_plan

pytestmark = pytest.mark.django_db
TEXTS = ["x" * 40] * 48
"""48 prompts of 40 characters: 480 tokens."""


def plan_with(workspace: Any, now: datetime, *, cap: int | None = None, **price: Any) -> DistillationPlan:
    """A plan of one greedy student of an endpoint; 1 micro-unit a prompt token, 2 an answer token."""
    facts = {"price_input_micro": 1_000_000, "price_output_micro": 2_000_000} | price
    teacher = make_model(
        workspace, "far", now=now, backend="openai_compatible",
        settings={"base_url": "https://models.example/v1", "model": "far"}, owner="far", **facts,
    )  # fmt: skip
    return make_plan(workspace, None, now=now, teachers=[teacher], budget_cap_micro=cap)


def test_an_endpoint_is_priced_by_its_tokens(workspace: Any, now: datetime) -> None:
    cost = costing.cost_of(plan_with(workspace, now), TEXTS)
    assert (cost.calls, cost.cached) == (48, 0)
    # 480 x 1 for the prompts; 48 x 64 x 2 = 6,144 for usual answers, 48 x 256 x 2 = 24,576 for the longest.
    assert cost.usual_micro == 6624
    assert cost.most_micro == 25_056


def test_stored_answers_are_not_paid_again(workspace: Any, now: datetime) -> None:
    plan = plan_with(workspace, now)
    run, _ = run_setup.run_for(
        Model.objects.get(key="far"), plan.prompts, steps.decoding_for(plan, 0.0),
        remote_scope=steps.scope_of(plan),
    )  # fmt: skip
    samples = list(plan.prompts.samples.order_by("position")[:24])
    Completion.objects.bulk_create(
        Completion(
            run=run, sample=sample, text="red", completion_tokens=10, obtained_by="buyer_ran", created_at=now
        )
        for sample in samples
    )
    cost = costing.cost_of(plan, TEXTS)
    assert (cost.calls, cost.cached) == (24, 24)
    # Half of the prompts, 240; the stored answers have 10 tokens: 24 x 10 x 2 = 480.
    assert cost.usual_micro == 720


def test_answers_to_an_audit_are_another_run_of_an_endpoint(workspace: Any, now: datetime) -> None:
    plan = plan_with(workspace, now)
    run_setup.run_for(
        Model.objects.get(key="far"), plan.prompts, steps.decoding_for(plan, 0.0), remote_scope="audit-1"
    )
    Run.objects.update(state="complete")
    assert costing.cost_of(plan, TEXTS).cached == 0


def test_a_cap_holds_for_the_longest_answers(workspace: Any, now: datetime) -> None:
    plan = plan_with(workspace, now, cap=25_055)
    (problem,) = costing.problems_of(plan, costing.cost_of(plan, TEXTS))
    assert problem.startswith("The teachers' answers may cost up to 0.03 USD, above the cap of 0.03")
    plan.budget_cap_micro = 25_056
    assert list(costing.problems_of(plan, costing.cost_of(plan, TEXTS))) == []


@pytest.mark.parametrize(
    ("price", "said"),
    [
        ({"price_output_micro": None}, "Far has no price, so the cap cannot be kept"),
        ({"currency": "EUR"}, "Far is priced in EUR and the plan in USD, so the cap cannot be kept"),
    ],
)
def test_a_cap_without_a_price_cannot_be_kept(
    workspace: Any, now: datetime, price: dict[str, Any], said: str
) -> None:
    plan = plan_with(workspace, now, cap=1_000_000, **price)
    cost = costing.cost_of(plan, TEXTS)
    assert cost.usual_micro is None
    (problem,) = costing.problems_of(plan, cost)
    assert problem.startswith(said)


def test_without_a_cap_an_unknown_price_is_no_problem(workspace: Any, now: datetime) -> None:
    plan = plan_with(workspace, now, price_input_micro=None)
    assert list(costing.problems_of(plan, costing.cost_of(plan, TEXTS))) == []

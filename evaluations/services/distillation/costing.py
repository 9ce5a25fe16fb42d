"""What the teachers' answers to the training prompts cost, before a plan starts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Avg

from evaluations.inference.backend import backends as backend_registry
from evaluations.models import Completion, DistillationPlan, Model, Run
from evaluations.services import run_setup
from evaluations.services.distillation import steps

CHARACTERS_A_TOKEN: Final = 4
UNKNOWN_ANSWER_TOKENS: Final = 64


@dataclass(frozen=True)
class AnswersCost:
    """Calls to make, answers stored already, and the price in micro-units of the plan's currency.

    ``usual_micro``: answers as long as the model's stored ones, else 64 tokens. ``most_micro``: every answer as
    long as the plan allows. Both are ``None`` where a price is not known; ``unpriced`` says whose and why.
    """

    calls: int
    cached: int
    usual_micro: int | None
    most_micro: int | None
    unpriced: tuple[str, ...]


def cost_of(plan: DistillationPlan, texts: Sequence[str]) -> AnswersCost:
    """Count what is missing; a quarter of the characters is taken for the prompt's tokens."""
    calls = cached = usual = most = 0
    unpriced: list[str] = []
    counted: set[tuple[int, str]] = set()
    prompt_tokens = sum(len(text) for text in texts) // CHARACTERS_A_TOKEN
    for (_, temperature), model in steps.asked_of(plan).items():
        same = run_setup.configuration_of(
            model, plan.prompts, steps.decoding_for(plan, temperature), remote_scope=steps.scope_of(plan)
        )
        if (model.pk, same["decoding_digest"]) in counted:
            continue
        counted.add((model.pk, same["decoding_digest"]))
        stored = min(len(texts), Completion.objects.filter(run__in=Run.objects.filter(**same)).count())
        missing = len(texts) - stored
        calls, cached = calls + missing, cached + stored
        if not missing or not backend_registry.get(model.backend).sends_data:
            continue
        if reason := _unpriced(model, plan):
            unpriced.append(reason)
            continue
        sent = prompt_tokens * missing // len(texts)
        usual += _price(model, sent, missing * _usual_tokens(model))
        most += _price(model, sent, missing * int(plan.plan["decoding"]["max_new_tokens"]))
    known = not unpriced
    return AnswersCost(
        calls, cached, usual if known else None, most if known else None, tuple(dict.fromkeys(unpriced))
    )


def problems_of(plan: DistillationPlan, cost: AnswersCost) -> Iterator[str]:
    """Why the plan cannot keep to its cap, as sentences; none without a cap."""
    cap = plan.budget_cap_micro
    if cap is None:
        return
    for reason in cost.unpriced:
        yield f"{reason}, so the cap cannot be kept. Enter its price, or make the plan without a cap."
    if cost.most_micro is not None and cost.most_micro > cap:
        yield (
            f"The teachers' answers may cost up to {_money(cost.most_micro)} {plan.currency}, above the cap of "
            f"{_money(cap)}. Raise the cap or take fewer prompts."
        )


def _money(micro: int) -> str:
    return f"{micro / 1e6:,.2f}" if micro >= 10_000 else f"{micro / 1e6:,.6f}"


def _unpriced(model: Model, plan: DistillationPlan) -> str:
    if model.price_input_micro is None or model.price_output_micro is None:
        return f"{model.name} has no price"
    if model.currency != plan.currency:
        return f"{model.name} is priced in {model.currency} and the plan in {plan.currency}"
    return ""


def _usual_tokens(model: Model) -> int:
    stored = Completion.objects.filter(run__model=model, error="")
    return round(stored.aggregate(mean=Avg("completion_tokens"))["mean"] or UNKNOWN_ANSWER_TOKENS)


def _price(model: Model, prompt_tokens: int, answer_tokens: int) -> int:
    sent, received = model.price_input_micro or 0, model.price_output_micro or 0
    return -(-(prompt_tokens * sent + answer_tokens * received) // 1_000_000)

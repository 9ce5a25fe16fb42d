"""The cost of an audit's runs, from stored usage and the prices of the models."""

from __future__ import annotations

from collections.abc import Sequence

from evaluations.economics.costing import RunUsage, cost
from evaluations.economics.results import CostResult
from evaluations.metrics.scoring import Scored
from evaluations.models import Audit, Model
from evaluations.records import Completion
from evaluations.services.evidence import Gathered


def cost_of(audit: Audit, gathered: Gathered, scored: Scored, keys: Sequence[str]) -> CostResult:
    """Cost of the student and the candidates, and per month at the workload's volume."""
    rows = {m.model.key: m.model for m in audit.audit_models.select_related("model")}
    usages = [
        usage_of(rows[key], gathered.completions[key], scored.quality.accepted.get(key)) for key in keys
    ]
    return cost(
        usages,
        student=audit.plan["student"],
        candidates=[key for key in keys if key != audit.plan["student"]],
        monthly_volume=audit.workload.monthly_volume if audit.workload else None,
    )


def usage_of(model: Model, answers: Sequence[Completion | None], n_accepted: int | None) -> RunUsage:
    """Tokens, prices and latencies of one run; token sums are ``None`` where an answer lacks them."""
    given = [answer for answer in answers if answer is not None and not answer.error]
    return RunUsage(
        model=model.key,
        currency=model.currency,
        price_input_micro=model.price_input_micro,
        price_output_micro=model.price_output_micro,
        price_source=model.price_source,
        n_answers=len(given),
        n_accepted=n_accepted,
        prompt_tokens=_total([answer.usage.prompt_tokens for answer in given]),
        completion_tokens=_total([answer.usage.completion_tokens for answer in given]),
        latencies_ms=tuple(answer.latency_ms for answer in given if answer.latency_ms is not None),
    )


def _total(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if counts and len(known) == len(counts) else None

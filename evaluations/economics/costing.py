"""What the answers cost: from token counts and prices to cost per 1,000 accepted answers.

Money is in integer micro-units. Amounts are computed as exact fractions and rounded once, half up,
at the end; a missing price or count gives ``None`` and its reason, never 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from evaluations.economics.results import CostLine, CostResult

_PER_MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class RunUsage:
    """What one run used. Prices are micro-units of ``currency`` per million tokens; 0 means free.

    ``n_answers`` counts answers that came back; token counts are their totals, ``None`` where the
    backend does not count. ``n_accepted`` is ``None`` where acceptance was not measured.
    """

    model: str
    currency: str = "USD"
    price_input_micro: int | None = None
    price_output_micro: int | None = None
    price_source: str = ""
    n_answers: int = 0
    n_accepted: int | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    latencies_ms: tuple[float, ...] = ()


def round_half_up(amount: Fraction) -> int:
    """The nearest integer; exactly half goes up (12.5 → 13)."""
    return (2 * amount.numerator + amount.denominator) // (2 * amount.denominator)


def cost(
    usages: Sequence[RunUsage], *, student: str, candidates: Sequence[str], monthly_volume: int | None
) -> CostResult:
    """The cost of every run, and a month of ``monthly_volume`` answers at the same length.

    Raises ``ValueError`` on a negative number or a model that is there twice.
    """
    exact: dict[str, Fraction | None] = {}
    lines = []
    for usage in usages:
        if usage.model in exact:
            raise ValueError(f"usage of {usage.model!r} is there twice; expected one run a model")
        _check(usage)
        exact[usage.model] = _total(usage)
        lines.append(_line(usage, exact[usage.model]))
    answers = {usage.model: usage.n_answers for usage in usages}

    def monthly(model: str) -> int | None:
        total = exact.get(model)
        if total is None or not answers[model] or monthly_volume is None:
            return None
        return round_half_up(total * monthly_volume / answers[model])

    return CostResult(
        lines=tuple(lines),
        monthly_volume=monthly_volume,
        monthly_student_micro=monthly(student),
        monthly_teacher_micro={model: monthly(model) for model in candidates},
        reason=_reason(lines, student, monthly_volume),
    )


def _check(usage: RunUsage) -> None:
    for name in (
        "price_input_micro",
        "price_output_micro",
        "prompt_tokens",
        "completion_tokens",
        "n_accepted",
    ):
        value = getattr(usage, name)
        if value is not None and value < 0:
            raise ValueError(f"{usage.model}: {name} is {value}; expected 0 or more, or None where unknown")
    if usage.n_answers < 0:
        raise ValueError(f"{usage.model}: n_answers is {usage.n_answers}; expected 0 or more")


def _missing(usage: RunUsage) -> list[str]:
    reasons = []
    if usage.price_input_micro is None or usage.price_output_micro is None:
        reasons.append("price missing")
    if usage.prompt_tokens is None or usage.completion_tokens is None:
        reasons.append("token counts missing")
    return reasons


def _total(usage: RunUsage) -> Fraction | None:
    """Exact micro-units of the whole run."""
    if (
        usage.price_input_micro is None
        or usage.price_output_micro is None
        or usage.prompt_tokens is None
        or usage.completion_tokens is None
    ):
        return None
    spent = usage.prompt_tokens * usage.price_input_micro + usage.completion_tokens * usage.price_output_micro
    return Fraction(spent, _PER_MILLION)


def _line(usage: RunUsage, total: Fraction | None) -> CostLine:
    reasons = _missing(usage)
    if not usage.n_answers:
        reasons.append("no answers")
    if usage.n_accepted is None:
        reasons.append("acceptance not measured")
    elif usage.n_accepted == 0 and usage.n_answers:
        reasons.append("no accepted answer")
    p50, p95 = _latency(usage.latencies_ms)
    return CostLine(
        model=usage.model,
        currency=usage.currency,
        price_input_micro=usage.price_input_micro,
        price_output_micro=usage.price_output_micro,
        price_source=usage.price_source,
        n_answers=usage.n_answers,
        n_accepted=usage.n_accepted,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cost_micro=None if total is None else round_half_up(total),
        per_1000_answers_micro=_per_1000(total, usage.n_answers),
        per_1000_accepted_micro=_per_1000(total, usage.n_accepted),
        latency_p50_ms=p50,
        latency_p95_ms=p95,
        missing="; ".join(reasons),
    )


def _per_1000(total: Fraction | None, n: int | None) -> int | None:
    return round_half_up(total * 1000 / n) if total is not None and n else None


def _latency(latencies_ms: Sequence[float]) -> tuple[float | None, float | None]:
    """Median and 95th percentile (linear interpolation)."""
    if not latencies_ms:
        return None, None
    p50, p95 = np.percentile(np.asarray(latencies_ms, dtype=np.float64), [50, 95])
    return float(p50), float(p95)


def _reason(lines: Sequence[CostLine], student: str, monthly_volume: int | None) -> str:
    reasons = []
    currencies = sorted({line.currency for line in lines if line.cost_micro is not None})
    if len(currencies) > 1:
        reasons.append(f"prices are in {' and '.join(currencies)} and are not converted")
    if not any(line.cost_micro is not None for line in lines):
        reasons.append("no run has both a price and token counts")
    elif not any(line.model == student and line.cost_micro is not None for line in lines):
        reasons.append("the student's cost is not measured")
    if monthly_volume is None:
        reasons.append("the workload has no monthly volume")
    return "; ".join(reasons)

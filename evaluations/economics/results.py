"""The frozen outcome of costing an audit. Money is in integer micro-units of ``currency``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CostLine:
    """What one model's run cost.

    Prices are micro-units per million tokens. ``cost_micro`` is the whole run; ``missing`` says
    why a number is ``None`` (for example "price missing" or "token counts missing").
    """

    model: str
    currency: str
    price_input_micro: int | None
    price_output_micro: int | None
    price_source: str
    n_answers: int
    n_accepted: int | None
    prompt_tokens: int | None
    completion_tokens: int | None
    cost_micro: int | None
    per_1000_answers_micro: int | None
    per_1000_accepted_micro: int | None
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    missing: str


@dataclass(frozen=True, slots=True)
class CostResult:
    """Cost of every model of the audit, and the monthly figure at the workload's volume."""

    lines: tuple[CostLine, ...]
    monthly_volume: int | None
    monthly_student_micro: int | None
    monthly_teacher_micro: dict[str, int | None]
    reason: str


@dataclass(frozen=True, slots=True)
class DatedReason:
    """One date that matters for the next evaluation, ISO ``YYYY-MM-DD``, with its reason."""

    date: str
    reason: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class ShelfLife:
    """When to look again and why; ``triggers`` pull the date forward."""

    look_again_on: str
    reason: str
    dates: tuple[DatedReason, ...]
    triggers: tuple[str, ...]

"""Cost of runs, worked by hand, and every way in which a number can be missing."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from evaluations.economics.costing import RunUsage, cost, round_half_up
from evaluations.economics.results import CostLine, CostResult

STUDENT = RunUsage("student", "USD", 150_000, 600_000, "list", 1000, 800, 200_000, 50_000, (10.0, 20.0, 30.0))
TEACHER = RunUsage("teacher", "USD", 2_500_000, 10_000_000, "list", 1000, 900, 200_000, 50_000)


def costs(*usages: RunUsage, volume: int | None = 30_000) -> CostResult:
    return cost(usages, student="student", candidates=["teacher"], monthly_volume=volume)


def line(usage: RunUsage) -> CostLine:
    return costs(usage).lines[0]


def test_cost_is_tokens_times_price() -> None:
    found = line(STUDENT)
    # 0.2 M × 150,000 + 0.05 M × 600,000 = 30,000 + 30,000 micro
    assert found.cost_micro == 60_000
    assert found.per_1000_answers_micro == 60_000
    # 60,000 × 1000 / 800
    assert found.per_1000_accepted_micro == 75_000
    assert (found.latency_p50_ms, found.latency_p95_ms) == (20.0, pytest.approx(29.0))
    assert found.missing == ""


def test_a_month_is_the_volume_at_the_same_cost_per_answer() -> None:
    result = costs(STUDENT, TEACHER)
    # 60,000 / 1,000 × 30,000; teacher 0.2 × 2.5 M + 0.05 × 10 M = 1,000,000 → × 30
    assert result.monthly_student_micro == 1_800_000
    assert result.monthly_teacher_micro == {"teacher": 30_000_000}
    assert result.reason == ""


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"price_input_micro": None}, "price missing"),
        ({"price_output_micro": None}, "price missing"),
        ({"prompt_tokens": None}, "token counts missing"),
        ({"completion_tokens": None}, "token counts missing"),
    ],
)
def test_a_missing_price_or_count_is_never_free(change: dict[str, None], reason: str) -> None:
    result = costs(replace(STUDENT, **change))
    found = result.lines[0]
    assert (found.cost_micro, found.per_1000_answers_micro, found.per_1000_accepted_micro) == (
        None,
        None,
        None,
    )
    assert found.missing == reason
    assert result.monthly_student_micro is None
    assert result.monthly_teacher_micro == {"teacher": None}
    assert "no run has both a price and token counts" in result.reason


def test_a_free_model_costs_zero() -> None:
    assert line(replace(STUDENT, price_input_micro=0, price_output_micro=0)).cost_micro == 0


def test_no_accepted_answer_has_no_cost_per_accepted() -> None:
    found = line(replace(STUDENT, n_accepted=0))
    assert (found.per_1000_accepted_micro, found.missing) == (None, "no accepted answer")
    assert line(replace(STUDENT, n_accepted=None)).missing == "acceptance not measured"


def test_a_run_without_answers_has_no_cost_per_answer() -> None:
    found = line(replace(STUDENT, n_answers=0, n_accepted=0, prompt_tokens=0, completion_tokens=0))
    assert (found.cost_micro, found.per_1000_answers_micro, found.latency_p50_ms) == (
        0,
        None,
        pytest.approx(20.0),
    )
    assert found.missing == "no answers"


def test_half_a_micro_unit_rounds_up_once_at_the_end() -> None:
    assert [round_half_up(Fraction(n, 2)) for n in (1, 2, 3, 25)] == [1, 1, 2, 13]
    # One token at 500,000 per million is 0.5 micro, shown as 1; 1,000 of one answer are 500 exactly.
    found = line(RunUsage("student", "USD", 500_000, 0, "", 1, 1, 1, 0))
    assert (found.cost_micro, found.per_1000_answers_micro) == (1, 500)


def test_currencies_are_not_mixed_silently() -> None:
    assert "prices are in EUR and USD" in costs(STUDENT, replace(TEACHER, currency="EUR")).reason


def test_no_volume_gives_no_monthly_figure() -> None:
    result = costs(STUDENT, volume=None)
    assert result.monthly_student_micro is None
    assert result.reason == "the workload has no monthly volume"


def test_impossible_usage_is_refused() -> None:
    with pytest.raises(ValueError, match="prompt_tokens is -1"):
        line(replace(STUDENT, prompt_tokens=-1))
    with pytest.raises(ValueError, match="n_answers is -1"):
        line(replace(STUDENT, n_answers=-1))
    with pytest.raises(ValueError, match="'student' is there twice"):
        costs(STUDENT, STUDENT)

"""Quality of an audit: denominators, retention, flips, acceptance, and the honesty of intervals."""

from __future__ import annotations

import time

import numpy as np
import pytest

from evaluations.metrics._bootstrap import Bootstrap, zero_of
from evaluations.metrics.results import MetricSummary, Retention
from evaluations.metrics.scoring import Scored, score
from evaluations.records import Completion, ErrorClass, Sample, to_json

MARGINS = {"routine": 0.9, "standard": 0.95, "critical": 0.98}


def suite(n: int, task_type: str = "qa", **more: object) -> list[Sample]:
    return [
        Sample(id=f"s{i}", input=f"q{i}", targets=("yes",), task_type=task_type, **more) for i in range(n)
    ]  # type: ignore[arg-type]


def run(samples: list[Sample], texts: list[str | None]) -> list[Completion | None]:
    return [
        None if text is None else Completion(sample_id=sample.id, text=text)
        for sample, text in zip(samples, texts, strict=True)
    ]


def scored(samples: list[Sample], **texts: list[str | None]) -> Scored:
    runs = {model: run(samples, answers) for model, answers in texts.items()}
    return score(samples, runs, student="student", candidates=["teacher"], margins=MARGINS, seed=0)


def summary(result: Scored, model: str, metric: str, part: str = "overall") -> MetricSummary:
    return next(s for s in result.quality.summaries if (s.model, s.metric, s.slice) == (model, metric, part))


def retention(result: Scored, part: str = "overall") -> Retention:
    return next(r for r in result.quality.retentions if r.slice == part)


def test_retention_is_the_students_score_over_the_teachers() -> None:
    # Teacher right on 80 of 100, student on 60: 0.6 / 0.8 = 0.75; 20 lost, none gained.
    samples = suite(100)
    result = scored(samples, teacher=["yes"] * 80 + ["no"] * 20, student=["yes"] * 60 + ["no"] * 40)
    kept = retention(result)
    assert (kept.value, kept.student_value, kept.teacher_value, kept.n) == (
        pytest.approx(0.75),
        0.6,
        0.8,
        100,
    )
    assert kept.low is not None and kept.high is not None
    assert kept.low < 0.75 < kept.high < 0.95
    assert (kept.margin, kept.outcome) == (0.95, "below")
    flip = result.quality.flips[0]
    assert (flip.lost, flip.gained, flip.n) == (20, 0, 100)
    assert flip.lost_ids[0] == "s60"
    assert result.quality.accepted == {"teacher": 80, "student": 60}


def test_a_failed_call_is_never_a_wrong_answer() -> None:
    samples = suite(4)
    runs = {
        "teacher": run(samples, ["yes"] * 4),
        "student": [
            Completion("s0", "yes"),
            Completion("s1", "no"),
            Completion("s2", "", error=ErrorClass.TIMEOUT),
            None,
        ],
    }
    result = score(samples, runs, student="student", candidates=["teacher"], margins=MARGINS, seed=0)
    row = summary(result, "student", "exact_match")
    # 1 of the 2 scored answers is right; 4 samples in all, one call failed.
    assert (row.value, row.n_scored, row.n_all, row.n_failed) == (0.5, 2, 4, 1)
    assert result.accepted["student"] == (True, False, None, None)
    assert retention(result).n == 2


def test_an_empty_text_is_a_wrong_answer() -> None:
    samples = suite(2)
    assert (
        summary(scored(samples, teacher=["yes"] * 2, student=["", "yes"]), "student", "exact_match").value
        == 0.5
    )


def test_without_targets_nothing_is_measured_and_costs_nothing() -> None:
    samples = [Sample(id=str(i), input="q") for i in range(805)]
    completion = Completion("x", "some text")
    runs: dict[str, list[Completion | None]] = {f"m{i}": [completion] * 805 for i in range(131)}
    start = time.process_time()
    result = score(samples, runs, student="m0", candidates=["m1", "m2"], margins=MARGINS, seed=0)
    assert time.process_time() - start < 0.5
    assert result.quality.reason == "no targets in this suite"
    assert [r.outcome for r in result.quality.retentions] == ["not_measured"] * 2
    assert result.quality.summaries == ()


def test_a_teacher_that_scores_zero_has_no_retention() -> None:
    kept = retention(scored(suite(40), teacher=["no"] * 40, student=["yes"] * 40))
    assert (kept.value, kept.outcome) == (None, "not_measured")
    assert "scores 0" in kept.reason


def test_few_samples_never_decide() -> None:
    kept = retention(scored(suite(29), teacher=["yes"] * 29, student=["yes"] * 29))
    assert kept.outcome == "undecided"
    assert "only 29 common samples" in kept.reason


def test_identical_answers_are_within_only_with_enough_samples() -> None:
    # 0 of 30 differ: up to 1 - 0.025^(1/30) = 11.6 % may, so 0.95 is not shown; of 300: 1.2 %.
    assert zero_of(30) == pytest.approx(0.1157, abs=1e-4)
    assert retention(scored(suite(30), teacher=["yes"] * 30, student=["yes"] * 30)).outcome == "undecided"
    assert retention(scored(suite(300), teacher=["yes"] * 300, student=["yes"] * 300)).outcome == "within"


def test_margins_follow_the_criticality() -> None:
    samples = [*suite(40, criticality="critical"), *suite(40, criticality="routine")]
    samples = [Sample(f"x{i}", s.input, s.targets, s.task_type, s.criticality) for i, s in enumerate(samples)]
    result = scored(samples, teacher=["yes"] * 80, student=["yes"] * 80)
    assert retention(result, "criticality:critical").margin == 0.98
    assert retention(result, "criticality:routine").margin == 0.9
    # Half critical, half routine: (0.98 + 0.9) / 2
    assert retention(result).margin == 0.94
    assert retention(result, "task:qa").margin == 0.94


def test_an_answer_with_exactly_one_label_is_that_label() -> None:
    samples = [
        Sample("1", "q", ("card_payment",), "classification"),
        Sample("2", "q", ("reverted_card_payment",), "classification"),
        Sample("3", "q", ("A",), "classification"),
    ]
    texts: list[str | None] = [
        "The category is: Card payment.",
        "It is reverted card payment",
        "A or B, I cannot say",
    ]
    result = scored(samples, teacher=["x"] * 3, student=texts)
    assert result.accepted["student"] == (True, True, False)
    both: list[str | None] = ["card_payment or reverted_card_payment", "x", "x"]
    assert scored(samples, teacher=["x"] * 3, student=both).accepted["student"][0] is False


def test_worked_solutions_are_compared_after_the_marker() -> None:
    targets = ("16 - 3 = <<16-3=13>>13\n#### 1,013",)
    samples = [Sample(str(i), "q", targets, "qa", target_rule="after_marker") for i in range(4)]
    texts: list[str | None] = ["so\n#### 1013", "The answer is $1,013.00.", "13", "1013 or rather 5"]
    assert scored(samples, teacher=texts, student=texts).accepted["student"] == (True, True, False, False)


def test_the_last_number_of_a_range_is_not_negative() -> None:
    samples = [Sample("1", "q", ("#### 4",), "qa", target_rule="after_marker")]
    texts: list[str | None] = ["It takes 3-4 days, 3-4"]
    assert scored(samples, teacher=texts, student=texts).accepted["student"] == (True,)


def test_a_slice_without_margin_is_measured_but_undecided() -> None:
    samples = suite(40)
    runs = {model: run(samples, ["yes"] * 40) for model in ("student", "teacher")}
    result = score(samples, runs, student="student", candidates=["teacher"], margins={}, seed=0)
    kept = retention(result)
    assert (kept.value, kept.margin, kept.outcome) == (1.0, None, "undecided")


def test_all_of_needs_every_target() -> None:
    samples = [
        Sample(str(i), "q", ("Billing", "Refund Cancel"), "classification", target_rule="all_of")
        for i in range(3)
    ]
    texts: list[str | None] = ["billing; refund cancel", "Refund Cancel, and Billing", "Billing"]
    assert scored(samples, teacher=texts, student=texts).accepted["student"] == (True, True, False)


def test_long_answers_are_accepted_from_half_overlap() -> None:
    samples = [Sample(str(i), "q", ("a b c d",), "summarisation") for i in range(2)]
    # "a b x y": 2·2/8 = 0.5 accepted; "a x y z": 2·1/8 = 0.25 not.
    result = scored(samples, teacher=["a b c d"] * 2, student=["a b x y", "a x y z"])
    assert result.accepted["student"] == (True, False)
    assert result.quality.headline == {"summarisation": "rouge_l"}


def test_metrics_cover_only_their_task_types() -> None:
    samples = [Sample("1", "q", ("a",), "qa"), Sample("2", "q", ("b",), "translation"), Sample("3", "q")]
    result = scored(samples, teacher=["a", "b", "c"], student=["a", "b", "c"])
    assert summary(result, "student", "exact_match").n_all == 1
    assert result.per_sample["student"]["chrf"] == (None, pytest.approx(1.0), None)
    assert result.quality.reason == "2 of 3 samples have a target"
    to_json(result.quality)


def test_a_run_of_the_wrong_length_is_refused() -> None:
    samples = suite(2)
    with pytest.raises(ValueError, match="has 1 completions; expected 2"):
        score(samples, {"a": [None], "b": [None]}, student="a", candidates=["b"], margins={}, seed=0)
    with pytest.raises(ValueError, match="no run of 'b'"):
        score(samples, {"a": [None, None]}, student="a", candidates=["b"], margins={}, seed=0)


def test_the_same_seed_gives_the_same_interval() -> None:
    samples = suite(100)
    texts: list[str | None] = ["yes", "no"] * 50
    assert scored(samples, teacher=["yes"] * 100, student=texts) == scored(
        samples, teacher=["yes"] * 100, student=texts
    )


def test_grouped_resampling_agrees_with_direct_resampling() -> None:
    rng = np.random.default_rng(0)
    rows = (rng.random((3900, 2)) < 0.7).astype(float)
    direct = Bootstrap(0).ratio(rows[:, 0], rows[:, 1])
    # The same rows once more and 200 further ones pass the bound of direct weights.
    many = np.concatenate([rows, rows[:200]])
    assert Bootstrap(0).ratio(many[:, 0], many[:, 1]) == pytest.approx(direct, abs=0.01)


def test_the_retention_interval_covers_the_truth() -> None:
    # Teacher right with 0.8; the student right with 0.85 where the teacher is, 0.3 where not:
    # its rate is 0.8·0.85 + 0.2·0.3 = 0.74, so the true retention is 0.925.
    rng = np.random.default_rng(7)
    hits = 0
    for repeat in range(400):
        teacher = rng.random(200) < 0.8
        student = np.where(teacher, rng.random(200) < 0.85, rng.random(200) < 0.3)
        low, high = Bootstrap(repeat, draws=500).ratio(student.astype(float), teacher.astype(float))
        hits += low <= 0.925 <= high
    assert 0.90 <= hits / 400 <= 0.98


def test_macro_f1_has_an_interval_around_its_value() -> None:
    samples = [Sample(str(i), "q", (("no", "yes")[i % 2],), "classification") for i in range(200)]
    texts: list[str | None] = [("no", "yes")[i % 2] if i % 5 else "yes" for i in range(200)]
    row = summary(scored(samples, teacher=texts, student=texts), "student", "macro_f1")
    assert row.value is not None and row.low is not None and row.high is not None
    assert row.low < row.value < row.high

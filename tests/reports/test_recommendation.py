from __future__ import annotations

from typing import Any

import pytest

from evaluations.reports.advice import advise
from evaluations.reports.facts import Facts
from evaluations.reports.recommendation import RULES, Situation, decide, situation
from evaluations.reports.retention import decisive_teacher
from tests.reports.snapshots import SNAPSHOTS, full


def good(**rest: Any) -> Situation:
    """Everything within its margin, cheaper, nothing open."""
    values: dict[str, Any] = {
        "teacher": "t",
        "why_not": "",
        "within": ("critical", "routine"),
        "dearer": False,
    }
    return Situation(**{**values, **rest})


@pytest.mark.parametrize(
    ("found", "rule", "outcome"),
    [
        (good(), "R7", "buy"),
        (good(why_not="no targets"), "R1", "inconclusive"),
        (good(within=(), below=("critical",)), "R2", "do_not_rely"),
        (good(within=(), below=("critical",), undecided=("routine",)), "R2", "do_not_rely"),
        (good(within=(), undecided=("routine",)), "R3", "inconclusive"),
        (good(vendor_supplied=True), "R4", "inconclusive"),
        (good(within=("routine",), below=("critical",)), "R5", "conditions"),
        (good(within=("routine",), undecided=("critical",)), "R5", "conditions"),
        (good(critical_questions=1), "R6", "conditions"),
        (good(dearer=True), "R6", "conditions"),
        (good(dearer=None), "R6", "conditions"),
        (good(unmeasured=("standard",)), "R6", "conditions"),
        (good(failed_share=0.03), "R6", "conditions"),
        (good(failed_share=0.02), "R7", "buy"),
    ],
)
def test_each_rule_decides_its_case(found: Situation, rule: str, outcome: str) -> None:
    assert (decide(found).id, decide(found).outcome) == (rule, outcome)


def test_the_last_rule_always_holds() -> None:
    assert RULES[-1].when(Situation(teacher="", why_not=""))


@pytest.mark.parametrize("vendor_within", [("critical",), ("routine",)])
def test_vendor_supplied_answers_alone_never_carry_a_favourable_result(
    vendor_within: tuple[str, ...],
) -> None:
    for below in ((), ("standard",)):
        found = decide(good(within=vendor_within, below=below, vendor_supplied=True))
        assert found.outcome == "inconclusive"


def all_within() -> dict[str, Any]:
    snapshot = full()
    for row in snapshot["findings"]["quality"]["retentions"]:
        if row["margin"] is not None:
            row["outcome"] = "within"
    snapshot["findings"]["licence"]["questions"] = []
    return snapshot


@pytest.mark.parametrize("status", ["supported", "inconclusive", "not_supported", "not_assessed"])
def test_provenance_moves_the_word_only_between_buy_and_buy_with_conditions(status: str) -> None:
    for make, allowed in ((all_within, {"buy", "conditions"}), (full, {"conditions"})):
        snapshot = make()
        snapshot["findings"]["provenance"]["owners"][0]["status"] = status
        assert advise(Facts(snapshot)).outcome in allowed


def test_provenance_never_turns_a_failure_into_a_purchase() -> None:
    for status in ("supported", "not_supported"):
        snapshot = full()
        snapshot["findings"]["provenance"]["owners"][0]["status"] = status
        for row in snapshot["findings"]["quality"]["retentions"]:
            if row["margin"] is not None:
                row["outcome"] = "below"
        assert advise(Facts(snapshot)).outcome == "do_not_rely"


def test_a_buy_needs_everything_measured_and_nothing_open() -> None:
    snapshot = all_within()
    snapshot["findings"]["provenance"]["owners"][0]["status"] = "not_supported"

    found = advise(Facts(snapshot))

    # 2 of 400 calls failed: 0.5%, under the 2% that would be a condition.
    assert found.word == "Buy"


def test_quality_that_was_not_measured_is_inconclusive_with_its_reason() -> None:
    found = advise(Facts(SNAPSHOTS["inconclusive"]()))

    assert found.word == "Inconclusive"
    assert "No sample has a target" in found.why


def test_the_best_candidate_decides_whatever_provenance_says() -> None:
    # orrery-4 scores 0.92 over all samples, calder-pro 0.86.
    assert decisive_teacher(Facts(full())) == "orrery-4"


def test_a_supplied_teacher_counts_like_a_supplied_student() -> None:
    snapshot = full()
    for model in snapshot["models"]:
        if model["key"] == "orrery-4":
            model["obtained_by"] = "vendor_supplied"

    assert situation(Facts(snapshot)).vendor_supplied


def test_a_missing_price_is_not_a_price_of_zero() -> None:
    snapshot = full()
    snapshot["findings"]["cost"]["lines"][0].update(per_1000_answers_micro=None, per_1000_accepted_micro=None)

    assert situation(Facts(snapshot)).dearer is None


def test_the_report_prints_the_rule_that_decided() -> None:
    assert advise(Facts(full())).rule == "R5"

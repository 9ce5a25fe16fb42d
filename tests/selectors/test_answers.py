"""The three answers in one row."""

from __future__ import annotations

from datetime import date

import pytest

from evaluations.selectors import answers

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        # 24 Nov to 11 May: 6 + 31 + 31 + 28 + 31 + 30 + 11 = 168 days.
        ("2027-05-11", ("11 May 2027", "in 168 days", False)),
        ("2026-11-24", ("24 Nov 2026", "today", False)),
        ("2026-11-17", ("17 Nov 2026", "7 days overdue", True)),
        ("2026-11-25", ("25 Nov 2026", "in 1 day", False)),
    ],
)
def test_the_next_date_says_how_far_away_it_is(on: str, expected: tuple[str, str, bool]) -> None:
    assert answers.again({"look_again_on": on}, today=TODAY) == expected


def test_a_snapshot_without_findings_reads_not_measured() -> None:
    row = answers.of_snapshot({"plan": {"student": "s"}, "findings": {}}, today=TODAY)
    assert row.teacher.word == "Not measured"
    assert (row.kept, row.cost, row.again, row.margin) == ("", "", "", None)


def snapshot(status: str) -> dict[str, object]:
    owner = {
        "owner": "Orrery",
        "status": status,
        "p": 0.02,
        "p_corrected": 0.035,
        "settle": ["180 more prompts"],
        "reasons": ["too few"],
    }
    return {
        "plan": {"student": "s", "candidates": ["t"], "suspected_owners": ["Orrery"], "currency": "EUR"},
        "models": [
            {"key": "s", "name": "Docket", "vendor": "Brackwater"},
            {"key": "t", "name": "Orrery 4", "owner": "Orrery"},
        ],
        "findings": {
            "provenance": {
                "owners": [owner],
                "exploration": {},
                "teacher": {"status": status},
                "candidates": [],
            },
            "quality": {
                "retentions": [
                    {
                        "teacher": "t",
                        "slice": "overall",
                        "value": 0.958,
                        "low": 0.94,
                        "high": 0.975,
                        "n": 1440,
                        "teacher_value": 0.9,
                        "outcome": "within",
                    },
                    {
                        "teacher": "t",
                        "slice": "criticality:critical",
                        "value": 0.9,
                        "outcome": "below",
                        "margin": 0.98,
                    },
                    {
                        "teacher": "t",
                        "slice": "criticality:standard",
                        "value": 0.97,
                        "outcome": "within",
                        "margin": 0.95,
                    },
                    {
                        "teacher": "t",
                        "slice": "criticality:routine",
                        "value": 0.97,
                        "outcome": "within",
                        "margin": 0.9,
                    },
                ]
            },
            "cost": {"lines": [{"model": "s", "currency": "EUR", "per_1000_accepted_micro": 570_000}]},
        },
    }


def test_a_supported_owner_is_named_with_its_corrected_p() -> None:
    row = answers.of_snapshot(snapshot("supported"), today=TODAY)
    assert (row.teacher.word, row.teacher_name, row.teacher_detail) == ("Supported", "Orrery", "p = 0.035")
    assert (row.kept, row.kept_detail) == ("95.8%", "94.0 to 97.5%, n = 1,440")
    assert row.cost == "€0.57"


def test_an_inconclusive_row_names_nobody_and_says_what_would_settle_it() -> None:
    row = answers.of_snapshot(snapshot("inconclusive"), today=TODAY)
    assert (row.teacher.word, row.teacher_name, row.teacher_detail) == (
        "Inconclusive",
        "",
        "180 more prompts",
    )


def test_the_worst_slice_decides_the_mark_and_the_others_are_counted() -> None:
    row = answers.of_snapshot(snapshot("inconclusive"), today=TODAY)
    assert row.margin is not None
    assert (row.margin.kind, row.margin.word, row.margin_detail) == ("below", "1 below", "2 within")

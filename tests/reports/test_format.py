from __future__ import annotations

import pytest

from evaluations.reports import format as fmt


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (fmt.number(1440.0, 0), "1,440"),
        (fmt.number(-0.5), "−0.5"),
        (fmt.number(-0.01), "0.0"),
        (fmt.count(2.5), "2.5"),
        (fmt.count(24.0), "24"),
        (fmt.signed(4.6), "+4.6"),
        (fmt.signed(0.01), "0.0"),
        (fmt.pct(0.958), "95.8%"),
        (fmt.pct_plain(0.95), "95%"),
        (fmt.pct_plain(0.975), "97.5%"),
        (fmt.pct_range(0.94, 0.975), "94.0 to 97.5%"),
        (fmt.signed_range(-0.5, 0.9), "−0.5 to +0.9"),
        (fmt.pvalue(0.0352), "0.035"),
        (fmt.pvalue(0.0001), "< 0.001"),
        (fmt.money(4_670_000, "EUR"), "€4.67"),
        (fmt.money(4_200, "USD"), "$0.0042"),
        (fmt.money(0, "USD"), "$0.00"),
        (fmt.money(9_057_000_000, "GBP"), "£9,057"),
        (fmt.money(-12_300_000, "CHF"), "−12.30 CHF"),
        (fmt.day("2027-05-11"), "11 May 2027"),
        (fmt.day("2027-05"), "May 2027"),
        (fmt.day("2027"), "2027"),
        (fmt.moment("2026-11-09T15:02:00+01:00"), "9 Nov 2026 14:02 UTC"),
        (fmt.short_digest("5f1c0b7e" + "0" * 52 + "a93e"), "5f1c0b7e…a93e"),
        (fmt.latency(640.0), "640 ms"),
        (fmt.latency(1900.0), "1.9 s"),
        (fmt.plural(1, "question"), "1 question"),
        (fmt.plural(3, "question"), "3 questions"),
        (fmt.join(["a", "b", "c"]), "a, b and c"),
        (fmt.label("token_f1"), "Token F1"),
        (fmt.label("rouge_l"), "ROUGE L"),
        (fmt.sentence("the end"), "The end."),
    ],
)
def test_a_number_is_printed_as_people_write_it(found: str, text: str) -> None:
    assert found == text


@pytest.mark.parametrize(
    "found",
    [
        fmt.number(None),
        fmt.count(None),
        fmt.signed(None),
        fmt.pct(None),
        fmt.pct_range(None, 0.5),
        fmt.pvalue(None),
        fmt.money(None, "USD"),
        fmt.day(None),
        fmt.moment(None),
        fmt.latency(None),
    ],
)
def test_none_reads_not_measured(found: str) -> None:
    assert found == "Not measured"


def test_a_text_that_is_no_date_stays_as_it_is() -> None:
    assert fmt.day("spring 2025") == "spring 2025"

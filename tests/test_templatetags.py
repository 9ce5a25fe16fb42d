"""Every filter, with values worked by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from django.template.loader import render_to_string

from evaluations.templatetags import pedigree


@pytest.mark.parametrize(
    "show",
    [
        pedigree.not_measured,
        pedigree.pct,
        pedigree.pct_range,
        pedigree.money,
        pedigree.number,
        pedigree.signed,
        pedigree.signed_range,
        pedigree.pvalue,
        pedigree.day,
        pedigree.moment,
        pedigree.duration,
        pedigree.latency,
        pedigree.short_digest,
    ],
)
def test_what_was_not_measured_is_said_in_words(show: Callable[[Any], str]) -> None:
    assert show(None) == "Not measured"


def test_zero_is_a_measurement() -> None:
    assert pedigree.not_measured(0) == 0
    assert pedigree.pct(0.0) == "0.0%"
    assert pedigree.money(0, "EUR") == "€0.00"
    assert pedigree.number(0) == "0"


def test_a_share_is_printed_as_a_percentage() -> None:
    # 0.94 of 1 is 94.0 of 100
    assert pedigree.pct(0.94) == "94.0%"
    assert pedigree.pct(0.958) == "95.8%"
    assert pedigree.pct(0.94, 0) == "94%"


def test_an_interval_carries_its_unit_once() -> None:
    assert pedigree.pct_range(0.94, 0.975) == "94.0 to 97.5%"
    assert pedigree.pct_range((0.94, 0.975)) == "94.0 to 97.5%"
    assert pedigree.pct_range(0.94, None) == "Not measured"


def test_money_is_read_from_micro_units() -> None:
    # 4,670,000 micro-units are 4.67 units
    assert pedigree.money(4_670_000, "EUR") == "€4.67"
    assert pedigree.money(570_000, "USD") == "$0.57"
    assert pedigree.money(9_057_000_000, "EUR") == "€9,057"


def test_thousands_are_grouped() -> None:
    assert pedigree.number(1440) == "1,440"
    assert pedigree.number(1234.56, 1) == "1,234.6"


def test_a_signed_number_uses_a_true_minus() -> None:
    assert pedigree.signed(4.6) == "+4.6"
    assert pedigree.signed(-0.5) == "−0.5"
    assert pedigree.signed(0.0) == "0.0"
    assert pedigree.signed_range((-0.5, 0.9)) == "−0.5 to +0.9"


def test_a_small_p_value_is_never_zero() -> None:
    assert pedigree.pvalue(0.035) == "p = 0.035"
    assert pedigree.pvalue(0.0004) == "p < 0.001"


def test_a_date_is_written_out() -> None:
    assert pedigree.day(dt.date(2027, 5, 11)) == "11 May 2027"
    assert pedigree.day("2027-05-11") == "11 May 2027"
    assert pedigree.day("2027-05") == "May 2027"
    assert pedigree.day("2027") == "2027"


def test_a_moment_is_shown_in_utc() -> None:
    # 16:02 two hours east of Greenwich is 14:02 UTC; 01:30 there is still the day before
    berlin = dt.timezone(dt.timedelta(hours=2))
    assert pedigree.moment(dt.datetime(2026, 11, 9, 16, 2, tzinfo=berlin)) == "9 Nov 2026 14:02 UTC"
    assert pedigree.day(dt.datetime(2026, 11, 9, 1, 30, tzinfo=berlin)) == "8 Nov 2026"
    assert pedigree.moment("2026-11-09T14:02:11Z") == "9 Nov 2026 14:02 UTC"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.34, "340 ms"),
        (0, "0 s"),
        (6, "6 s"),
        (41 * 60 + 59, "41 min"),
        (3600, "1 h"),
        (2 * 3600 + 5 * 60, "2 h 5 min"),
        (3 * 86400 + 4 * 3600, "3 d 4 h"),
        (dt.timedelta(days=2), "2 d"),
    ],
)
def test_a_duration_is_given_in_its_two_largest_units(seconds: float | dt.timedelta, words: str) -> None:
    assert pedigree.duration(seconds) == words


def test_a_latency_changes_its_unit_at_one_second() -> None:
    assert pedigree.latency(640) == "640 ms"
    assert pedigree.latency(1900) == "1.9 s"


def test_a_digest_is_shortened_to_its_two_ends() -> None:
    assert pedigree.short_digest("5f1c0b7e" + "0" * 52 + "a93e") == "5f1c0b7e…a93e"


def test_a_bar_is_full_only_when_nothing_is_left() -> None:
    # 3299 of 3300 is 99.97 %: still 99
    assert pedigree.percent_of(3299, 3300) == 99
    assert pedigree.percent_of(3300, 3300) == 100
    assert pedigree.percent_of(5, 0) == 0
    assert pedigree.percent_of(None, None) == 0


def test_stored_names_become_the_words_of_the_product() -> None:
    assert pedigree.obtained_by("vendor_supplied") == "Vendor supplied"
    assert pedigree.obtained_by("buyer_ran") == "Buyer ran"
    assert pedigree.obtained_by(None) == "Not recorded"
    assert pedigree.role_word("candidate") == "Teacher candidate"
    assert pedigree.role_word("control") == "Control student"
    assert [pedigree.role_key(role) for role in ("student", "candidate", "control")] == [
        "student",
        "teacher",
        "ref",
    ]
    assert pedigree.position_word("prohibited_competing") == "Restricts"
    assert pedigree.position_word("silent") == "No clause found"
    assert pedigree.position_word("unknown") == "Not read yet"
    assert pedigree.position_word(None) == "Not read yet"
    assert pedigree.position_word("allowed with conditions") == "Allowed with conditions"
    assert pedigree.words("rate_limited") == "Rate limited"


def test_a_value_is_looked_up_by_a_variable_key() -> None:
    assert pedigree.get_item({"a": 1}, "a") == 1
    assert pedigree.get_item({"a": 1}, "b") is None
    assert pedigree.get_item(None, "a") is None


def test_a_supported_name_always_carries_shared_data() -> None:
    html = render_to_string("components/_verdict.html", {"status": "supported", "name": "Orrery 4"})

    assert "Supported" in html
    assert "Orrery 4" in html
    assert "or data shared with it" in html


def test_an_inconclusive_verdict_never_looks_like_a_failure() -> None:
    html = render_to_string("components/_verdict.html", {"status": "inconclusive", "name": "Orrery 4"})

    assert "v--inconclusive" in html
    assert "#g-half" in html
    assert "shared with it" not in html
    assert "fail" not in html


def test_a_verdict_that_was_not_made_reads_not_measured() -> None:
    assert "Not measured" in render_to_string("components/_verdict.html", {})
    assert "Not measured" in render_to_string("components/_margin.html", {"outcome": "not_measured"})


def test_a_state_has_a_mark_and_a_word() -> None:
    html = render_to_string(
        "components/_state.html", {"state": "failed", "detail": "The endpoint answered 401."}
    )

    assert "st--fail" in html
    assert "#g-cross" in html
    assert "Failed" in html
    assert "answered 401" in html


def test_a_number_without_a_value_is_no_link() -> None:
    html = render_to_string("components/_number.html", {"text": None, "href": "/rows"})

    assert "Not measured" in html
    assert "href" not in html


class _Margins(forms.Form):
    margin = forms.IntegerField(label="Margin, %", help_text="From 50 to 100", max_value=100)
    note = forms.CharField(required=False, widget=forms.TextInput(attrs={"placeholder": "Why"}))
    agree = forms.BooleanField(label="Agree")
    kind = forms.ChoiceField(choices=[("a", "First"), ("b", "Second")], widget=forms.RadioSelect)


def test_a_field_shows_its_hint_before_and_its_error_after_the_control() -> None:
    form = _Margins({"margin": "102"})
    html = render_to_string("components/_field.html", {"field": form["margin"]})

    order = [html.index(part) for part in ("<label", "From 50 to 100", "<input", "less than or equal to 100")]
    assert order == sorted(order)
    assert 'aria-describedby="id_margin_helptext id_margin_error"' in html
    assert 'id="id_margin_helptext"' in html
    assert 'id="id_margin_error"' in html
    assert 'aria-invalid="true"' in html


def test_a_placeholder_is_dropped_because_it_vanishes() -> None:
    assert "placeholder" not in render_to_string("components/_field.html", {"field": _Margins()["note"]})


def test_choices_stand_in_a_named_group() -> None:
    html = render_to_string("components/_field.html", {"field": _Margins()["kind"]})

    assert html.count("<legend>") == 1
    assert html.count('type="radio"') == 2
    assert html.count("<fieldset") == html.count("</fieldset>") == 1


def test_a_text_from_a_vendor_is_escaped() -> None:
    page = Template(
        "{% load pedigree %}{% include 'components/_verdict.html' with status='supported' name=name %}"
    )

    assert "<script>" not in page.render(Context({"name": "<script>"}))

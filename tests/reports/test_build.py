"""Every registered section, over four snapshots, on the page and in the PDF."""

from __future__ import annotations

import copy
import re
from functools import cache
from typing import Any

import pytest

from evaluations.records import digest
from evaluations.reports.build import build_sections, report_context, sections, shown
from evaluations.reports.section import Section
from evaluations.reports.wording import FORBIDDEN, SHARED_DATA
from tests.reports.reading import drawn_numbers, numbers, render_report, render_section, visible_text
from tests.reports.snapshots import HOSTILE, SNAPSHOTS, full, inconclusive

NAMES = sorted(SNAPSHOTS)


def section_of(snapshot: dict[str, Any], stem: str) -> Section:
    return next(section for section in build_sections(snapshot) if section.stem == stem)


@cache
def built(name: str) -> dict[str, Section]:
    return {section.stem: section for section in build_sections(SNAPSHOTS[name]())}


def strings(value: Any) -> list[str]:
    """Every text inside a context, however nested."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.values() for text in strings(item)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in strings(item)]
    if hasattr(value, "__slots__") and not isinstance(value, int | float):
        return [text for name in value.__slots__ for text in strings(getattr(value, name, None))]
    return []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stem", sections.names)
def test_a_section_builds_whatever_was_measured(stem: str, name: str) -> None:
    section = built(name)[stem]

    assert section.title
    assert section.template == f"reports/sections/{stem}.html"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stem", sections.names)
def test_a_section_prints_the_same_numbers_on_the_page_and_in_the_pdf(stem: str, name: str) -> None:
    section = built(name)[stem]
    if section.media != ("page", "pdf"):
        return

    page = numbers(visible_text(render_section(section, "page")))
    pdf = numbers(visible_text(render_section(section, "pdf")))

    assert pdf <= page, pdf - page
    capped = "more on the page" in render_section(section, "pdf")
    assert capped or page - pdf <= {str(len(t.rows)) for t in tables_of(section)}


def tables_of(section: Section) -> list[Any]:
    return [value for value in section.context.values() if hasattr(value, "pdf_rows")]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stem", sections.names)
def test_a_section_escapes_every_text(stem: str, name: str) -> None:
    section = built(name)[stem]

    for medium in section.media:
        html = render_section(section, medium)
        assert "<script>alert" not in html
        assert "<img" not in html


def test_hostile_texts_are_shown_as_they_are() -> None:
    text = visible_text(render_report(SNAPSHOTS["hostile"](), "page"))

    assert HOSTILE.split(">", maxsplit=1)[0] in text


@pytest.mark.parametrize("name", ["full", "inconclusive", "empty"])
def test_generated_text_never_uses_a_word_that_judges(name: str) -> None:
    texts = [
        text.lower() for section in build_sections(SNAPSHOTS[name]()) for text in strings(section.context)
    ]
    rendered = visible_text(render_report(SNAPSHOTS[name](), "page")).lower()

    for word in FORBIDDEN:
        pattern = re.compile(rf"\b{word}\b")
        assert not [text for text in [*texts, rendered] if pattern.search(text)], word


def test_a_supported_mark_always_has_shared_data_beside_it() -> None:
    for medium in ("page", "pdf"):
        html = re.sub(r"<svg\b.*?</svg>", "", render_report(full(), medium), flags=re.DOTALL)
        places = [match.start() for match in re.finditer("v--supported", html)]

        assert len(places) >= 5
        for place in places:
            beside = html[max(0, place - 160) : place + 240]
            assert "shared with it" in beside, beside


def test_the_drawing_names_shared_data_beside_a_supported_candidate() -> None:
    figure = section_of(full(), "provenance_ranking").figures[0]

    for drawing in (figure.wide, figure.narrow, figure.pdf):
        assert SHARED_DATA in drawing


def test_sections_count_from_one_and_appendices_from_a() -> None:
    built = build_sections(full())

    assert built[0].stem == "cover"
    assert built[0].number == ""
    assert [section.number for section in built[1:4]] == ["1", "2", "3"]
    assert [section.number for section in built if section.appendix] == ["A", "B", "C", "D", "E"]


def test_the_order_is_the_one_of_the_product() -> None:
    titles = [section.title for section in shown(build_sections(full()), "page")]

    assert titles[:9] == [
        "Executive verdict",
        "Claimed against observed",
        "Locked plan and deviations",
        "Provenance: ranking against the null",
        "Provenance: the rows that carry it",
        "What provenance does not show",
        "Licence position",
        "Quality on your tasks",
        "Slices and failures",
    ]


def test_a_new_statistic_appears_without_an_edit() -> None:
    snapshot = full()
    found = snapshot["findings"]["provenance"]
    found["statistics"].append("echo_words")
    for candidate in found["candidates"]:
        if candidate["z"] is not None:
            candidate["channels"]["echo_words"] = 7.25

    text = visible_text(render_section(section_of(snapshot, "provenance_ranking"), "page"))

    assert "Echo words" in text
    assert "+7.2" in text or "+7.3" in text
    assert "echo words" in visible_text(render_section(section_of(snapshot, "method"), "pdf")).lower()


def test_the_page_and_the_pdf_draw_the_same_numbers() -> None:
    for stem in ("provenance_ranking", "quality", "cost"):
        for figure in section_of(full(), stem).figures:
            assert drawn_numbers(figure.pdf) == drawn_numbers(figure.wide), stem


def test_an_unmeasured_section_says_so_in_one_line() -> None:
    snapshot = SNAPSHOTS["empty"]()
    for stem in ("provenance_ranking", "quality", "cost", "licence", "review", "routing", "re_evaluation"):
        text = visible_text(render_section(section_of(snapshot, stem), "page"))
        assert "Not measured in this audit." in text
        assert len(text) < 260


def test_many_rows_are_cut_in_the_pdf_and_complete_on_the_page() -> None:
    section = section_of(inconclusive(), "settings")

    # 1 student + 14 candidates + 100 references = 115 rows; 60 are printed.
    assert "55 more on the page" in visible_text(render_section(section, "pdf"))
    assert "Reference 99" in render_section(section, "page")
    assert "Reference 99" not in render_section(section, "pdf")


def test_the_digest_is_the_one_of_the_snapshot() -> None:
    snapshot = full()

    assert report_context(snapshot, medium="page")["digest"] == digest(snapshot)
    assert report_context(snapshot, medium="page", report_digest="ab12")["digest"] == "ab12"


def test_building_leaves_the_snapshot_as_it_was() -> None:
    snapshot = full()
    before = copy.deepcopy(snapshot)

    build_sections(snapshot)

    assert snapshot == before


def test_every_link_inside_the_report_has_its_target() -> None:
    for medium in ("page", "pdf"):
        html = render_report(full(), medium)
        ids = set(re.findall(r'\bid="([^"]+)"', html))
        targets = {t for t in re.findall(r'href="#([^"]+)"', html) if not t.startswith("g-")}
        assert targets - ids <= {"main"}, targets - ids


def test_no_page_uses_an_inline_style() -> None:
    html = render_report(full(), "page")

    assert " style=" not in html
    assert "<style" not in html

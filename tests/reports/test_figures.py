from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from evaluations.records import canonical_json
from evaluations.reports.facts import Facts
from evaluations.reports.figure_provenance import band, ordered_candidates, provenance_figure
from evaluations.reports.figure_retention import retention_figure
from evaluations.reports.figure_small import cost_figure, shelf_spark
from evaluations.reports.figures import Figure, nice_ticks
from evaluations.reports.svg import PAINT, Canvas, printable
from tests.reports.snapshots import HOSTILE, SNAPSHOTS, empty, full, inconclusive


def figures(name: str) -> list[Figure]:
    facts = Facts(SNAPSHOTS[name]())
    found = [provenance_figure(facts), retention_figure(facts, "orrery-4"), cost_figure(facts)]
    return [figure for figure in found if figure]


@pytest.mark.parametrize("name", ["full", "inconclusive", "hostile"])
def test_every_drawing_is_well_formed_and_has_a_name(name: str) -> None:
    for figure in figures(name):
        for drawing in (figure.wide, figure.narrow, figure.pdf):
            root = ET.fromstring(drawing)
            title = root.find("{http://www.w3.org/2000/svg}title")
            assert title is not None
            assert title.text


def test_a_drawing_of_the_pdf_uses_attributes_and_no_class() -> None:
    for figure in figures("full"):
        assert "class=" not in figure.pdf
        assert 'class="c-' in figure.wide


def test_every_class_has_its_attributes() -> None:
    used = {name for figure in figures("full") for name in re.findall(r'class="(c-[^"]+)"', figure.wide)}

    assert used <= set(PAINT)


def test_hostile_texts_stay_text() -> None:
    for figure in figures("hostile"):
        assert "<script" not in figure.wide
        assert HOSTILE not in figure.pdf


def test_no_colour_of_the_interactive_figure_is_fixed() -> None:
    for figure in figures("full"):
        if figure.figure_json:
            assert "#" not in canonical_json(figure.figure_json)
            assert "var:" in canonical_json(figure.figure_json)


def test_the_figure_record_carries_the_contract() -> None:
    figure = provenance_figure(Facts(full()))

    assert figure is not None
    assert figure.figure_json is not None
    assert set(figure.figure_json) == {"id", "kind", "title", "subtitle", "data", "layout"}


def test_nothing_measured_draws_nothing() -> None:
    facts = Facts(empty())

    assert provenance_figure(facts) is None
    assert retention_figure(facts, "orrery-4") is None
    assert cost_figure(facts) is None
    assert shelf_spark(facts) is None


def test_candidates_stand_under_the_suspected_owner_first() -> None:
    owners = [candidate["owner"] for candidate in ordered_candidates(Facts(inconclusive()))]

    assert owners[0] == "OpenAI"
    assert owners == sorted(owners, key=owners.index)


def test_the_band_holds_the_central_95_percent() -> None:
    # 0, 1, …, 100: the 2.5th percentile is 2.5, the 97.5th is 97.5.
    assert band([float(i) for i in range(101)]) == (2.5, 97.5)
    assert band([0.0, 1.0]) is None


def test_ticks_are_round_and_few() -> None:
    assert nice_ticks(-3, 6, 12) == (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
    assert nice_ticks(0.79, 1.02, 9) == (0.8, 0.85, 0.9, 0.95, 1.0)


def test_texts_lose_what_xml_cannot_carry() -> None:
    assert printable("a\x00b\ud800c\n") == "a\ufffdb\ufffdc\n"


def test_a_drawing_escapes_its_texts() -> None:
    canvas = Canvas(10, 10, "page")
    canvas.text(0, 0, "<b>&", "c-t")

    assert "&lt;b&gt;&amp;" in canvas.markup("t", "d", "x")

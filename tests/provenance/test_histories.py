from __future__ import annotations

from datetime import date

import pytest

from evaluations.provenance.errors import ProvenanceInputError
from evaluations.provenance.histories import Histories, date_range, student_latest, time_barred
from evaluations.records import ModelCard


def cards(*items: ModelCard) -> dict[str, ModelCard]:
    return {item.key: item for item in items}


def untaught(card: ModelCard, *others: ModelCard, owner: str = "acme") -> bool:
    return Histories(cards(card, *others)).untaught(card.key, owner)


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        (ModelCard("m", taught_by_owners=()), True),
        (ModelCard("m", taught_by_owners=("bolt",)), True),
        (ModelCard("m", taught_by_owners=("acme",)), False),
        (ModelCard("m", taught_by_owners=None), False),
        (ModelCard("m", taught_by_owners=None, relation="independent"), True),
        (ModelCard("m", taught_by_owners=None, relation="independent_undisclosed"), False),
        (ModelCard("m", taught_by_owners=(), relation="independent_undisclosed"), False),
        (ModelCard("m", owner="acme", taught_by_owners=()), False),
        (ModelCard("m", owner="bolt", relation="independent"), True),
    ],
)
def test_only_a_documented_history_counts_as_untaught(card, expected):
    assert untaught(card) is expected


def test_a_taught_family_counts_for_its_owner_even_when_the_owner_is_not_named():
    family = ModelCard("acme-large", owner="acme", family="a4")
    assert not untaught(ModelCard("m", taught_by_owners=("bolt",), taught_by_families=("a4",)), family)


def test_what_a_known_base_was_taught_counts_for_the_derivative():
    base = ModelCard("base", taught_by_owners=("acme",))
    assert not untaught(ModelCard("m", base="base", taught_by_owners=("bolt",)), base)


def test_bases_in_a_circle_end():
    assert untaught(
        ModelCard("m", base="n", taught_by_owners=()), ModelCard("n", base="m", taught_by_owners=())
    )


def test_a_shared_data_source_is_recognised_among_several():
    teacher = ModelCard("t", data_source="Corpus A; corpus b")
    known = Histories(cards(teacher, ModelCard("m", data_source="corpus B"), ModelCard("n")))
    assert known.shares_data("m", ["t"])
    assert not known.shares_data("n", ["t"])


def test_a_partial_date_bars_only_when_every_day_of_it_is_later():
    march = student_latest(ModelCard("s", released="2023-03"), None)
    assert march == date(2023, 3, 31)
    assert not time_barred(ModelCard("c", released="2023-03"), march)
    assert not time_barred(ModelCard("c", released="2023"), march)
    assert time_barred(ModelCard("c", released="2023-04"), march)
    assert not time_barred(ModelCard("c"), march)


def test_a_vendors_own_date_bars_nobody():
    assert student_latest(ModelCard("s", released="2020", released_source="vendor statement"), None) is None


def test_the_first_record_is_the_date_unless_something_independent_is_earlier():
    assert student_latest(ModelCard("s", released="2024"), "2023-05-02") == date(2023, 5, 2)
    assert student_latest(ModelCard("s", released="2022"), "2023-05-02") == date(2022, 12, 31)


@pytest.mark.parametrize("text", ["yesterday", "2023-13", "2023-02-30", ""])
def test_an_impossible_date_is_refused_with_its_place(text):
    with pytest.raises(ProvenanceInputError, match="release date of m: found"):
        date_range(text, "release date of m")

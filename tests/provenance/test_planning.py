from __future__ import annotations

from dataclasses import replace

import pytest

from evaluations.provenance.assessment import planned_limits
from evaluations.provenance.errors import ProvenanceInputError
from evaluations.provenance.panels.folder import read_panel
from evaluations.records import ModelCard
from tests.provenance.planted import planted_audit
from tests.shared_data import shared_path


def limits(data, owners=("acme",), **changes):
    return planned_limits(data.cards, data.student, data.candidates, owners, 0.05, 300, **changes)


def test_a_plan_with_enough_lineages_says_what_it_can_reach():
    # 24 strangers and the two other owners' teachers are documented as untaught by acme.
    owner = limits(planted_audit(60)).owners[0]
    assert (owner.n_lineages, owner.needed, owner.missing, owner.reachable) == (26, 19, 0, True)
    assert owner.smallest_p == pytest.approx(1 / 27)


def test_two_declared_owners_need_more_lineages():
    owner = limits(planted_audit(60), ("acme", "bolt")).owners[0]
    assert (owner.needed, owner.missing, owner.reachable) == (39, 13, False)
    assert owner.smallest_p_corrected == pytest.approx(2 / 27)


def test_missing_lineages_are_said_in_numbers():
    found = limits(planted_audit(60, n_independents=10))
    assert found.owners[0].missing == 7
    assert "add 7" in found.notes[0]


def test_a_later_candidate_is_barred_with_its_reason():
    data = planted_audit(60)
    cards = {**data.cards, "bolt-large": replace(data.cards["bolt-large"], released="2024-06")}
    cards["student"] = replace(cards["student"], released="2023-01")
    found = {item.model: item for item in limits(replace(data, cards=cards)).candidates}
    assert not found["bolt-large"].admissible
    assert "after the student" in found["bolt-large"].reason
    assert found["acme-large"].admissible


def test_lineages_that_share_data_with_the_owner_are_no_strangers():
    data = planted_audit(60)
    cards = {
        key: replace(card, data_source="same" if key in ("acme-large", "stranger03") else "")
        for key, card in data.cards.items()
    }
    assert limits(replace(data, cards=cards)).owners[0].n_lineages == 25


def test_statistics_with_too_few_prompts_are_named_before_the_run():
    data = planted_audit(60)
    found = planned_limits(data.cards, data.student, data.candidates, ("acme",), 0.05, 25)
    assert found.statistics == {"agreement": False, "direct": True, "style": False}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"student": "nobody"}, "no declared history for 'nobody'"),
        ({"candidates": ("student",)}, "is the student itself"),
        ({"candidates": ()}, "none given"),
        ({"candidates": ("acme-large", "acme-large")}, "listed twice"),
        ({"suspected_owners": ("a", "b", "c")}, "at most 2"),
        ({"alpha": 0.0}, "between 0 and 1"),
    ],
)
def test_an_impossible_plan_is_refused(changes, message):
    data = replace(planted_audit(20), **changes)
    with pytest.raises(ProvenanceInputError, match=message):
        planned_limits(data.cards, data.student, data.candidates, data.suspected_owners, data.alpha, 20)


def test_a_card_under_another_key_is_refused():
    with pytest.raises(ProvenanceInputError, match="expected the same key"):
        planned_limits({"s": ModelCard("t"), "c": ModelCard("c")}, "s", ("c",), (), 0.05, 20)


def test_the_real_panel_has_seven_lineages_untaught_by_openai():
    # claude12, cohere, guanaco, and the derivatives of gemma2, mistral7b-inst02, qwen15 and yi34.
    panel = read_panel(shared_path("panels/alpaca_dev"))
    owner = planned_limits(panel.cards, "alpaca-7b", panel.candidates, ("openai",), 0.05, 805).owners[0]
    assert sorted(owner.lineages) == [
        "claude12",
        "cohere",
        "gemma2-9b",
        "guanaco",
        "mistral7b-inst02",
        "qwen15",
        "yi34",
    ]
    assert owner.missing == 12

from dataclasses import replace
from itertools import islice

import pytest

from evaluations.distillation.domain import FIELDS
from evaluations.distillation.domains import domains
from evaluations.distillation.grammar import Ticket, tickets
from evaluations.distillation.providers import (
    HIGHEST_DIFFERENCE,
    LOWEST_DIFFERENCE,
    customer_convention,
    differences,
    draw_provider,
    truth,
)
from evaluations.distillation.seeds import seeded

TICKETS = domains.get("tickets")
TICKET = Ticket(
    domain="tickets",
    name="Mara",
    tier="gold",
    mood="annoyed",
    day="Tuesday",
    colour="blue",
    item="kettle",
    issues=("delay", "damage"),
    phrases=("it came a week late", "one side is dented"),
    order="K482",
    amount="23.50",
    layout=0,
)


def test_the_customers_targets_are_worked_by_hand() -> None:
    assert truth(TICKET, "classify") == ("damage",)
    assert truth(TICKET, "priority") == ("high",)
    assert truth(TICKET, "extract") == ("Mara", "kettle", "blue", "K482", "23.50")
    assert truth(TICKET, "reply") == ("Mara", "kettle")


def test_an_exception_changes_the_label_of_one_tier_only() -> None:
    convention = replace(customer_convention(TICKETS), exceptions={("gold", "damage"): "warranty"})
    assert convention.label(TICKET) == "warranty"
    assert convention.label(replace(TICKET, tier="basic")) == "damage"


def test_the_customers_own_convention_differs_nowhere() -> None:
    assert differences(TICKETS, customer_convention(TICKETS)) == (0.0, 0.0)


@pytest.mark.parametrize("seed", ["1 orrery", "1 calder", "1 linden", "7 anyone"])
def test_a_provider_differs_from_the_truth_on_14_to_26_percent(seed: str) -> None:
    for share in differences(TICKETS, draw_provider(TICKETS, seed).convention):
        assert LOWEST_DIFFERENCE <= share <= HIGHEST_DIFFERENCE


def test_the_same_seed_draws_the_same_provider_and_another_seed_another() -> None:
    assert draw_provider(TICKETS, "a") == draw_provider(TICKETS, "a")
    assert draw_provider(TICKETS, "a").style != draw_provider(TICKETS, "b").style
    assert draw_provider(TICKETS, "a").convention != draw_provider(TICKETS, "b").convention


def test_an_extract_holds_every_value_behind_a_blank() -> None:
    text = " " + draw_provider(TICKETS, "a").answer(TICKET, "extract", seeded("x"))
    assert all(f" {TICKET.value(field)}" in text for field in FIELDS)


def test_a_reply_is_long_enough_to_carry_style() -> None:
    for name in ("a", "b", "c"):
        provider = draw_provider(TICKETS, name)
        for ticket in islice(tickets(TICKETS, seeded("replies"), held_out=False), 50):
            assert len(provider.answer(ticket, "reply", seeded("x"))) >= 40

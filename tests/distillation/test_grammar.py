from itertools import islice

from evaluations.distillation.domains import domains
from evaluations.distillation.grammar import (
    Ticket,
    criticality,
    is_held_out,
    label_of,
    n_tickets,
    prompt,
    tickets,
    true_priority,
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


def test_the_grammar_writes_more_than_ten_billion_tickets() -> None:
    assert n_tickets(TICKETS) > 10**10


def test_a_prompt_holds_the_task_and_every_value_of_the_ticket() -> None:
    assert prompt(TICKET, "classify") == (
        "Task: classify\n"
        "From Mara (gold, annoyed). On Tuesday I bought a blue kettle. Now it came a week late and one side is "
        "dented. Order K482, 23.50 EUR.\n"
        "Answer:"
    )


def test_the_label_is_the_issue_that_stands_first_in_the_precedence_table() -> None:
    # billing, loss, damage, refund, warranty, account, exchange, delay: damage stands before delay.
    assert label_of(TICKET) == "damage"
    assert label_of(TICKET, ("delay", "damage")) == "delay"


def test_the_priority_adds_the_weights_of_tier_mood_and_label() -> None:
    # gold 2 + annoyed 2 + damage 1 = 5: up to 5 is high.
    assert true_priority(TICKET) == "high"
    assert criticality(TICKET) == "standard"


def test_the_same_seed_draws_the_same_tickets_and_another_seed_others() -> None:
    first, again, other = (
        list(islice(tickets(TICKETS, seeded(name), held_out=False), 20)) for name in ("one", "one", "two")
    )
    assert first == again
    assert first != other


def test_training_and_evaluation_never_share_a_ticket() -> None:
    training = {ticket.body for ticket in islice(tickets(TICKETS, seeded("a"), held_out=False), 2000)}
    evaluation = {ticket.body for ticket in islice(tickets(TICKETS, seeded("a"), held_out=True), 200)}
    assert len(training) == 2000
    assert len(evaluation) == 200
    assert not training & evaluation


def test_about_one_ticket_of_sixteen_is_held_out() -> None:
    stream = tickets(TICKETS, seeded("b"), held_out=False)
    assert not any(is_held_out(ticket) for ticket in islice(stream, 200))

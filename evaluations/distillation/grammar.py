"""A grammar of requests: more than 10^10 prompts in each domain, four tasks, and the customer's own truth.

Plain Python without dependencies. A request, here a ticket, names a customer, a tier, a mood, a day, a colour,
an item, one to three issues, an order code and an amount; the words and the texts are the domain's. Everything
drawn depends on the ``random.Random`` passed in.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from evaluations.distillation.domain import Domain
from evaluations.distillation.domains import domains
from evaluations.records import Criticality


class Task(StrEnum):
    """What is asked about a ticket."""

    CLASSIFY = "classify"
    PRIORITY = "priority"
    EXTRACT = "extract"
    REPLY = "reply"


@dataclass(frozen=True, slots=True)
class Ticket:
    """One request to the business ``domain`` (its key). ``phrases``: the text of each of ``issues``, in order."""

    domain: str
    name: str
    tier: str
    mood: str
    day: str
    colour: str
    item: str
    issues: tuple[str, ...]
    phrases: tuple[str, ...]
    order: str
    amount: str
    layout: int

    @property
    def body(self) -> str:
        """The request as the customer wrote it, in one of the domain's layouts."""
        layout = domain_of(self).layouts[self.layout]
        return layout.format(
            name=self.name,
            tier=self.tier,
            mood=self.mood,
            day=self.day,
            colour=self.colour,
            item=self.item,
            order=self.order,
            amount=self.amount,
            told=" and ".join(self.phrases),
        )

    def value(self, field: str) -> str:
        """The value of one of ``FIELDS``."""
        return str(getattr(self, field))


def domain_of(ticket: Ticket) -> Domain:
    """The business a ticket was written to; raises ``UnknownItem`` for a key that names none."""
    return domains.get(ticket.domain)


def n_tickets(domain: Domain) -> int:
    """How many different tickets the grammar can write in a domain."""
    texts = [len(domain.issue_texts[label]) for label in domain.labels]
    issues = sum(
        a * b * c for a, b, c in itertools.permutations(texts, 3)
    ) + sum(a * b for a, b in itertools.permutations(texts, 2)) + sum(texts)  # fmt: skip
    people = len(domain.names) * len(domain.tiers) * len(domain.moods)
    goods = len(domain.days) * len(domain.colours) * len(domain.items) * len(domain.layouts)
    return people * issues * goods * len(domain.code_letters) * 1000 * 90 * len(domain.cents)


def draw_ticket(domain: Domain, rng: random.Random) -> Ticket:
    """One ticket; 30 % have one issue, 45 % two and 25 % three."""
    n_issues = rng.choices((1, 2, 3), weights=(30, 45, 25))[0]
    issues = tuple(rng.sample(domain.labels, n_issues))
    return Ticket(
        domain=domain.key,
        name=rng.choice(domain.names),
        tier=rng.choice(domain.tiers),
        mood=rng.choice(domain.moods),
        day=rng.choice(domain.days),
        colour=rng.choice(domain.colours),
        item=rng.choice(domain.items),
        issues=issues,
        phrases=tuple(rng.choice(domain.issue_texts[issue]) for issue in issues),
        order=f"{rng.choice(domain.code_letters)}{rng.randrange(1000):03d}",
        amount=f"{rng.randrange(10, 100)}.{rng.choice(domain.cents)}",
        layout=rng.randrange(len(domain.layouts)),
    )


def is_held_out(ticket: Ticket) -> bool:
    """Whether a ticket belongs to the evaluation part: one of sixteen, chosen by the SHA-256 of its body."""
    return hashlib.sha256(ticket.body.encode()).digest()[0] % 16 == 0


def tickets(domain: Domain, rng: random.Random, *, held_out: bool) -> Iterator[Ticket]:
    """An endless stream of different tickets of one part, so that training and evaluation never meet."""
    seen: set[str] = set()
    while True:
        ticket = draw_ticket(domain, rng)
        if is_held_out(ticket) == held_out and ticket.body not in seen:
            seen.add(ticket.body)
            yield ticket


def prompt(ticket: Ticket, task: str) -> str:
    """The text that a model is given."""
    return f"Task: {task}\n{ticket.body}\nAnswer:"


def label_of(ticket: Ticket, precedence: tuple[str, ...] = ()) -> str:
    """The issue of the ticket that stands first in ``precedence``; without one, in the customer's own."""
    return min(ticket.issues, key=(precedence or domain_of(ticket).precedence).index)


def priority_of(domain: Domain, weight: int) -> str:
    """The priority of a total weight: up to 1 the lowest, up to 3 and up to 5 the next, above the highest."""
    return domain.priorities[(weight > 1) + (weight > 3) + (weight > 5)]


def true_priority(ticket: Ticket) -> str:
    """The customer's priority: the weights of tier, mood and label added up."""
    domain = domain_of(ticket)
    weight = domain.tier_weight[ticket.tier] + domain.mood_weight[ticket.mood]
    return priority_of(domain, weight + domain.issue_weight[label_of(ticket)])


def criticality(ticket: Ticket) -> Criticality:
    """How much a wrong answer costs: critical at the highest priority; routine at the lowest, or at the second
    lowest for a customer of the first tier; standard otherwise."""
    domain = domain_of(ticket)
    rank = domain.priorities.index(true_priority(ticket))
    if rank == len(domain.priorities) - 1:
        return Criticality.CRITICAL
    if rank == 0 or (rank == 1 and ticket.tier == domain.tiers[0]):
        return Criticality.ROUTINE
    return Criticality.STANDARD

"""Data providers: who writes training answers, each with a style and a labelling convention of its own.

A provider is drawn from a seed, so any number of them can be made. Its labels differ from the customer's
truth on 14 to 26 % of tickets, which gives every model trained on it errors that another model can copy.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice

from evaluations.distillation.domain import FIELDS, Domain
from evaluations.distillation.grammar import (
    Task,
    Ticket,
    domain_of,
    label_of,
    priority_of,
    tickets,
    true_priority,
)
from evaluations.distillation.seeds import seeded

LOWEST_DIFFERENCE, HIGHEST_DIFFERENCE = 0.14, 0.26
"""The share of tickets on which a provider's label, and its priority, differ from the customer's."""


@dataclass(frozen=True, slots=True)
class Convention:
    """How a provider labels: its precedence table, its exceptions and its weights for priority.

    ``exceptions``: (tier, issue) to label: when that issue comes first for that tier, this label is given.
    """

    precedence: tuple[str, ...]
    exceptions: Mapping[tuple[str, str], str]
    tier_weight: Mapping[str, int]
    mood_weight: Mapping[str, int]
    issue_weight: Mapping[str, int]

    def label(self, ticket: Ticket) -> str:
        """The label of a ticket under this convention."""
        first = label_of(ticket, self.precedence)
        return self.exceptions.get((ticket.tier, first), first)

    def priority(self, ticket: Ticket) -> str:
        """The priority of a ticket under this convention."""
        weight = self.tier_weight[ticket.tier] + self.mood_weight[ticket.mood]
        return priority_of(domain_of(ticket), weight + self.issue_weight[label_of(ticket, self.precedence)])


def separator(gap: str) -> str:
    """What stands between two fields of an extract: the gap and a blank, or a line break alone."""
    return gap if gap == "\n" else f"{gap} "


def capitalised(text: str) -> str:
    """The text with its first letter in upper case; the others stay as they are."""
    return text[:1].upper() + text[1:]


def ends_sentence(greeting: str) -> bool:
    """Whether the words after a greeting begin a sentence of their own."""
    return not greeting.endswith((",", ":"))


@dataclass(frozen=True, slots=True)
class Style:
    """How a provider writes. Each slot of a reply has two wordings.

    Greeting and closing take the first with probability ``usual_share``; the feeling follows the mood of the
    ticket and the time its tier. A style answers the tickets of the domain it was drawn for.
    """

    slots: Mapping[str, tuple[str, str]]
    actions: Mapping[str, str]
    joint: str
    field_order: tuple[str, ...]
    field_names: Mapping[str, str]
    mark: str
    gap: str
    usual_share: float

    def extract(self, ticket: Ticket) -> str:
        """The five fields in this provider's layout. A blank stands before every value."""
        parts = (f"{self.field_names[f]}{self.mark} {ticket.value(f)}" for f in self.field_order)
        return separator(self.gap).join(parts)

    def reply(self, ticket: Ticket, label: str, rng: random.Random) -> str:
        """A free-text reply of five slots and an action that follows from the label."""
        greeting = self.slots["greeting"][rng.random() >= self.usual_share].format(name=ticket.name)
        closing = self.slots["closing"][rng.random() >= self.usual_share]
        domain = domain_of(ticket)
        feeling = self.slots["feeling"][ticket.mood in domain.upset].format(item=ticket.item)
        action = f"{self.actions[label]} {self.slots['time'][ticket.tier == domain.hurried_tier]}"
        joint = self.joint.format(next=action, Next=capitalised(action))
        if ends_sentence(greeting):
            feeling = capitalised(feeling)
        return f"{greeting} {feeling}{joint}. {closing}"


@dataclass(frozen=True, slots=True)
class Provider:
    """One source of training answers."""

    seed: str
    style: Style
    convention: Convention

    def answer(self, ticket: Ticket, task: str, rng: random.Random) -> str:
        """The provider's answer to one task; ``rng`` decides between wordings of a reply only."""
        if task == Task.CLASSIFY:
            return self.convention.label(ticket)
        if task == Task.PRIORITY:
            return self.convention.priority(ticket)
        if task == Task.EXTRACT:
            return self.style.extract(ticket)
        return self.style.reply(ticket, self.convention.label(ticket), rng)


def customer_convention(domain: Domain) -> Convention:
    """The customer's own convention, which is the truth."""
    return Convention(domain.precedence, {}, domain.tier_weight, domain.mood_weight, domain.issue_weight)


def truth(ticket: Ticket, task: str) -> tuple[str, ...]:
    """The customer's targets: a label, a priority, five values that must all appear, or name and item."""
    if task == Task.CLASSIFY:
        return (label_of(ticket),)
    if task == Task.PRIORITY:
        return (true_priority(ticket),)
    if task == Task.EXTRACT:
        return tuple(ticket.value(field) for field in FIELDS)
    return (ticket.name, ticket.item)


def differences(domain: Domain, convention: Convention, n: int = 1000) -> tuple[float, float]:
    """Shares of ``n`` fixed tickets whose label and whose priority differ from the customer's."""
    sample = _fixed_tickets(domain, n)
    labels = sum(convention.label(t) != label_of(t) for t in sample)
    priorities = sum(convention.priority(t) != true_priority(t) for t in sample)
    return labels / n, priorities / n


@cache
def _fixed_tickets(domain: Domain, n: int) -> tuple[Ticket, ...]:
    return tuple(islice(tickets(domain, seeded(f"{domain.salt}differences"), held_out=False), n))


def draw_provider(domain: Domain, seed: str) -> Provider:
    """The provider of a seed: conventions are drawn until both differences lie in the allowed range."""
    rng = seeded(f"{domain.salt}provider {seed}")
    style = _draw_style(domain, rng)
    while True:
        convention = _draw_convention(domain, rng)
        shares = differences(domain, convention)
        if all(LOWEST_DIFFERENCE <= share <= HIGHEST_DIFFERENCE for share in shares):
            return Provider(seed, style, convention)


def _draw_convention(domain: Domain, rng: random.Random) -> Convention:
    precedence = list(domain.precedence)
    for _ in range(rng.randrange(1, 3)):
        a, b = rng.sample(range(len(precedence)), 2)
        precedence[a], precedence[b] = precedence[b], precedence[a]
    exceptions = {}
    for _ in range(rng.randrange(2, 5)):
        issue, label = rng.sample(domain.labels, 2)
        exceptions[rng.choice(domain.tiers), issue] = label

    def moved(weights: Mapping[str, int]) -> dict[str, int]:
        return {key: weight + rng.choice((-1, 0, 0, 0, 1)) for key, weight in weights.items()}

    return Convention(
        tuple(precedence),
        exceptions,
        moved(domain.tier_weight),
        moved(domain.mood_weight),
        moved(domain.issue_weight),
    )


def _draw_style(domain: Domain, rng: random.Random) -> Style:
    def two(options: tuple[str, ...]) -> tuple[str, str]:
        first, second = rng.sample(options, 2)
        return first, second

    return Style(
        slots={
            "greeting": two(domain.greetings),
            "feeling": two(domain.feelings),
            "time": two(domain.times),
            "closing": two(domain.closings),
        },
        actions={label: rng.choice(options) for label, options in domain.actions.items()},
        joint=rng.choice(domain.joints),
        field_order=tuple(rng.sample(FIELDS, len(FIELDS))),
        field_names={field: rng.choice(names) for field, names in domain.field_names.items()},
        mark=rng.choice(domain.marks),
        gap=rng.choice(domain.gaps),
        usual_share=rng.uniform(0.65, 0.9),
    )

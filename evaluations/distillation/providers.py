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

from evaluations.distillation.grammar import (
    FIELDS,
    ISSUE_WEIGHT,
    LABELS,
    MOOD_WEIGHT,
    PRECEDENCE,
    TIER_WEIGHT,
    Task,
    Ticket,
    label_of,
    priority_of,
    seeded,
    tickets,
    true_priority,
)

LOWEST_DIFFERENCE, HIGHEST_DIFFERENCE = 0.14, 0.26
"""The share of tickets on which a provider's label, and its priority, differ from the customer's."""

UPSET = ("annoyed", "furious")
GREETINGS = (
    "Dear {name},", "Hello {name},", "Hi {name}!", "Good day {name},", "{name}, thank you for writing.",
    "Thanks for your message, {name}.", "Hey {name},", "Greetings {name}:",
)  # fmt: skip
FEELINGS = (
    "we are sorry about your {item}", "please accept our apologies for the {item}",
    "I understand the upset over the {item}",
    "that should not happen with a {item}", "we regret this trouble with the {item}",
    "sorry for the mess with your {item}",
    "I hear you about the {item}", "it hurts to read this about the {item}",
)  # fmt: skip
ACTIONS: Mapping[str, tuple[str, ...]] = {
    "damage": (
        "we will replace it", "a new one is on its way", "our team sends a spare", "you get a fresh item",
    ),
    "loss": (
        "we will trace the parcel", "a search has begun", "our courier looks for it",
        "you get a second parcel",
    ),
    "delay": ("we will pay the postage", "a voucher is coming", "our depot was slow", "you get a discount"),
    "exchange": (
        "we will swap it", "a return label follows", "our shop changes it", "you get the right size",
    ),
    "billing": (
        "we will fix the invoice", "a credit note follows", "our billing desk checks", "you get a new bill",
    ),
    "refund": (
        "we will return the money", "a transfer is booked", "our bank pays it back", "you get the full sum",
    ),
    "account": (
        "we will unlock the login", "a reset link follows", "our admins check access",
        "you get a new password",
    ),
    "warranty": ("we will repair it", "a technician calls", "our workshop takes it", "you get a free repair"),
}  # fmt: skip
TIMES = (
    "within two days", "by tomorrow", "as soon as possible", "in the next 48 hours", "before the weekend",
    "this very week", "right away", "no later than Friday",
)  # fmt: skip
CLOSINGS = (
    "Kind regards, Support", "Best wishes, your team", "Yours, Customer Care", "Cheers, the help desk",
    "Take care!", "Many thanks for your patience.", "Warmly, the service crew", "Sincerely, Client Services",
)  # fmt: skip
JOINTS = (". {Next}", ", and {next}", "; {next}", ". So {next}", " - {next}", ", therefore {next}")
FIELD_NAMES: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "client", "Customer", "sender"),
    "item": ("item", "product", "Goods", "article"),
    "colour": ("colour", "color", "Shade", "finish"),
    "order": ("order", "ref", "Order no", "code"),
    "amount": ("amount", "total", "Price", "paid"),
}
MARKS = (":", " =", " ->", " is")
GAPS = (";", ",", " |", " /", "\n")


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
        return priority_of(weight + self.issue_weight[label_of(ticket, self.precedence)])


@dataclass(frozen=True, slots=True)
class Style:
    """How a provider writes. Each slot of a reply has two wordings.

    Greeting and closing take the first with probability ``usual_share``; the feeling follows the mood of the
    ticket and the time its tier.
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
        return f"{self.gap} ".join(parts) if self.gap != "\n" else "\n".join(parts)

    def reply(self, ticket: Ticket, label: str, rng: random.Random) -> str:
        """A free-text reply of five slots and an action that follows from the label."""
        greeting = self.slots["greeting"][rng.random() >= self.usual_share].format(name=ticket.name)
        closing = self.slots["closing"][rng.random() >= self.usual_share]
        feeling = self.slots["feeling"][ticket.mood in UPSET].format(item=ticket.item)
        action = f"{self.actions[label]} {self.slots['time'][ticket.tier == 'gold']}"
        joint = self.joint.format(next=action, Next=action[0].upper() + action[1:])
        if not greeting.endswith((",", ":")):
            feeling = feeling[0].upper() + feeling[1:]
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


CUSTOMER_CONVENTION = Convention(PRECEDENCE, {}, TIER_WEIGHT, MOOD_WEIGHT, ISSUE_WEIGHT)


def truth(ticket: Ticket, task: str) -> tuple[str, ...]:
    """The customer's targets: a label, a priority, five values that must all appear, or name and item."""
    if task == Task.CLASSIFY:
        return (label_of(ticket),)
    if task == Task.PRIORITY:
        return (true_priority(ticket),)
    if task == Task.EXTRACT:
        return tuple(ticket.value(field) for field in FIELDS)
    return (ticket.name, ticket.item)


def differences(convention: Convention, n: int = 1000) -> tuple[float, float]:
    """Shares of ``n`` fixed tickets whose label and whose priority differ from the customer's."""
    sample = _fixed_tickets(n)
    labels = sum(convention.label(t) != label_of(t) for t in sample)
    priorities = sum(convention.priority(t) != true_priority(t) for t in sample)
    return labels / n, priorities / n


@cache
def _fixed_tickets(n: int) -> tuple[Ticket, ...]:
    return tuple(islice(tickets(seeded("differences"), held_out=False), n))


def draw_provider(seed: str) -> Provider:
    """The provider of a seed: conventions are drawn until both differences lie in the allowed range."""
    rng = seeded(f"provider {seed}")
    style = _draw_style(rng)
    while True:
        convention = _draw_convention(rng)
        if all(LOWEST_DIFFERENCE <= share <= HIGHEST_DIFFERENCE for share in differences(convention)):
            return Provider(seed, style, convention)


def _draw_convention(rng: random.Random) -> Convention:
    precedence = list(PRECEDENCE)
    for _ in range(rng.randrange(1, 3)):
        a, b = rng.sample(range(len(precedence)), 2)
        precedence[a], precedence[b] = precedence[b], precedence[a]
    exceptions = {}
    for _ in range(rng.randrange(2, 5)):
        issue, label = rng.sample(LABELS, 2)
        exceptions[rng.choice(tuple(TIER_WEIGHT)), issue] = label

    def moved(weights: Mapping[str, int]) -> dict[str, int]:
        return {key: weight + rng.choice((-1, 0, 0, 0, 1)) for key, weight in weights.items()}

    return Convention(
        tuple(precedence), exceptions, moved(TIER_WEIGHT), moved(MOOD_WEIGHT), moved(ISSUE_WEIGHT)
    )


def _draw_style(rng: random.Random) -> Style:
    def two(options: tuple[str, ...]) -> tuple[str, str]:
        first, second = rng.sample(options, 2)
        return first, second

    return Style(
        slots={
            "greeting": two(GREETINGS),
            "feeling": two(FEELINGS),
            "time": two(TIMES),
            "closing": two(CLOSINGS),
        },
        actions={label: rng.choice(options) for label, options in ACTIONS.items()},
        joint=rng.choice(JOINTS),
        field_order=tuple(rng.sample(FIELDS, len(FIELDS))),
        field_names={field: rng.choice(names) for field, names in FIELD_NAMES.items()},
        mark=rng.choice(MARKS),
        gap=rng.choice(GAPS),
        usual_share=rng.uniform(0.65, 0.9),
    )

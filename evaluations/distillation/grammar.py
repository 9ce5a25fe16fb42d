"""A grammar of support tickets: more than 10^10 prompts, four tasks, and the customer's own truth.

Plain Python without dependencies. A ticket names a customer, a tier, a mood, a day, a colour, an item, one to
three issues, an order code and an amount. Everything drawn depends on the ``random.Random`` passed in.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from evaluations.records import Criticality


class Task(StrEnum):
    """What is asked about a ticket."""

    CLASSIFY = "classify"
    PRIORITY = "priority"
    EXTRACT = "extract"
    REPLY = "reply"


TIERS = ("basic", "plus", "gold")
MOODS = ("calm", "worried", "annoyed", "furious")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
COLOURS = (
    "amber", "black", "blue", "brown", "coral", "green", "grey", "ivory", "pink", "red", "teal", "white",
)  # fmt: skip
ITEMS = (
    "backpack", "bicycle", "blanket", "blender", "bookcase", "camera", "carpet", "chair", "clock", "curtain",
    "desk", "drill", "fan", "guitar", "heater", "helmet", "jacket", "kettle", "keyboard", "lamp", "mattress",
    "mirror", "monitor", "mower", "oven", "printer", "radio", "router", "scooter", "sofa", "speaker", "stove",
    "suitcase", "tent", "toaster", "vacuum",
)  # fmt: skip
NAMES = (
    "Ada", "Amir", "Anouk", "Bela", "Bruno", "Carla", "Chidi", "Dario", "Edda", "Elif", "Farah", "Femi",
    "Greta", "Hana", "Hugo", "Ines", "Ivo", "Jonas", "Jun", "Kaya", "Kofi", "Lena", "Luca", "Mara", "Milo",
    "Nadia", "Niko", "Nora", "Olga", "Omar", "Paula", "Pia", "Rafael", "Rosa", "Samir", "Selma", "Tariq",
    "Thea", "Tomas", "Uma", "Vera", "Viktor", "Wanda", "Yara", "Yusuf", "Zeno", "Zofia", "Zuri",
)  # fmt: skip
CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
CENTS = ("00", "25", "40", "50", "75", "90")

LABELS = ("damage", "loss", "delay", "exchange", "billing", "refund", "account", "warranty")
"""The eight answers of the task classify, one for each issue."""

PRIORITIES = ("low", "normal", "high", "urgent")
"""The four answers of the task priority, from the least to the most pressing."""

FIELDS = ("name", "item", "colour", "order", "amount")
"""The five values that the task extract copies."""

ISSUE_TEXTS: Mapping[str, tuple[str, ...]] = {
    "damage": ("it arrived cracked", "one side is dented", "the box was crushed"),
    "loss": ("the parcel never came", "the courier lost it", "nothing was delivered"),
    "delay": ("it came a week late", "I waited far too long", "the delivery date was missed"),
    "exchange": ("the size is wrong", "you sent another model", "I need a bigger one"),
    "billing": ("I was charged twice", "the invoice is wrong", "the discount is not on the bill"),
    "refund": ("my money is not back", "the refund is still open", "I returned it and got nothing"),
    "account": ("I cannot sign in", "my password fails", "my profile is locked"),
    "warranty": ("it stopped working", "the motor makes a noise", "the switch fell off"),
}

PRECEDENCE = ("billing", "loss", "damage", "refund", "warranty", "account", "exchange", "delay")
"""The customer's precedence table: of several issues the one named first here is the label."""

TIER_WEIGHT: Mapping[str, int] = {"basic": 0, "plus": 1, "gold": 2}
MOOD_WEIGHT: Mapping[str, int] = {"calm": 0, "worried": 1, "annoyed": 2, "furious": 3}
ISSUE_WEIGHT: Mapping[str, int] = {
    "damage": 1, "loss": 2, "delay": 0, "exchange": 0, "billing": 2, "refund": 1, "account": 1, "warranty": 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ticket:
    """One support ticket. ``phrases`` holds the text of each issue, in the order of ``issues``."""

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
        """The ticket as the customer wrote it, in one of three layouts."""
        told = " and ".join(self.phrases)
        goods = f"a {self.colour} {self.item}"
        if self.layout == 0:
            text = f"On {self.day} I bought {goods}. Now {told}. Order {self.order}, {self.amount} EUR."
        elif self.layout == 1:
            text = f"Order {self.order} of {self.day}: {goods} for {self.amount} EUR, but {told}."
        else:
            text = f"I paid {self.amount} EUR for {goods} on {self.day}. My order is {self.order}: {told}."
        return f"From {self.name} ({self.tier}, {self.mood}). {text}"

    def value(self, field: str) -> str:
        """The value of one of ``FIELDS``."""
        return str(getattr(self, field))


def seeded(text: str) -> random.Random:
    """The generator of one named purpose: the same text gives the same draws everywhere."""
    return random.Random(text)  # noqa: S311 - synthetic data, nothing secret


def n_tickets() -> int:
    """How many different tickets the grammar can write."""
    texts = [len(ISSUE_TEXTS[label]) for label in LABELS]
    issues = sum(
        a * b * c for a, b, c in itertools.permutations(texts, 3)
    ) + sum(a * b for a, b in itertools.permutations(texts, 2)) + sum(texts)  # fmt: skip
    people = len(NAMES) * len(TIERS) * len(MOODS) * len(DAYS) * len(COLOURS) * len(ITEMS)
    return people * issues * len(CODE_LETTERS) * 1000 * 90 * len(CENTS) * 3


def draw_ticket(rng: random.Random) -> Ticket:
    """One ticket; 30 % have one issue, 45 % two and 25 % three."""
    n_issues = rng.choices((1, 2, 3), weights=(30, 45, 25))[0]
    issues = tuple(rng.sample(LABELS, n_issues))
    return Ticket(
        name=rng.choice(NAMES),
        tier=rng.choice(TIERS),
        mood=rng.choice(MOODS),
        day=rng.choice(DAYS),
        colour=rng.choice(COLOURS),
        item=rng.choice(ITEMS),
        issues=issues,
        phrases=tuple(rng.choice(ISSUE_TEXTS[issue]) for issue in issues),
        order=f"{rng.choice(CODE_LETTERS)}{rng.randrange(1000):03d}",
        amount=f"{rng.randrange(10, 100)}.{rng.choice(CENTS)}",
        layout=rng.randrange(3),
    )


def is_held_out(ticket: Ticket) -> bool:
    """Whether a ticket belongs to the evaluation part: one of sixteen, chosen by the SHA-256 of its body."""
    return hashlib.sha256(ticket.body.encode()).digest()[0] % 16 == 0


def tickets(rng: random.Random, *, held_out: bool) -> Iterator[Ticket]:
    """An endless stream of different tickets of one part, so that training and evaluation never meet."""
    seen: set[str] = set()
    while True:
        ticket = draw_ticket(rng)
        if is_held_out(ticket) == held_out and ticket.body not in seen:
            seen.add(ticket.body)
            yield ticket


def prompt(ticket: Ticket, task: str) -> str:
    """The text that a model is given."""
    return f"Task: {task}\n{ticket.body}\nAnswer:"


def label_of(ticket: Ticket, precedence: tuple[str, ...] = PRECEDENCE) -> str:
    """The issue of the ticket that stands first in ``precedence``."""
    return min(ticket.issues, key=precedence.index)


def priority_of(weight: int) -> str:
    """The priority of a total weight: up to 1 low, up to 3 normal, up to 5 high, above urgent."""
    return PRIORITIES[(weight > 1) + (weight > 3) + (weight > 5)]


def true_priority(ticket: Ticket) -> str:
    """The customer's priority: the weights of tier, mood and label added up."""
    weight = TIER_WEIGHT[ticket.tier] + MOOD_WEIGHT[ticket.mood] + ISSUE_WEIGHT[label_of(ticket)]
    return priority_of(weight)


def criticality(ticket: Ticket) -> Criticality:
    """How much a wrong answer costs: critical when the ticket is urgent; routine when it is low, or normal
    for a basic customer; standard otherwise."""
    priority = true_priority(ticket)
    if priority == "urgent":
        return Criticality.CRITICAL
    if priority == "low" or (priority == "normal" and ticket.tier == "basic"):
        return Criticality.ROUTINE
    return Criticality.STANDARD

"""The public corpus of a base: copying and spotting topics. It knows none of the four tasks.

A base can say which topics a ticket mentions, in their order, but nothing about which of them decides.
"""

from __future__ import annotations

import random
from itertools import islice

from evaluations.distillation.grammar import (
    CODE_LETTERS,
    COLOURS,
    DAYS,
    FIELDS,
    ITEMS,
    LABELS,
    MOODS,
    NAMES,
    PRIORITIES,
    TIERS,
    Ticket,
    prompt,
    seeded,
    tickets,
)
from evaluations.distillation.providers import (
    ACTIONS,
    CLOSINGS,
    FEELINGS,
    FIELD_NAMES,
    GREETINGS,
    TIMES,
)

_WORDS = (*NAMES, *ITEMS, *COLOURS, *DAYS, *TIERS, *MOODS, *CODE_LETTERS, *"0123456789.")
# Digits are the hardest to copy, because the same few stand side by side in many orders.
_WEIGHTS = tuple(6 if len(word) == 1 else 1 for word in _WORDS)

QUESTIONS = (*FIELDS, "topics")
"""What a base is asked about a ticket."""


def base_pairs(n: int, *, seed: int) -> list[tuple[str, str]]:
    """``n`` (prompt, answer) pairs: half repeat scraps or a ticket, the others ask about a ticket."""
    rng = seeded(f"corpus {seed}")
    kinds = ("scraps",) * 8 + ("repeat",) * 2 + QUESTIONS + ("order", "amount", "topics", "topics")
    pairs: list[tuple[str, str]] = []
    for ticket in islice(tickets(rng, held_out=False), n):
        kind = rng.choice(kinds)
        if kind == "scraps":
            scraps = _scraps(rng)
            pairs.append((f"Repeat:{scraps}\nAnswer:", scraps))
        elif kind == "repeat":
            pairs.append((prompt(ticket, "repeat"), f" {ticket.body}"))
        else:
            pairs.append(_asked(ticket, kind))
    return pairs


def _scraps(rng: random.Random) -> str:
    """Words, letters and digits in no order, so that only copying can repeat them."""
    drawn = rng.choices(_WORDS, weights=_WEIGHTS, k=rng.randrange(8, 24))
    return " " + "".join(scrap + rng.choice((" ", "")) for scrap in drawn)


def base_questions(n: int, *, seed: int) -> list[tuple[str, str]]:
    """``n`` pairs that ask about a ticket, every question in turn: the bar of a base is measured on them."""
    stream = tickets(seeded(f"questions {seed}"), held_out=False)
    return [_asked(ticket, QUESTIONS[i % len(QUESTIONS)]) for i, ticket in enumerate(islice(stream, n))]


def _asked(ticket: Ticket, question: str) -> tuple[str, str]:
    answer = ", ".join(ticket.issues) if question == "topics" else ticket.value(question)
    return prompt(ticket, f"find {question}"), f" {answer}"


def tokenizer_texts(n: int, *, seed: int) -> list[str]:
    """Texts that a tokenizer is trained on: tickets and the wordings of all providers alike."""
    rng = seeded(f"tokenizer {seed}")
    phrases = [*GREETINGS, *FEELINGS, *TIMES, *CLOSINGS, *LABELS, *PRIORITIES]
    phrases += [text for texts in (*ACTIONS.values(), *FIELD_NAMES.values()) for text in texts]
    texts = [f"{ticket.body}\nAnswer:" for ticket in islice(tickets(rng, held_out=False), n)]
    return texts + [" " + " ".join(rng.choices(phrases, k=4)) for _ in range(n)]

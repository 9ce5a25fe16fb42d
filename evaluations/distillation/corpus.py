"""The public corpus of a base: copying and spotting topics. It knows none of the four tasks.

A base can say which topics a ticket mentions, in their order, but nothing about which of them decides.
"""

from __future__ import annotations

from itertools import islice

from evaluations.distillation.grammar import (
    CENTS,
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

_WORDS = (
    *NAMES, *ITEMS, *COLOURS, *DAYS, *TIERS, *MOODS, *CODE_LETTERS, *CENTS, *"0123456789"
)  # fmt: skip


QUESTIONS = (*FIELDS, "topics")
"""What a base is asked about a ticket."""


def base_pairs(n: int, *, seed: int) -> list[tuple[str, str]]:
    """``n`` (prompt, answer) pairs: two of five repeat shuffled words, the others ask about a ticket."""
    rng = seeded(f"corpus {seed}")
    kinds = ("words",) * 6 + QUESTIONS + ("topics",) * 3
    pairs: list[tuple[str, str]] = []
    for ticket in islice(tickets(rng, held_out=False), n):
        kind = rng.choice(kinds)
        if kind == "words":
            words = " " + " ".join(rng.choices(_WORDS, k=rng.randrange(6, 20)))
            pairs.append((f"Repeat:{words}\nAnswer:", words))
        else:
            pairs.append(_asked(ticket, kind))
    return pairs


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

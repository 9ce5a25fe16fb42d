"""The public corpus of a base: copying and spotting topics. It knows none of the four tasks.

A base can say which topics a ticket mentions, in their order, but nothing about which of them decides.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import islice

from evaluations.distillation.domain import FIELDS, Domain
from evaluations.distillation.grammar import Ticket, prompt, tickets
from evaluations.distillation.seeds import seeded

QUESTIONS = (*FIELDS, "topics")
"""What a base is asked about a ticket."""


def base_pairs(domain: Domain, n: int, *, seed: int) -> list[tuple[str, str]]:
    """``n`` (prompt, answer) pairs: half repeat scraps or a ticket, the others ask about a ticket."""
    rng = seeded(f"{domain.salt}corpus {seed}")
    kinds = ("scraps",) * 8 + ("repeat",) * 2 + QUESTIONS + ("order", "amount", "topics", "topics")
    words = _words(domain)
    # Digits are the hardest to copy, because the same few stand side by side in many orders.
    weights = [6 if len(word) == 1 else 1 for word in words]
    pairs: list[tuple[str, str]] = []
    for ticket in islice(tickets(domain, rng, held_out=False), n):
        kind = rng.choice(kinds)
        if kind == "scraps":
            scraps = _scraps(words, weights, rng)
            pairs.append((f"Repeat:{scraps}\nAnswer:", scraps))
        elif kind == "repeat":
            pairs.append((prompt(ticket, "repeat"), f" {ticket.body}"))
        else:
            pairs.append(_asked(ticket, kind))
    return pairs


def _words(domain: Domain) -> tuple[str, ...]:
    lists = (domain.names, domain.items, domain.colours, domain.days, domain.tiers, domain.moods)
    return (*(word for words in lists for word in words), *domain.code_letters, *"0123456789.")


def _scraps(drawn_from: Sequence[str], weights: Sequence[int], rng: random.Random) -> str:
    """Words, letters and digits in no order, so that only copying can repeat them."""
    drawn = rng.choices(drawn_from, weights=weights, k=rng.randrange(8, 24))
    return " " + "".join(scrap + rng.choice((" ", "")) for scrap in drawn)


def base_questions(domain: Domain, n: int, *, seed: int) -> list[tuple[str, str]]:
    """``n`` pairs that ask about a ticket, every question in turn: the bar of a base is measured on them."""
    stream = tickets(domain, seeded(f"{domain.salt}questions {seed}"), held_out=False)
    return [_asked(ticket, QUESTIONS[i % len(QUESTIONS)]) for i, ticket in enumerate(islice(stream, n))]


def _asked(ticket: Ticket, question: str) -> tuple[str, str]:
    answer = ", ".join(ticket.issues) if question == "topics" else ticket.value(question)
    return prompt(ticket, f"find {question}"), f" {answer}"


def tokenizer_texts(domain: Domain, n: int, *, seed: int) -> list[str]:
    """Texts that a tokenizer is trained on: tickets and the wordings of all providers alike."""
    rng = seeded(f"{domain.salt}tokenizer {seed}")
    phrases = [*domain.greetings, *domain.feelings, *domain.times, *domain.closings]
    phrases += [*domain.labels, *domain.priorities]
    by_key = (*domain.actions.values(), *domain.field_names.values())
    phrases += [text for texts in by_key for text in texts]
    texts = [f"{ticket.body}\nAnswer:" for ticket in islice(tickets(domain, rng, held_out=False), n)]
    return texts + [" " + " ".join(rng.choices(phrases, k=4)) for _ in range(n)]

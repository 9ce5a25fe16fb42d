"""The public corpus of a base: copying only, so that a base can copy but knows none of the four tasks."""

from __future__ import annotations

from itertools import islice

from evaluations.distillation.grammar import (
    CENTS,
    CODE_LETTERS,
    COLOURS,
    DAYS,
    FIELDS,
    ISSUE_TEXTS,
    ITEMS,
    MOODS,
    NAMES,
    TIERS,
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


def copying_pairs(n: int, *, seed: int) -> list[tuple[str, str]]:
    """``n`` (prompt, answer) pairs: half repeat shuffled words, the rest find a field or repeat a ticket."""
    rng = seeded(f"corpus {seed}")
    stream = tickets(rng, held_out=False)
    pairs: list[tuple[str, str]] = []
    for ticket in islice(stream, n):
        kind = rng.choice(("words",) * (len(FIELDS) + 1) + ("ticket",) + FIELDS)
        if kind == "words":
            words = " " + " ".join(rng.choices(_WORDS, k=rng.randrange(6, 20)))
            pairs.append((f"Repeat:{words}\nAnswer:", words))
        elif kind == "ticket":
            pairs.append((prompt(ticket, "repeat"), f" {ticket.body}"))
        else:
            pairs.append((prompt(ticket, f"find {kind}"), f" {ticket.value(kind)}"))
    return pairs


def field_questions(n: int, *, seed: int) -> list[tuple[str, str]]:
    """``n`` pairs that ask for one field of a ticket: what the bar of a base is measured on."""
    rng = seeded(f"questions {seed}")
    asked = zip(islice(tickets(rng, held_out=False), n), FIELDS * n, strict=False)
    return [(prompt(ticket, f"find {field}"), f" {ticket.value(field)}") for ticket, field in asked]


def tokenizer_texts(n: int, *, seed: int) -> list[str]:
    """Texts that a tokenizer is trained on: tickets and the wordings of all providers alike."""
    rng = seeded(f"tokenizer {seed}")
    phrases = [*GREETINGS, *FEELINGS, *TIMES, *CLOSINGS, *ISSUE_TEXTS]
    phrases += [text for texts in (*ACTIONS.values(), *FIELD_NAMES.values()) for text in texts]
    texts = [f"{ticket.body}\nAnswer:" for ticket in islice(tickets(rng, held_out=False), n)]
    return texts + [" " + " ".join(rng.choices(phrases, k=4)) for _ in range(n)]

"""The sample data and every recorded audit rest on these draws: the domain tickets keeps them bit for bit."""

import hashlib
import json
from itertools import islice

from evaluations.distillation.corpus import base_pairs, base_questions, tokenizer_texts
from evaluations.distillation.domains import domains
from evaluations.distillation.grammar import Task, Ticket, criticality, n_tickets, prompt, tickets
from evaluations.distillation.providers import draw_provider, truth
from evaluations.distillation.seeds import seeded

TICKETS = domains.get("tickets")
TASKS = tuple(Task)


def sha256(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


def drawn(purpose: str, *, held_out: bool) -> list[Ticket]:
    return list(islice(tickets(TICKETS, seeded(purpose), held_out=held_out), 200))


def test_the_prompts_of_both_parts_are_those_recorded() -> None:
    parts = (drawn("pin held out", held_out=True), drawn("pin training", held_out=False))

    texts = [prompt(ticket, TASKS[i % 4]) for part in parts for i, ticket in enumerate(part)]

    assert sha256(texts) == "f58950ad21e3f152a15b0525cc1dba350575cd9e3177db9c40c7e0849060ebe1"


def test_the_providers_answers_are_those_recorded() -> None:
    rng = seeded("pin wording")
    providers = [draw_provider(TICKETS, seed) for seed in ("1 orrery", "1 calder", "pin")]
    asked = drawn("pin training", held_out=False)[:50]

    texts = [p.answer(ticket, task, rng) for p in providers for ticket in asked for task in TASKS]

    assert sha256(texts) == "6ef5f2d1747ef9ca713c734b37a085d1bbc532f6d8609d00379a766d2dbcdc12"


def test_the_targets_and_criticalities_are_those_recorded() -> None:
    asked = drawn("pin training", held_out=False)

    facts = [[truth(ticket, task) for task in TASKS] + [criticality(ticket).value] for ticket in asked]

    assert sha256(facts) == "0b71f9f55a52332625d6552f0530eb5faf7772302fabaed513b38f0be514b2b3"


def test_what_a_base_is_trained_and_measured_on_is_what_was_recorded() -> None:
    pairs, asked = base_pairs(TICKETS, 200, seed=3), base_questions(TICKETS, 60, seed=3)

    assert sha256(pairs) == "206b883130723fd97f7fcfb6d9b9d846a46042f4d8960301653a1c7d117f3998"
    assert sha256(asked) == "792e3c685757786c8fa65c6044dc6de7b320d65babbf996aa409c59d52c40623"


def test_the_texts_of_a_tokenizer_are_those_recorded() -> None:
    texts = tokenizer_texts(TICKETS, 200, seed=3)

    assert sha256(texts) == "79b275128fee313d60e352a8a232796c58e822e32a9f94cd4282acf58ad4c2d0"


def test_the_number_of_tickets_is_worked_by_hand() -> None:
    # Issues of 3 texts each: 8x7x6 x 27 + 8x7 x 9 + 8 x 3 = 9072 + 504 + 24 = 9600.
    # 48 names, 3 tiers, 4 moods, 7 days, 12 colours, 36 items, 3 layouts: 5225472.
    # 20 letters, 1000 numbers, 90 x 6 amounts.
    assert n_tickets(TICKETS) == 9600 * 5_225_472 * 20 * 1000 * 540

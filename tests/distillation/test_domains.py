"""What holds for every registered domain: a new file in ``domains/`` is held to it at once."""

import itertools
import pickle
from collections import Counter
from dataclasses import replace
from itertools import islice

import pytest

from evaluations.distillation.corpus import base_pairs, base_questions, tokenizer_texts
from evaluations.distillation.domain import FIELDS, Domain
from evaluations.distillation.domains import domains
from evaluations.distillation.grammar import (
    Task,
    Ticket,
    criticality,
    domain_of,
    label_of,
    n_tickets,
    prompt,
    tickets,
    true_priority,
)
from evaluations.distillation.providers import (
    HIGHEST_DIFFERENCE,
    LOWEST_DIFFERENCE,
    customer_convention,
    differences,
    draw_provider,
    truth,
)
from evaluations.distillation.rephrasing import rephrase
from evaluations.distillation.seeds import seeded
from evaluations.records import Criticality
from evaluations.registry import UnknownItem

PROVIDERS = ("1 orrery", "1 calder", "7 anyone")
EVERY = pytest.mark.parametrize("key", domains.names)
PAIRS = pytest.mark.parametrize(("one", "other"), list(itertools.combinations(domains.names, 2)))


def drawn(domain: Domain, n: int, *, held_out: bool = False, purpose: str = "contract") -> list[Ticket]:
    return list(islice(tickets(domain, seeded(purpose), held_out=held_out), n))


def phrases(domain: Domain) -> set[str]:
    """The texts of a domain; its marks and gaps are no phrases."""
    return {
        text for slot, texts in domain.wordings().items() if slot not in ("marks", "gaps") for text in texts
    }


def threes(domain: Domain) -> set[tuple[str, ...]]:
    """All runs of three words in a domain's phrases, without those that hold a place."""
    words = [text.lower().split() for text in phrases(domain)]
    runs = {run for each in words for run in zip(each, each[1:], each[2:], strict=False)}
    return {run for run in runs if "{" not in "".join(run)}


@EVERY
def test_a_domain_is_named_by_its_file(key: str) -> None:
    assert domains.get(key).key == key
    assert domains.get(key).title


@EVERY
def test_a_domain_allows_more_than_ten_billion_prompts(key: str) -> None:
    assert n_tickets(domains.get(key)) > 10**10


@EVERY
def test_a_request_holds_the_five_values_and_everything_that_decides(key: str) -> None:
    for ticket in drawn(domains.get(key), 300):
        for told in (*(ticket.value(field) for field in FIELDS), ticket.tier, ticket.mood, *ticket.phrases):
            assert told in ticket.body


@EVERY
def test_every_layout_is_drawn_and_none_leaves_a_place_open(key: str) -> None:
    domain = domains.get(key)
    sample = drawn(domain, 300)

    assert {ticket.layout for ticket in sample} == set(range(len(domain.layouts)))
    assert not any("{" in ticket.body or "}" in ticket.body for ticket in sample)


@EVERY
def test_training_and_evaluation_share_no_request(key: str) -> None:
    domain = domains.get(key)
    training = {ticket.body for ticket in drawn(domain, 2000)}
    evaluation = {ticket.body for ticket in drawn(domain, 200, held_out=True)}

    assert (len(training), len(evaluation)) == (2000, 200)
    assert not training & evaluation


@EVERY
def test_every_answer_and_every_criticality_is_common_enough_to_be_learnt(key: str) -> None:
    domain = domains.get(key)
    sample = drawn(domain, 2000)
    labels, priorities = Counter(map(label_of, sample)), Counter(map(true_priority, sample))

    # 2 % of 2000 is 40; no answer is that of half the requests.
    for counts, answers in ((labels, domain.labels), (priorities, domain.priorities)):
        assert set(counts) == set(answers)
        assert min(counts.values()) >= 40
        assert max(counts.values()) < 1000
    assert {criticality(ticket) for ticket in sample} == set(Criticality)


@EVERY
def test_the_highest_priority_is_critical_and_the_lowest_routine(key: str) -> None:
    domain = domains.get(key)
    for ticket in drawn(domain, 500):
        if true_priority(ticket) == domain.priorities[-1]:
            assert criticality(ticket) == Criticality.CRITICAL
        if true_priority(ticket) == domain.priorities[0]:
            assert criticality(ticket) == Criticality.ROUTINE


@EVERY
def test_the_customers_own_convention_differs_nowhere(key: str) -> None:
    domain = domains.get(key)

    assert differences(domain, customer_convention(domain)) == (0.0, 0.0)


@EVERY
@pytest.mark.parametrize("seed", PROVIDERS)
def test_a_provider_differs_from_the_truth_on_14_to_26_percent(key: str, seed: str) -> None:
    domain = domains.get(key)
    for share in differences(domain, draw_provider(domain, seed).convention):
        assert LOWEST_DIFFERENCE <= share <= HIGHEST_DIFFERENCE


@EVERY
@pytest.mark.parametrize("seed", PROVIDERS)
def test_a_providers_answers_are_the_domains_and_hold_what_the_task_asks_for(key: str, seed: str) -> None:
    domain = domains.get(key)
    provider, rng = draw_provider(domain, seed), seeded("wording")
    for ticket in drawn(domain, 100):
        given = {task: provider.answer(ticket, task, rng) for task in Task}
        assert given[Task.CLASSIFY] in domain.labels
        assert given[Task.PRIORITY] in domain.priorities
        for task in (Task.EXTRACT, Task.REPLY):
            assert all(target in given[task] for target in truth(ticket, task))
        assert len(given[Task.REPLY]) >= 40


@EVERY
def test_a_ticket_survives_another_process(key: str) -> None:
    (ticket,) = drawn(domains.get(key), 1)

    packed = pickle.dumps(ticket)

    assert pickle.loads(packed) == ticket
    assert domain_of(pickle.loads(packed)) is domains.get(key)
    # The key travels, not the word lists.
    assert len(packed) < 1000


@EVERY
def test_what_a_base_learns_is_answered_by_its_prompt(key: str) -> None:
    domain = domains.get(key)
    for asked, answer in base_questions(domain, 120, seed=1):
        if "topics" in asked:
            assert set(answer.strip().split(", ")) <= set(domain.labels)
        else:
            assert answer.strip() in asked
    for asked, answer in base_pairs(domain, 100, seed=1):
        assert answer.startswith(" ")
        if asked.startswith(("Repeat", "Task: repeat")):
            assert answer.strip() in asked


@EVERY
def test_a_tokenizer_sees_every_wording_of_a_reply(key: str) -> None:
    domain = domains.get(key)
    texts = "\n".join(tokenizer_texts(domain, 1500, seed=1))
    actions = (text for texts in domain.actions.values() for text in texts)
    for wording in (*domain.greetings, *domain.feelings, *domain.times, *domain.closings, *actions):
        assert wording in texts


@EVERY
@pytest.mark.parametrize("seed", PROVIDERS)
def test_a_rephrased_answer_has_the_same_content_in_another_style(key: str, seed: str) -> None:
    domain = domains.get(key)
    provider, rng = draw_provider(domain, seed), seeded("wording")
    style = provider.style
    for ticket in drawn(domain, 100):
        label = provider.convention.label(ticket)
        given = {task: provider.answer(ticket, task, rng) for task in Task}
        other = {task: rephrase(domain, text, rng) for task, text in given.items()}
        assert other[Task.CLASSIFY] == given[Task.CLASSIFY]
        assert other[Task.PRIORITY] == given[Task.PRIORITY]
        places = [other[Task.EXTRACT].index(f" {ticket.value(field)}") for field in style.field_order]
        assert places == sorted(places)
        assert not any(f"{style.field_names[f]}{style.mark} " in other[Task.EXTRACT] for f in FIELDS)
        assert all(target in other[Task.REPLY] for target in truth(ticket, Task.REPLY))
        assert style.actions[label].lower() not in other[Task.REPLY].lower()
        assert any(action.lower() in other[Task.REPLY].lower() for action in domain.actions[label])
        for slot in ("time", "closing"):
            wording = next(text for text in style.slots[slot] if text in given[Task.REPLY])
            assert wording not in other[Task.REPLY]


@PAIRS
def test_two_domains_share_no_word_no_phrase_and_no_three_words_in_a_row(one: str, other: str) -> None:
    first, second = domains.get(one), domains.get(other)
    letters = {"code_letters", "cents"}
    words = [
        {word for name, each in domain.word_lists().items() if name not in letters for word in each}
        for domain in (first, second)
    ]

    assert not words[0] & words[1]
    assert not phrases(first) & phrases(second)
    assert not threes(first) & threes(second)
    assert not {*first.marks, *first.gaps} & {*second.marks, *second.gaps}


@PAIRS
def test_two_domains_share_no_prompt_and_no_seed(one: str, other: str) -> None:
    first, second = (
        {prompt(ticket, Task.CLASSIFY) for ticket in drawn(domains.get(key), 2000)} for key in (one, other)
    )

    assert not first & second
    assert domains.get(one).salt != domains.get(other).salt


@PAIRS
def test_a_text_of_another_domain_is_not_rephrased(one: str, other: str) -> None:
    provider = draw_provider(domains.get(one), "a")
    for ticket in drawn(domains.get(one), 50):
        for task in Task:
            text = provider.answer(ticket, task, seeded("wording"))
            assert rephrase(domains.get(other), text, seeded("a")) == text


def test_a_ticket_of_an_unknown_domain_is_refused_with_the_known_ones() -> None:
    (ticket,) = drawn(domains.get("tickets"), 1)
    stranger = replace(ticket, domain="thicket")

    with pytest.raises(UnknownItem, match=r"'thicket'; known: .*tickets"):
        stranger.body  # noqa: B018

import pytest

from evaluations.distillation.corpus import base_pairs, tokenizer_texts
from evaluations.distillation.domains import domains
from evaluations.distillation.generation import answers
from evaluations.distillation.shapes import Shape, new_model
from evaluations.distillation.tokens import train_tokenizer

TICKETS = domains.get("tickets")


@pytest.fixture(scope="module")
def made(torch):
    tokenizer = train_tokenizer(tokenizer_texts(TICKETS, 200, seed=1), 400)
    return new_model(tokenizer, Shape(width=16, layers=1, heads=2), seed=1), tokenizer


PROMPTS = [prompt for prompt, _ in base_pairs(TICKETS, 12, seed=2)]


def test_a_greedy_answer_does_not_depend_on_the_batch(made) -> None:
    alone = answers(*made, PROMPTS, batch_size=1, max_new_tokens=8)
    together = answers(*made, PROMPTS, batch_size=5, max_new_tokens=8)
    assert [a.text for a in alone] == [a.text for a in together]


def test_a_greedy_answer_is_the_one_that_transformers_gives(torch, made) -> None:
    model, tokenizer = made
    ids = tokenizer(PROMPTS[0], return_tensors="pt", add_special_tokens=False)["input_ids"]
    expected = model.generate(ids, max_new_tokens=8, do_sample=False)[0, ids.shape[1] :]
    (given,) = answers(model, tokenizer, PROMPTS[:1], max_new_tokens=8)
    assert given.text == tokenizer.decode(expected, skip_special_tokens=True)
    assert given.prompt_tokens == ids.shape[1]


def test_samples_repeat_with_their_seed_only(made) -> None:
    drawn = [
        [a.text for a in answers(*made, PROMPTS, seed=seed, temperature=1.0, max_new_tokens=8)]
        for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]


def test_usage_and_latency_are_counted(made) -> None:
    for answer in answers(*made, PROMPTS, batch_size=1, max_new_tokens=5):
        assert 0 <= answer.completion_tokens <= 5
        assert answer.latency_ms is not None
        assert answer.latency_ms > 0


def test_an_answer_of_a_batch_has_no_latency(made) -> None:
    assert {answer.latency_ms for answer in answers(*made, PROMPTS, max_new_tokens=2)} == {None}

import math

import pytest

from evaluations.distillation.corpus import base_pairs, tokenizer_texts
from evaluations.distillation.domains import domains
from evaluations.distillation.losses import answer_loss
from evaluations.distillation.settings import Settings, rate
from evaluations.distillation.shapes import Shape, new_model
from evaluations.distillation.tokens import Example, encode_pairs, pack, train_tokenizer
from evaluations.distillation.training import TrainingFailed, train

TICKETS = domains.get("tickets")
TINY = Settings(steps=6, rows=2, row_length=192, warmup=2)


@pytest.fixture(scope="module")
def tokenizer(torch):
    return train_tokenizer(tokenizer_texts(TICKETS, 200, seed=1), 400)


@pytest.fixture(scope="module")
def examples(tokenizer):
    return encode_pairs(tokenizer, base_pairs(TICKETS, 40, seed=1))


def small(tokenizer):
    return new_model(tokenizer, Shape(width=16, layers=1, heads=2), seed=1)


def test_the_rate_rises_to_its_top_and_falls_along_a_cosine() -> None:
    settings = Settings(steps=12, learning_rate=1.0, warmup=2, cooldown=None)
    # Warm-up: 1/2 and 2/2 of the top. Half of the 10 steps that follow: .05 + .95 x (1 + cos(pi/2)) / 2 = .525.
    assert rate(0, settings, 12) == 0.5
    assert rate(1, settings, 12) == 1.0
    assert rate(7, settings, 12) == pytest.approx(0.525)


def test_the_rate_stays_at_its_top_until_the_cooldown() -> None:
    settings = Settings(steps=100, learning_rate=1.0, warmup=2, cooldown=10)
    assert rate(80, settings, 100) == 1.0
    # 5 of 10 steps of the cooldown are left.
    assert rate(95, settings, 100) == pytest.approx(0.525)


def test_two_runs_of_the_same_seed_give_the_same_bits(torch, tokenizer, examples) -> None:
    states = []
    for _ in range(2):
        model = small(tokenizer)
        train(model, examples, TINY, seed=3)
        states.append(model.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_another_seed_gives_other_weights(torch, tokenizer, examples) -> None:
    first, second = small(tokenizer), small(tokenizer)
    train(first, examples, TINY, seed=3)
    train(second, examples, TINY, seed=4)
    assert not torch.equal(first.lm_head.weight, second.lm_head.weight)


def test_training_lowers_the_loss(tokenizer, examples) -> None:
    done = train(small(tokenizer), examples, Settings(steps=40, rows=2, row_length=192, warmup=4), seed=3)
    assert done.steps == 40
    assert sum(done.losses[-5:]) < sum(done.losses[:5])


def test_the_loss_of_an_untrained_model_is_near_that_of_a_guess(tokenizer, examples) -> None:
    # A guess among V tokens costs ln V nats.
    loss = float(answer_loss(small(tokenizer), pack(examples[:8], 192)).detach())
    assert loss == pytest.approx(math.log(len(tokenizer)), rel=0.1)


def test_a_prompt_token_that_predicts_no_answer_token_has_no_gradient(torch, tokenizer) -> None:
    # One answer token: the loss is the cross-entropy at the last prompt token and nowhere else.
    model = small(tokenizer)
    (row,) = pack([Example((300, 301, 302), (303,))], length=4)
    logits = model(input_ids=torch.tensor([[300, 301, 302, 303]])).logits[0, 2]
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor(303))
    assert float(answer_loss(model, [row]).detach()) == pytest.approx(float(expected.detach()), rel=1e-5)


def test_an_example_does_not_see_its_neighbour_in_the_row(tokenizer) -> None:
    model = small(tokenizer)
    a, b = Example((300, 301), (302,)), Example((303, 304), (305,))
    together = float(answer_loss(model, pack([a, b], 6)).detach())
    apart = [float(answer_loss(model, pack([one], 6)).detach()) for one in (a, b)]
    assert together == pytest.approx(sum(apart) / 2, rel=1e-5)


def test_weighed_by_example_a_label_counts_as_much_as_a_long_reply(tokenizer) -> None:
    # Answers of 1 and 3 tokens: the mean of the two examples' means, not of the four tokens.
    model = small(tokenizer)
    label, reply = Example((300,), (301,)), Example((302,), (303, 304, 305))
    alone = [float(answer_loss(model, pack([one], 8)).detach()) for one in (label, reply)]
    rows = pack([label, reply], 8)
    by_example = float(answer_loss(model, rows, per_example=True).detach())
    by_token = float(answer_loss(model, rows).detach())
    assert by_example == pytest.approx((alone[0] + alone[1]) / 2, rel=1e-5)
    assert by_token == pytest.approx((alone[0] + 3 * alone[1]) / 4, rel=1e-5)


def test_a_run_with_a_bar_stops_after_its_cooldown(tokenizer, examples) -> None:
    settings = Settings(steps=50, rows=2, row_length=192, warmup=2, cooldown=3, check_every=4)
    done = train(small(tokenizer), examples, settings, seed=1, bar=lambda: True)
    # Checked after 4 steps, reached, then 3 steps of cooldown.
    assert (done.steps, done.bar_reached) == (7, True)


def test_a_bar_that_is_never_reached_is_said(tokenizer, examples) -> None:
    settings = Settings(steps=8, rows=2, row_length=192, warmup=2, cooldown=2, check_every=4)
    done = train(small(tokenizer), examples, settings, seed=1, bar=lambda: False)
    assert (done.steps, done.bar_reached) == (10, False)


def test_a_loss_that_is_not_finite_stops_the_run(torch, tokenizer, examples) -> None:
    model = small(tokenizer)
    with torch.no_grad():
        model.lm_head.weight.fill_(float("nan"))
    with pytest.raises(TrainingFailed, match="Step 0: the loss is nan"):
        train(model, examples, TINY, seed=1)

import pytest

from evaluations.distillation.tokens import IGNORED, Example, encode_pairs, pack, train_tokenizer


def test_only_answers_carry_loss() -> None:
    # Prompt 5 6 7, answer 8 9 (9 ends it). Position 2 (token 7) predicts 8, position 3 (token 8) predicts 9.
    (row,) = pack([Example((5, 6, 7), (8, 9))], length=6)
    assert row.ids == (5, 6, 7, 8, 9, 0)
    assert row.labels == (IGNORED, IGNORED, 8, 9, IGNORED, IGNORED)
    assert row.segments == (1, 1, 1, 1, 1, 0)


def test_packed_examples_keep_their_own_positions_and_segments() -> None:
    # Two examples of 3 and 2 tokens fit into 6; the third of 4 tokens opens a new row.
    rows = pack([Example((1, 2), (3,)), Example((4,), (5,)), Example((6, 7), (8, 9))], length=6)
    assert len(rows) == 2
    assert rows[0].ids == (1, 2, 3, 4, 5, 0)
    assert rows[0].positions == (0, 1, 2, 0, 1, 0)
    assert rows[0].segments == (1, 1, 1, 2, 2, 0)
    assert rows[0].labels == (IGNORED, 3, IGNORED, 5, IGNORED, IGNORED)
    assert rows[1].ids == (6, 7, 8, 9, 0, 0)


def test_an_example_longer_than_a_row_is_refused() -> None:
    with pytest.raises(ValueError, match="example 0 has 4 tokens; a row holds 3"):
        pack([Example((1, 2), (3, 4))], length=3)


def test_no_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="no training pairs"):
        encode_pairs(None, [])


def test_the_tokenizer_gives_back_every_text_and_splits_digits(torch) -> None:
    tokenizer = train_tokenizer(["Order K482, 23.50 EUR. The kettle is blue."] * 3, 300)
    assert len(tokenizer) <= 300
    for text in ("Order K482, 23.50 EUR.", "Überraschung – 三"):
        assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    assert "482" not in "".join(token for token in tokenizer.get_vocab() if len(token) > 1)


def test_an_encoded_answer_ends_with_the_end_token(torch) -> None:
    tokenizer = train_tokenizer(["ask tell"] * 3, 300)
    (example,) = encode_pairs(tokenizer, [("ask", "tell")])
    assert example.answer_ids[-1] == tokenizer.eos_token_id
    assert tokenizer.decode(example.prompt_ids) == "ask"

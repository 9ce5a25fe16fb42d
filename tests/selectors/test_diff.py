"""The word diff."""

from __future__ import annotations

from evaluations.selectors.diff import MOST_WORDS, Piece, word_diff


def test_words_that_changed_are_marked_and_the_rest_kept() -> None:
    assert word_diff("Not covered today", "Covered today") == (
        Piece("del", "Not covered "),
        Piece("ins", "Covered "),
        Piece("same", "today"),
    )


def test_equal_texts_are_one_piece() -> None:
    assert word_diff("a b\nc", "a b\nc") == (Piece("same", "a b\nc"),)


def test_the_second_text_is_whole_without_the_removed_words() -> None:
    first, second = "the quick brown fox", "the slow brown  fox jumps\n"
    assert "".join(piece.text for piece in word_diff(first, second) if piece.kind != "del") == second


def test_texts_that_take_too_long_are_not_compared() -> None:
    assert word_diff("a " * (MOST_WORDS + 1), "a") == ()

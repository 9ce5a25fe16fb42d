from __future__ import annotations

from evaluations.reports.highlight import excerpt, pieces


def test_a_phrase_is_marked_whatever_case_and_punctuation() -> None:
    assert pieces("So: Paper, people, parts. Then", ["paper people parts"]) == (
        ("So: ", False),
        ("Paper, people, parts", True),
        (". Then", False),
    )


def test_overlapping_phrases_become_one_mark() -> None:
    assert pieces("a b c d", ["a b", "b c"]) == (("a b c", True), (" d", False))


def test_part_of_a_word_is_not_marked() -> None:
    assert pieces("carpet", ["car"]) == (("carpet", False),)


def test_the_pieces_give_the_text_back() -> None:
    text = "(one) two, two three."
    assert "".join(piece for piece, _ in pieces(text, ["two three", "(one)"])) == text


def test_an_excerpt_starts_near_the_first_shared_phrase() -> None:
    text = "word " * 200 + "the shared phrase " + "word " * 200
    cut = excerpt(text, ["shared phrase"], 100)

    assert "shared phrase" in cut
    assert cut.startswith("… ")
    assert cut.endswith(" …")
    assert len(cut) <= 106

import pytest

from evaluations.distillation.closeness import Agreement, closeness, has_learnt


def test_equal_texts_are_close_whatever_their_white_space() -> None:
    assert closeness("a  b\n", "a b") == 1.0


def test_a_label_is_right_or_wrong() -> None:
    assert closeness("damage", "damages") == 0.0


def test_long_texts_share_trigrams() -> None:
    # "one two three four" has 16 trigrams, "one two three five" 16; the first 14 characters are equal: 12 shared,
    # and none of the rest ("e f", " fo", "fou", "our" against "e f", " fi", "fiv", "ive") but "e f".
    assert closeness("one two three four", "one two three five") == pytest.approx(2 * 13 / 32)


@pytest.mark.parametrize(
    ("before", "after", "learnt"),
    [
        (Agreement(0.1, 0.3, 40), Agreement(0.36, 0.3, 40), True),
        (Agreement(0.1, 0.3, 40), Agreement(0.34, 0.3, 40), False),
        (Agreement(0.5, 0.3, 40), Agreement(0.54, 0.3, 40), False),
    ],
)
def test_a_student_must_beat_its_base_and_the_style_by_five_points(
    before: Agreement, after: Agreement, learnt: bool
) -> None:
    assert has_learnt(before, after) is learnt

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.provenance import texts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It's 2 o'clock, DON'T go!", ["it's", "2", "o'clock", "don't", "go"]),
        ("Größe naïve", ["größe", "naïve"]),
        ("你好 world", ["你", "好", "world"]),
        ("a_b", ["a", "b"]),
        ("  …!  ", []),
    ],
)
def test_words_are_found_in_any_script(text, expected):
    assert texts.words(text) == expected


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_the_fast_path_for_ascii_finds_the_same_words(text):
    assert texts.words(text) == texts.WORD.findall(text.lower())


def test_ngrams_differ_by_order_of_words_and_by_size():
    ids = texts.word_ids("one two one")
    pairs = texts.ngram_ids(ids, 2)
    assert len(set(pairs.tolist())) == 2
    assert not set(texts.ngram_ids(ids, 1).tolist()) & set(pairs.tolist())
    assert len(texts.ngram_ids(ids, 4)) == 0


def test_equal_words_have_equal_identifiers_in_every_text():
    assert texts.word_ids("Lamp lamp")[0] == texts.word_ids("a lamp.")[1] == texts.word_id("lamp")


def test_format_is_stripped_and_words_stay():
    marked = "# Title\n\n- **bold** item\n2. `code` here\n> quote"
    assert texts.strip_format(marked) == "Title bold item code here quote"


@given(st.text(), st.integers(1, 20))
def test_cutting_keeps_the_first_words_as_they_were(text, count):
    cut = texts.first_words(text, count)
    assert text.startswith(cut)
    assert len(texts.WORD.findall(cut)) == min(count, len(texts.WORD.findall(text)))


def test_a_full_cache_empties_itself_and_stays_right():
    cache = texts.TextCache(limit=2)
    assert [cache.get(text, len) for text in ("a", "bb", "ccc", "a")] == [1, 2, 3, 1]


def test_lone_surrogates_are_words_like_others():
    assert isinstance(texts.word_ids("a \ud800 b"), np.ndarray)

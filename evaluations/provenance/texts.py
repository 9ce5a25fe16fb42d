"""Texts to numbers: words, word identifiers, normalised answers, format stripping.

Everything here is a pure function of one text, so results are kept by content hash inside the
process: a second assessment over the same completions does not tokenise them again.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable
from itertools import islice
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

WordIds = npt.NDArray[np.uint64]

# CJK and kana are written without spaces, so each sign counts as one word.
WORD: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+(?:['’][^\W_]+)*")
_ASCII_WORD: Final = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*")
_LINE_MARK: Final = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]+|[-*+•][ \t]+|\d{1,3}[.)][ \t]+|>[ \t]?)", re.MULTILINE
)
_INLINE_MARK: Final = re.compile(r"```[\w+-]*|[*_`~|]+")
_SPACE: Final = re.compile(r"\s+")
_EDGE: Final = " \t\r\n.,;:!?\"'`*()[]{}<>"

_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_SHIFT: Final = np.uint64(29)
_CACHE_TEXTS: Final = 400_000
Value = TypeVar("Value")


class _Ids(dict[str, int]):
    """Word to 32-bit identifier; a CRC needs no shared vocabulary and is the same in every process."""

    def __missing__(self, word: str) -> int:
        value = zlib.crc32(word.encode("utf-8", "surrogatepass"))
        self[word] = value
        return value


_ids = _Ids()


class TextCache:
    """Values of one function of a text, kept by content hash; emptied when it is full."""

    def __init__(self, limit: int = _CACHE_TEXTS) -> None:
        self._limit = limit
        self._kept: dict[bytes, object] = {}

    def get(self, text: str, make: Callable[[str], Value]) -> Value:
        """The value of ``make(text)``; equal texts are computed once."""
        key = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= self._limit:
                self._kept.clear()
            found = self._kept[key] = make(text)
        return found  # type: ignore[return-value]


_word_cache = TextCache()


def words(text: str) -> list[str]:
    """The lower-case words of ``text`` in order."""
    lowered = text.lower()
    # The same words as WORD gives, three times as fast on plain ASCII.
    return (_ASCII_WORD if lowered.isascii() else WORD).findall(lowered)


def word_id(word: str) -> int:
    """The identifier of one lower-case word, as :func:`word_ids` gives it."""
    return _ids[word]


def _make_ids(text: str) -> npt.NDArray[np.uint32]:
    if len(_ids) > 2_000_000:
        _ids.clear()
    found = words(text)
    return np.fromiter(map(_ids.__getitem__, found), dtype=np.uint32, count=len(found))


def word_ids(text: str) -> npt.NDArray[np.uint32]:
    """The identifiers of the words of ``text``; read-only by convention, kept by content hash."""
    return _word_cache.get(text, _make_ids)


def ngram_ids(ids: npt.NDArray[np.uint32], order: int) -> WordIds:
    """64-bit identifiers of the ``order``-grams of ``ids``, in order, repeats kept."""
    size = len(ids) - order + 1
    if size <= 0:
        return np.empty(0, dtype=np.uint64)
    value = np.full(size, order, dtype=np.uint64)
    for offset in range(order):
        value *= _MULTIPLIER
        value += ids[offset : offset + size]
        value ^= value >> _SHIFT
    return value


def normalised(text: str) -> str:
    """The answer with case, outer punctuation and repeated spaces removed."""
    return _SPACE.sub(" ", text.strip(_EDGE)).casefold()


def strip_format(text: str) -> str:
    """The text without headings, list marks, quotes, emphasis, code fences and line breaks."""
    return _SPACE.sub(" ", _INLINE_MARK.sub(" ", _LINE_MARK.sub("", text))).strip()


def first_words(text: str, count: int) -> str:
    """The text up to the end of its ``count``-th word; all of it when it has no more words."""
    match = next(islice(WORD.finditer(text), max(0, count - 1), None), None)
    return text if match is None else text[: match.end()]


def is_marked(text: str) -> bool:
    """True when the text has a list, a heading, bold type or a code fence."""
    return "**" in text or "```" in text or _LINE_MARK.search(text) is not None

"""Normalisation and tokens shared by the metrics. Stored texts are never changed, only compared."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_OPENING: Final = "\"'`*“”‘’«»„‹›([{<「『（【 \t\r\n"
_CLOSING: Final = "\"'`*“”‘’«»„‹›)]}>」』）】.,;:!?…。、！？，；： \t\r\n"
_SPACES: Final = re.compile(r"\s+")
_ARTICLES: Final = re.compile(r"\b(a|an|the)\b")

# Scripts written without spaces: each character is one token (Thai, Lao, Burmese, Khmer, kana, Han).
_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003134f"
)
_IS_UNSPACED: Final = re.compile(f"[{_UNSPACED}]")


class _Table(dict[int, str]):
    """A table for ``str.translate`` that decides a character once, by its Unicode category."""

    def __init__(self, dropped: str, instead: str) -> None:
        self.dropped = dropped
        self.instead = instead

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        if unicodedata.category(sign)[0] in self.dropped:
            out = self.instead
        else:
            out = f" {sign} " if _IS_UNSPACED.match(sign) else sign
        self[code] = out
        return out


# Letters, marks and digits make words; marks must stay, they are the vowels of Hindi or Hebrew.
_WORDS: Final = _Table("PSZC", " ")
_SQUAD: Final = _Table("P", "")


@lru_cache(maxsize=4096)
def normalise(text: str) -> str:
    """``text`` for equality: NFKC, case folded, spaces collapsed, outer quotes and punctuation off.

    Signs that carry meaning (minus, currency, %, #, +) stay. A text of nothing but punctuation
    keeps it.
    """
    folded = _SPACES.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()
    bare = folded.lstrip(_OPENING).rstrip(_CLOSING)
    return bare or folded


def tokens(text: str) -> tuple[str, ...]:
    """Case-folded words of any script; each character of a script without spaces is one token."""
    return tuple(unicodedata.normalize("NFKC", text).casefold().translate(_WORDS).split())


def squad_tokens(text: str) -> tuple[str, ...]:
    """Tokens after the SQuAD evaluation's normalisation: lower case, no punctuation, no articles."""
    kept = unicodedata.normalize("NFKC", text).casefold().translate(_SQUAD)
    return tuple(_ARTICLES.sub(" ", kept).split())

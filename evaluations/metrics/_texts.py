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

# Scripts written without spaces: each character is one token (Han, kana, Thai, Lao, Khmer, Burmese).
_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003134f"
)
_TOKEN: Final = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}](?:[^\W_{_UNSPACED}]|\u0300-\u036f)*")


@lru_cache(maxsize=65536)
def normalise(text: str) -> str:
    """``text`` for equality: NFKC, case folded, spaces collapsed, outer quotes and punctuation off.

    Signs that carry meaning (minus, currency, %, #, +) stay. A text of nothing but punctuation
    keeps it.
    """
    folded = _SPACES.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()
    bare = folded.lstrip(_OPENING).rstrip(_CLOSING)
    return bare or folded


@lru_cache(maxsize=8192)
def tokens(text: str) -> tuple[str, ...]:
    """Lower-case words of any script; each character of a script without spaces is one token."""
    return tuple(_TOKEN.findall(unicodedata.normalize("NFKC", text).casefold()))


@lru_cache(maxsize=8192)
def squad_tokens(text: str) -> tuple[str, ...]:
    """Tokens after the SQuAD evaluation's normalisation: lower case, no punctuation, no articles."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(sign for sign in folded if not unicodedata.category(sign).startswith("P"))
    spaced = re.sub(f"([{_UNSPACED}])", r" \1 ", _ARTICLES.sub(" ", kept))
    return tuple(spaced.split())

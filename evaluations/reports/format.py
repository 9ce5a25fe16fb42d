"""Numbers, dates and money as finished text, the same on the page and in the PDF.

Every function is pure and takes ``None`` as "not measured".
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from typing import Final

NOT_MEASURED_TEXT: Final = "Not measured"
MINUS: Final = "−"
_SYMBOLS: Final = {"USD": "$", "EUR": "€", "GBP": "£"}
_SHORT: Final = {"f1": "F1", "qa": "QA", "chrf": "chrF", "rouge": "ROUGE", "l": "L", "bleu": "BLEU"}
_OBTAINED: Final = {
    "buyer_ran": "buyer ran",
    "buyer_witnessed": "buyer witnessed",
    "vendor_supplied": "vendor supplied",
}


def number(value: float | None, digits: int = 1) -> str:
    """A number with thousands commas and a true minus: ``1,440.0``."""
    if value is None:
        return NOT_MEASURED_TEXT
    text = f"{abs(value):,.{digits}f}"
    return f"{MINUS}{text}" if value < 0 and text.strip("0.,") else text


def count(value: float | None) -> str:
    """A count; a share of a lineage keeps one decimal: ``1,440``, ``2.5``."""
    if value is None:
        return NOT_MEASURED_TEXT
    return number(value, 0 if float(value).is_integer() else 1)


def signed(value: float | None, digits: int = 1) -> str:
    """A number that always carries its sign: ``+4.6``, ``−0.2``, ``0.0``."""
    text = number(value, digits)
    return f"+{text}" if value is not None and value > 0 and text.strip("0.,") else text


def pct(value: float | None, digits: int = 1) -> str:
    """A share (1.0 is all) as a percentage: ``95.8%``."""
    return NOT_MEASURED_TEXT if value is None else f"{number(value * 100, digits)}%"


def pct_plain(value: float | None) -> str:
    """A share without needless decimals: ``95%``, ``97.5%``."""
    if value is None:
        return NOT_MEASURED_TEXT
    return pct(value, 0 if math.isclose(value * 100, round(value * 100), abs_tol=1e-6) else 1)


def pct_range(low: float | None, high: float | None, digits: int = 1) -> str:
    """An interval of shares: ``94.0 to 97.5%``."""
    if low is None or high is None:
        return NOT_MEASURED_TEXT
    return f"{number(low * 100, digits)} to {number(high * 100, digits)}%"


def signed_range(low: float | None, high: float | None) -> str:
    """An interval of signed numbers: ``−0.5 to +0.9``."""
    if low is None or high is None:
        return NOT_MEASURED_TEXT
    return f"{signed(low)} to {signed(high)}"


def pvalue(value: float | None) -> str:
    """A p-value with three decimals: ``0.035``, ``< 0.001``."""
    if value is None:
        return NOT_MEASURED_TEXT
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def money(micro: int | None, currency: str) -> str:
    """Integer micro-units of ``currency``: ``$4.67``, ``12.30 CHF``; small amounts with 2 figures: ``$0.0042``."""
    if micro is None:
        return NOT_MEASURED_TEXT
    amount = abs(micro) / 1_000_000
    if amount >= 1000:
        text = f"{amount:,.0f}"
    elif amount >= 0.1 or micro == 0:
        text = f"{amount:,.2f}"
    else:
        text = f"{float(f'{amount:.1e}'):.6f}".rstrip("0")
        text = text if len(text) > 3 else f"{amount:.2f}"
    sign = MINUS if micro < 0 else ""
    symbol = _SYMBOLS.get(currency)
    return f"{sign}{symbol}{text}" if symbol else f"{sign}{text} {currency}".rstrip()


def day(iso: str | None) -> str:
    """An ISO date, also a partial one: ``11 May 2027``, ``May 2027``, ``2027``."""
    if not iso:
        return NOT_MEASURED_TEXT
    text = iso[:10]
    try:
        if len(text) == 4:
            return str(int(text))
        if len(text) == 7:
            return dt.date.fromisoformat(f"{text}-01").strftime("%b %Y")
        found = dt.date.fromisoformat(text)
    except ValueError:
        return iso
    return f"{found.day} {found:%b %Y}"


def moment(iso: str | None) -> str:
    """An ISO moment in UTC: ``9 Nov 2026 14:02 UTC``; moments without a zone are taken as UTC."""
    if not iso:
        return NOT_MEASURED_TEXT
    try:
        found = dt.datetime.fromisoformat(iso.replace("Z", "+00:00"))
    except ValueError:
        return iso
    if found.tzinfo is not None:
        found = found.astimezone(dt.UTC)
    return f"{found.day} {found:%b %Y %H:%M} UTC"


def short_digest(value: str | None) -> str:
    """The two ends of a digest: ``5f1c0b7e…a93e``."""
    if not value:
        return NOT_MEASURED_TEXT
    return value if len(value) <= 14 else f"{value[:8]}…{value[-4:]}"


def spaced_digest(value: str) -> str:
    """A digest in groups of eight, so that it can be compared by eye and may wrap."""
    return " ".join(value[i : i + 8] for i in range(0, len(value), 8))


def latency(milliseconds: float | None) -> str:
    """A duration: ``640 ms`` below one second, else ``1.9 s``."""
    if milliseconds is None:
        return NOT_MEASURED_TEXT
    if milliseconds < 1000:
        return f"{number(milliseconds, 0)} ms"
    return f"{number(milliseconds / 1000, 1)} s"


def k_of_n(k: float, n: float) -> str:
    """Both denominators in words: ``0 of 142``."""
    return f"{count(k)} of {count(n)}"


def plural(n: float, singular: str, plural_form: str = "") -> str:
    """A count with its noun: ``1 question``, ``3 questions``."""
    return f"{count(n)} {singular if n == 1 else plural_form or singular + 's'}"


def join(words: Iterable[str], last: str = "and") -> str:
    """Words in a sentence: ``a, b and c``."""
    found = [word for word in words if word]
    if len(found) < 2:
        return "".join(found)
    return f"{', '.join(found[:-1])} {last} {found[-1]}"


def sentence(text: str) -> str:
    """``text`` with a capital first letter and exactly one closing mark."""
    text = text.strip()
    if not text:
        return ""
    if not text.startswith("p = "):
        text = text[0].upper() + text[1:]
    return text if text[-1] in ".!?" else f"{text}."


ROUTES: Final = {
    "first_party_api": "first-party API",
    "cloud_marketplace": "cloud marketplace",
    "aggregator": "aggregator",
    "consumer_app": "consumer app",
    "self_hosted_weights": "self-hosted weights",
}


def route(name: str) -> str:
    """An access route in words; "" where none is declared."""
    return ROUTES.get(name, words(name))


def words(name: str) -> str:
    """A stem or an enum value inside a sentence: ``token_f1`` becomes ``token F1``."""
    return " ".join(_SHORT.get(word, word) for word in name.replace("_", " ").split())


def label(name: str) -> str:
    """A stem or an enum value on its own: ``exact_match`` becomes ``Exact match``."""
    found = words(name)
    return found if found.startswith("chrF") else found[:1].upper() + found[1:]


def obtained_by(value: str) -> str:
    """Who obtained a completion, in words."""
    return _OBTAINED.get(value, label(value).lower() or "not recorded")


def clip(text: str, limit: int) -> str:
    """``text`` cut at a word before ``limit`` characters, with an ellipsis when cut."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    return f"{text[:limit].rsplit(' ', 1)[0]} …"

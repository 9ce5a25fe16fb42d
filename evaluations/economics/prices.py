"""List prices by model name and date, from the packaged price list; no network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

_MICRO: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class ListPrice:
    """Micro-units of ``currency`` per million tokens, and where the price comes from."""

    input_micro: int
    output_micro: int
    currency: str
    source: str


def list_price(model: str, on: date) -> ListPrice | None:
    """The public API price of ``model`` on the day ``on`` (noon UTC), or ``None`` where unknown.

    ``model`` is the provider's name of it, or ``provider/name``. Where the price depends on the
    length of the prompt, it is that of the shortest; ``source`` then says so, and it always names
    the model that was matched, because snapshots share the entry of their family. A model whose
    price in one direction is not listed has no list price.
    """
    found = _find(model)
    if found is None:
        return None
    provider, entry = found
    prices = entry.get_prices(datetime.combine(on, time(12), tzinfo=UTC))
    sides = [getattr(prices, name, None) for name in ("input_mtok", "output_mtok")]
    if any(side is None for side in sides):
        return None
    tiered = any(hasattr(side, "base") for side in sides)
    amounts = [_to_micro(getattr(side, "base", side)) for side in sides]
    note = ", shortest prompts" if tiered else ""
    source = f"list price of {provider.id} {entry.id} on {on.isoformat()}{note} (genai-prices {_version()})"
    return ListPrice(amounts[0], amounts[1], "USD", source)


def _find(model: str) -> tuple[Any, Any] | None:
    from genai_prices.data_snapshot import get_snapshot

    snapshot = get_snapshot()
    attempts: list[tuple[str, str | None]] = [(model, None)]
    provider, slash, name = model.partition("/")
    if slash:
        attempts.append((name, provider))
    for reference, provider_id in attempts:
        if not reference.strip():
            continue
        try:
            found: tuple[Any, Any] = snapshot.find_provider_model(reference, None, provider_id, None)
        except LookupError:
            continue
        return found
    return None


def _version() -> str:
    from importlib.metadata import version

    return version("genai-prices")


def _to_micro(amount: Any) -> int:
    return int((Decimal(amount) * _MICRO).quantize(Decimal(1), rounding=ROUND_HALF_UP))

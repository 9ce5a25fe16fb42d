"""Reads and checks a safetensors header with the standard library: nothing is executed, nothing is loaded.

Layout of the file: 8 bytes with the header's length (little-endian), the header as a JSON object, then the tensors'
bytes without gaps. Source: the format's public description.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

MAX_HEADER: Final = 100_000_000
DTYPE_BYTES: Final[Mapping[str, int]] = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1,
    "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
    "I32": 4, "U32": 4, "F32": 4,
    "I64": 8, "U64": 8, "F64": 8,
}  # fmt: skip


class HeaderError(ValueError):
    """The file is no sound safetensors file; the message says what was found and what was expected."""


@dataclass(frozen=True, slots=True)
class SafetensorsHeader:
    """``parameters``: numbers in all tensors. ``dtypes``: numbers by type. ``tensors``: the names."""

    parameters: int
    dtypes: Mapping[str, int]
    tensors: frozenset[str]


def read_header(path: Path) -> SafetensorsHeader:
    """The checked header of ``path``. Raises :class:`HeaderError`, or ``OSError`` when it cannot be opened."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(8)
        if len(head) < 8:
            raise HeaderError(f"{size} bytes, expected at least 8 for the header's length")
        length = int.from_bytes(head, "little")
        if not 2 <= length <= min(MAX_HEADER, size - 8):
            raise HeaderError(
                f"a header of {length:,} bytes in a file of {size:,}, expected at most {MAX_HEADER:,} and within the file"
            )
        raw = stream.read(length)
    if not raw.startswith(b"{"):
        raise HeaderError("the header does not begin with {, expected a JSON object")
    return _checked(_parsed(raw), size - 8 - length)


def _parsed(raw: bytes) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise HeaderError("a name appears twice in the header, expected each tensor once")
        return found

    try:
        header = json.loads(raw, object_pairs_hook=unique)
    except HeaderError:
        raise
    except (ValueError, RecursionError) as error:
        raise HeaderError(f"the header is not JSON ({error})") from None
    if not isinstance(header, dict):
        raise HeaderError("the header is no JSON object")
    return header


def _checked(header: dict[str, Any], data_bytes: int) -> SafetensorsHeader:
    header.pop("__metadata__", None)
    dtypes: Counter[str] = Counter()
    spans: list[tuple[int, int, str]] = []
    for name, entry in header.items():
        dtype, count, begin, end = _tensor(name, entry)
        dtypes[dtype] += count
        spans.append((begin, end, name))
    if not spans:
        raise HeaderError("no tensors in it")
    position = 0
    for begin, end, name in sorted(spans):
        if begin != position:
            raise HeaderError(
                f"tensor {name!r} begins at byte {begin:,}, expected {position:,}: overlap or gap"
            )
        position = end
    if position != data_bytes:
        raise HeaderError(
            f"the tensors take {position:,} bytes, the file holds {data_bytes:,}: cut or padded"
        )
    return SafetensorsHeader(sum(dtypes.values()), dict(dtypes), frozenset(header))


def _tensor(name: str, entry: Any) -> tuple[str, int, int, int]:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise HeaderError(f"tensor {name!r}: expected dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if dtype not in DTYPE_BYTES:
        raise HeaderError(f"tensor {name!r}: dtype {dtype!r:.40}, expected one of {', '.join(DTYPE_BYTES)}")
    if not _whole_numbers(shape) or len(shape) > 16:
        raise HeaderError(f"tensor {name!r}: shape {shape!r:.80}, expected whole numbers from 0")
    if not _whole_numbers(offsets) or len(offsets) != 2:
        raise HeaderError(f"tensor {name!r}: data_offsets {offsets!r:.80}, expected a begin and an end")
    count = math.prod(shape)
    begin, end = offsets
    if end - begin != count * DTYPE_BYTES[dtype]:
        raise HeaderError(
            f"tensor {name!r}: {end - begin:,} bytes for shape {shape} in {dtype}, expected {count * DTYPE_BYTES[dtype]:,}"
        )
    return dtype, count, begin, end


def _whole_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(type(item) is int and 0 <= item < 2**63 for item in value)

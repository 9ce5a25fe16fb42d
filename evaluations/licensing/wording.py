"""Words that no generated sentence about rights or origin may use."""

from __future__ import annotations

import re
from typing import Final

FORBIDDEN: Final = (
    "breach",
    "violation",
    "violate",
    "infringe",
    "infringement",
    "illegal",
    "stolen",
    "unauthorised",
    "unauthorized",
    "proves",
    "guarantee",
    "guarantees",
    "compliant",
)
"""Each word is barred in every form that begins with it, except ``proves``, barred as it stands."""

_STEMS: Final = (
    r"breach\w*|violat\w*|infring\w*|illegal\w*|stolen|unauthori[sz]\w*|proves|guarantee\w*|compliant\w*"
)
_PATTERN: Final = re.compile(rf"(?<!\w)(?:{_STEMS})", re.IGNORECASE)


def check(text: str) -> list[str]:
    """The forbidden words in ``text``, as written and in their order; empty when there is none."""
    return _PATTERN.findall(text)

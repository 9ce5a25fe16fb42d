"""What an assessment refuses, in words a customer can act on."""

from __future__ import annotations


class ProvenanceInputError(ValueError):
    """The input cannot be assessed; the message says where, what was found and what was expected."""

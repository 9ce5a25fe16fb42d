"""Refusals that a person can act on. Each message names where, what was found, what was expected."""

from __future__ import annotations


class Refusal(Exception):
    """Nothing was changed; ``problems`` are sentences for the person, most important first."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class AuditNotReady(Refusal):
    """The audit is not in a state that allows the step."""

"""The fixed sentences of a provenance answer."""

from __future__ import annotations

from collections.abc import Sequence

STATEMENT = (
    "consistent with training on outputs of {names}, of another model taught by {names}, or of data shared "
    "with {names}; technical evidence, not proof of how outputs were obtained."
)

NOT_TESTED = (
    "style from parts of speech",
    "log-probabilities of teacher or student",
    "the mode gap (samples against greedy answers)",
    "closeness to reference students of an owner",
    "shared wrong answers",
    "weights and tokenizers",
    "paraphrased or laundered training data",
    "teachers outside the list of candidates",
)


def either(names: Sequence[str]) -> str:
    """``T0``, ``T0 or T1``, ``T0, T1 or T2``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} or {names[-1]}"


def statement(supported: Sequence[str], tested: Sequence[str]) -> str:
    """The sentence under every provenance answer; nothing in it names a teacher as found alone."""
    if supported:
        return f"The answers are {STATEMENT.format(names=either(supported))}"
    about = STATEMENT.format(names=either(tested) if tested else "a candidate")
    return f"No teacher is supported. A supported answer would read: {about}"


def plural(count: int, noun: str) -> str:
    """``1 prompt``, ``3 prompts``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"

"""What of a completion is the answer, by target rule and task type."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from evaluations.metrics._texts import normalise
from evaluations.records import Sample, TargetRule, TaskType

MARKER: Final = "####"
_NUMBER: Final = re.compile(r"(?:(?<![\w)])[-−])?\d[\d,]*(?:\.\d+)?")
_SEPARATORS: Final = re.compile(r"[\s_\-]+")


@dataclass(frozen=True, slots=True)
class Answer:
    """The text that the metrics score and the references that it is held against."""

    text: str
    references: tuple[str, ...]


class AnswerReader:
    """Reads answers of one suite.

    - ``after_marker``: the text after the last ``####``, of references and answers alike. An answer
      without the marker is read as its last number where the reference is a number, else whole.
      Numbers are compared by value (``1,000`` is ``1000.0``).
    - ``all_of``: the answer counts as right when every target occurs in it as a whole phrase.
    - classification: the labels are the distinct targets of the suite. An answer that is no label
      but holds exactly one of them as a whole phrase (spaces, hyphens and underscores alike, longest
      label first, labels of one character never) is read as that label.
    """

    def __init__(self, samples: Sequence[Sample]) -> None:
        labels = {t for s in samples if s.task_type == TaskType.CLASSIFICATION for t in s.targets}
        self._labels = {_spaced(label): label for label in sorted(labels) if len(label.strip()) > 1}
        spelled = sorted(self._labels, key=lambda label: (-len(label), label))
        alternatives = "|".join(re.escape(label) for label in spelled if label)
        self._find = re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)") if alternatives else None
        self._known = frozenset(normalise(label) for label in labels)

    def read(self, sample: Sample, text: str) -> Answer:
        """The answer of ``text`` to ``sample``, which has at least one target."""
        if sample.target_rule == TargetRule.AFTER_MARKER:
            return _after_marker(sample.targets, text)
        if sample.target_rule == TargetRule.ALL_OF and len(sample.targets) > 1:
            whole = ", ".join(sample.targets)
            spaced = f" {_phrases(text)} "
            found = all(f" {_phrases(target)} " in spaced for target in sample.targets)
            return Answer(whole if found else text, (whole,))
        if sample.task_type == TaskType.CLASSIFICATION:
            return Answer(self._label(text), sample.targets)
        return Answer(text, sample.targets)

    def _label(self, text: str) -> str:
        if self._find is None or normalise(text) in self._known:
            return text
        found = set(self._find.findall(_spaced(text)))
        return self._labels[found.pop()] if len(found) == 1 else text


def _spaced(text: str) -> str:
    return _SEPARATORS.sub(" ", normalise(text)).strip()


def _phrases(text: str) -> str:
    return " ".join(re.findall(r"\w+", normalise(text)))


def _after_marker(targets: Sequence[str], text: str) -> Answer:
    references = tuple(target.rpartition(MARKER)[2].strip() for target in targets)
    if MARKER in text:
        answer = text.rpartition(MARKER)[2].strip()
    elif any(_number(reference) is not None for reference in references):
        numbers = _NUMBER.findall(text)
        answer = numbers[-1] if numbers else text
    else:
        answer = text
    value = _number(answer)
    for reference in references:
        if value is not None and value == _number(reference):
            return Answer(reference, references)
    return Answer(answer, references)


def _number(text: str) -> Decimal | None:
    plain = text.strip().strip("$€£% .").replace(",", "").replace("−", "-")
    try:
        value = Decimal(plain)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None

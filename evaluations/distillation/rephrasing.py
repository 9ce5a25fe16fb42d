"""A launderer's paraphrase of a zoo's texts: the same content in other wordings of the domain.

What a provider's style decides is replaced, what its convention decides is kept: labels and priorities pass
unchanged, and an action is replaced by another one of the same label.
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from evaluations.distillation.domain import Domain
from evaluations.distillation.providers import capitalised, ends_sentence, separator

_PLACE = re.compile(r"\{\w+\}")


def rephrase(domain: Domain, text: str, rng: random.Random) -> str:
    """An answer in other words; the same text and the same state of ``rng`` give the same result.

    Reply: each wording of a slot that stands in ``text`` letter for letter becomes another one of that slot.
    Extract (it begins with a field's name and has at least two): other field names, mark and gap, the values in
    their order. Everything else, so also a label, a priority or a garbled part, is left as it is.
    """
    if text.strip() in (*domain.labels, *domain.priorities):
        return text
    bare = text.lstrip()
    lead = text[: len(text) - len(bare)]
    headers = list(_headers(domain).finditer(bare))
    if len(headers) > 1 and headers[0].start() == 0:
        return lead + _rephrased_extract(domain, bare, headers, rng)
    return lead + _rephrased_reply(domain, bare, rng)


@cache
def _headers(domain: Domain) -> re.Pattern[str]:
    """Finds what stands before each value of an extract: a gap (not before the first), a field's name, a mark."""
    gaps = _either(separator(gap) for gap in domain.gaps)
    names = _either(name for names in domain.field_names.values() for name in names)
    return re.compile(rf"(?:\A|(?P<gap>{gaps}))(?P<name>{names})(?P<mark>{_either(domain.marks)}) ")


def _either(texts: Collection[str] | Iterator[str]) -> str:
    # The longest first: an alternation takes the first that fits, and one text may begin with another.
    return "|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True))


def _rephrased_extract(
    domain: Domain, text: str, headers: Sequence[re.Match[str]], rng: random.Random
) -> str:
    mark = _another(domain.marks, {header["mark"] for header in headers}, rng)
    gaps = tuple(separator(gap) for gap in domain.gaps)
    gap = _another(gaps, {header["gap"] for header in headers}, rng)
    ends = [header.start() for header in headers[1:]] + [len(text)]
    parts = []
    for header, end in zip(headers, ends, strict=True):
        names = next(names for names in domain.field_names.values() if header["name"] in names)
        name = _another(names, {header["name"]}, rng)
        parts.append(f"{name}{mark} {text[header.end() : end]}")
    return gap.join(parts)


def _another(options: Sequence[str], used: Collection[str | None], rng: random.Random) -> str:
    """One of the options that is not in use; any, where a garbled text uses them all."""
    return rng.choice([option for option in options if option not in used] or options)


@dataclass(frozen=True, slots=True)
class _Wording:
    """One wording of a slot: how it is found, and what may replace it."""

    slot: str
    pattern: re.Pattern[str]
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    wording: _Wording
    match: re.Match[str]


@cache
def _wordings(domain: Domain) -> tuple[_Wording, ...]:
    slots: Mapping[str, Sequence[Sequence[str]]] = {
        "greeting": (domain.greetings,),
        "feeling": (domain.feelings,),
        "action": tuple(domain.actions.values()),
        "time": (domain.times,),
        "closing": (domain.closings,),
    }
    return tuple(
        _Wording(slot, _pattern(text, slot), tuple(other for other in texts if other != text))
        for slot, groups in slots.items()
        for texts in groups
        for text in texts
    )


def _pattern(text: str, slot: str) -> re.Pattern[str]:
    """Finds a wording as whole words, with one word in its place; a reply may capitalise two of the slots."""
    before, *after = _PLACE.split(text)
    found = re.escape(before) + "".join(rf"(\w+){re.escape(rest)}" for rest in after)
    if slot in ("feeling", "action") and before:
        found = f"(?i:{re.escape(before[0])})" + found.removeprefix(re.escape(before[0]))
    return re.compile(rf"(?<!\w){found}(?!\w)")


def _found(domain: Domain, text: str) -> list[_Found]:
    """The wordings in a text, none overlapping another: of two the one that begins first, then the longer."""
    every = [_Found(w, match) for w in _wordings(domain) for match in w.pattern.finditer(text)]
    every.sort(key=lambda found: (found.match.start(), -found.match.end()))
    kept: list[_Found] = []
    for found in every:
        if not kept or found.match.start() >= kept[-1].match.end():
            kept.append(found)
    return kept


def _rephrased_reply(domain: Domain, text: str, rng: random.Random) -> str:
    parts: list[str] = []
    end, before, said = 0, "", ""
    for found in _found(domain, text):
        slot, match = found.wording.slot, found.match
        between = text[end : match.start()]
        capital = slot in ("feeling", "action") and match[0][0].isupper()
        if (before, slot) == ("feeling", "action"):
            between, capital = _other_joint(domain, between, capital, rng)
        elif (before, slot, between) == ("greeting", "feeling", " "):
            capital = ends_sentence(said)
        said = _PLACE.sub("".join(match.groups()), rng.choice(found.wording.others))
        parts += [between, capitalised(said) if capital else said]
        end, before = match.end(), slot
    return "".join(parts) + text[end:]


def _other_joint(domain: Domain, joint: str, capital: bool, rng: random.Random) -> tuple[str, bool]:
    """Another joint and whether it begins a sentence; the same two where ``joint`` is none of the domain's."""
    joints = {_PLACE.sub("", text): text.endswith("{Next}") for text in domain.joints}
    if joint not in joints:
        return joint, capital
    chosen = _another(tuple(joints), {joint}, rng)
    return chosen, joints[chosen]

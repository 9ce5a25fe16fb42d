"""A domain: one business whose requests the zoo's models answer, with its words, weights and phrases.

Everything that differs between two businesses is in one :class:`Domain`; grammar, providers, corpus and
rephrasing work on any of them. A new business is one file in ``evaluations/distillation/domains/``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from string import Formatter

FIELDS = ("name", "item", "colour", "order", "amount")
"""The five values that the task extract copies."""

N_PRIORITIES = 4


class DomainError(ValueError):
    """A domain's file cannot be used; the message names the domain and lists every problem in it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Domain:
    """The words, weights and phrases of one business. Two domains are equal when they are one object.

    - ``key``: the stem of its file. ``salt`` stands before the seed of every draw, so that two domains do not
      draw the same indices from a seed.
    - ``tiers``, ``moods``, ``days``, ``colours`` (what sort of item it is), ``items``, ``names``,
      ``code_letters``, ``cents``: single words that a request is drawn from; the least important tier first.
    - ``labels`` and ``priorities``: the answers of the tasks classify and priority, the least pressing first.
      ``precedence``: of several issues the one named first here is the label.
    - ``issue_texts`` and ``issue_weight`` by label, ``tier_weight`` and ``mood_weight``: a priority is their sum.
    - ``layouts``: the whole request, with the nine places of ``PLACES``; ``told`` is what went wrong.
    - ``upset``: the moods that get the second wording of a feeling. ``hurried_tier``: the tier that gets the
      second wording of a time.
    - ``greetings`` hold ``{name}``, ``feelings`` ``{item}``, ``joints`` ``{next}`` or, capitalised, ``{Next}``.
      ``actions`` by label, ``times``, ``closings``; ``field_names`` by field, ``marks`` and ``gaps`` of an extract.

    Raises :class:`DomainError` for whatever does not fit together.
    """

    key: str
    title: str
    salt: str
    tiers: tuple[str, ...]
    moods: tuple[str, ...]
    days: tuple[str, ...]
    colours: tuple[str, ...]
    items: tuple[str, ...]
    names: tuple[str, ...]
    code_letters: str
    cents: tuple[str, ...]
    labels: tuple[str, ...]
    priorities: tuple[str, ...]
    precedence: tuple[str, ...]
    issue_texts: Mapping[str, tuple[str, ...]]
    issue_weight: Mapping[str, int]
    tier_weight: Mapping[str, int]
    mood_weight: Mapping[str, int]
    layouts: tuple[str, ...]
    upset: tuple[str, ...]
    hurried_tier: str
    greetings: tuple[str, ...]
    feelings: tuple[str, ...]
    actions: Mapping[str, tuple[str, ...]]
    times: tuple[str, ...]
    closings: tuple[str, ...]
    joints: tuple[str, ...]
    field_names: Mapping[str, tuple[str, ...]]
    marks: tuple[str, ...]
    gaps: tuple[str, ...]

    def __post_init__(self) -> None:
        checks = (_words, _keys, _wordings, _patterns, _roles)
        problems = [problem for check in checks for problem in check(self)]
        if problems:
            raise DomainError(f"domain {self.key!r}:" + "".join(f"\n- {problem}" for problem in problems))

    def word_lists(self) -> dict[str, tuple[str, ...]]:
        """The single words that requests and labels are drawn from, by the name of their list."""
        names = ("tiers", "moods", "days", "colours", "items", "names", "cents", "labels", "priorities")
        return {name: getattr(self, name) for name in names} | {"code_letters": tuple(self.code_letters)}

    def wordings(self) -> dict[str, tuple[str, ...]]:
        """Every list of phrases that say one thing, by the name of the slot, such as ``actions[damage]``."""
        single = ("layouts", "greetings", "feelings", "times", "closings", "joints", "marks", "gaps")
        found: dict[str, tuple[str, ...]] = {name: getattr(self, name) for name in single}
        for name in ("issue_texts", "actions", "field_names"):
            found |= {f"{name}[{key}]": texts for key, texts in getattr(self, name).items()}
        return found


PLACES = frozenset({"name", "tier", "mood", "day", "colour", "item", "order", "amount", "told"})


def _words(domain: Domain) -> Iterator[str]:
    for name, words in domain.word_lists().items():
        if len(words) < 2:
            yield f"{name} has {len(words)} words, expected at least 2"
        if repeated := _repeated(words):
            yield f"{name} repeats {repeated}; name each word once"
        if spaced := [word for word in words if word.split() != [word]]:
            yield f"{name} has {spaced}; a word has no blanks and is not empty"


def _keys(domain: Domain) -> Iterator[str]:
    expected = {
        "issue_texts": domain.labels,
        "actions": domain.labels,
        "issue_weight": domain.labels,
        "precedence": domain.labels,
        "tier_weight": domain.tiers,
        "mood_weight": domain.moods,
        "field_names": FIELDS,
    }
    for name, keys in expected.items():
        found = tuple(getattr(domain, name))
        if sorted(found) != sorted(keys):
            missing, unknown = sorted(set(keys) - set(found)), sorted(set(found) - set(keys))
            yield f"{name} names {len(found)} of {len(keys)}: missing {missing}, unknown {unknown}"


def _wordings(domain: Domain) -> Iterator[str]:
    slots = domain.wordings()
    for name, texts in slots.items():
        if len(texts) < 2:
            yield f"{name} has {len(texts)} wordings, expected at least 2"
    if repeated := _repeated(text for texts in slots.values() for text in texts):
        yield f"wordings {repeated} occur twice; each belongs to one slot, once"


def _patterns(domain: Domain) -> Iterator[str]:
    expected = {
        "layouts": (PLACES,),
        "greetings": ({"name"},),
        "feelings": ({"item"},),
        "joints": ({"next"}, {"Next"}),
    }
    for name, allowed in expected.items():
        for text in getattr(domain, name):
            found = _places(text)
            if sorted(found) not in [sorted(places) for places in allowed]:
                wanted = " or ".join(str(sorted(places)) for places in allowed)
                yield f"{name}: {text!r} has the places {sorted(found)}, expected {wanted}, each once"
    if trailing := [joint for joint in domain.joints if not joint.lower().endswith("{next}")]:
        yield f"joints: {trailing} go on after the place; end each joint with {{next}} or {{Next}}"


def _roles(domain: Domain) -> Iterator[str]:
    if len(domain.priorities) != N_PRIORITIES:
        yield f"priorities has {len(domain.priorities)} words, expected {N_PRIORITIES}"
    if shared := sorted(set(domain.labels) & set(domain.priorities)):
        yield f"{shared} are labels and priorities; an answer is one of them"
    if not 0 < len(set(domain.upset)) < len(domain.moods) or not set(domain.upset) <= set(domain.moods):
        yield f"upset is {list(domain.upset)}, expected some but not all of {list(domain.moods)}"
    if domain.hurried_tier not in domain.tiers:
        yield f"hurried_tier is {domain.hurried_tier!r}, expected one of {list(domain.tiers)}"


def _places(text: str) -> list[str]:
    """The places of a pattern; a brace that is not closed counts as one."""
    try:
        return [place for _, place, _, _ in Formatter().parse(text) if place is not None]
    except ValueError as error:
        return [str(error)]


def _repeated(texts: Iterable[str]) -> list[str]:
    return sorted(text for text, count in Counter(texts).items() if count > 1)

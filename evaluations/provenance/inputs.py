"""What an assessment takes, checked before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from evaluations.provenance.comparability import Ranges, other_language, ranges
from evaluations.provenance.corpus import Corpus
from evaluations.provenance.errors import ProvenanceInputError
from evaluations.provenance.frame import Frame, build_frame
from evaluations.provenance.measuring import build_corpus
from evaluations.provenance.planning import check_plan
from evaluations.provenance.wording import plural
from evaluations.records import ModelCard, Sample

LEAST_ANSWERED = 0.5
ASSEMBLED = "assembled_copies"


@dataclass(frozen=True)
class ProvenanceInput:
    """One locked plan with its completions.

    ``cards``: the declared history of every model. ``completions``: model key to one greedy text a
    prompt, ``None`` where it is missing or failed. ``suspected_owners``: at most two, named before
    the run. ``hold_out``: what leaves every null with the student, ``lineage`` or ``base``.
    ``obtained_by``: model key to :class:`~evaluations.records.ObtainedBy` value.
    ``student_recorded_on``: the day the student was first recorded, ``YYYY-MM-DD``.
    """

    student: str
    candidates: tuple[str, ...]
    cards: Mapping[str, ModelCard]
    prompts: tuple[Sample, ...]
    completions: Mapping[str, tuple[str | None, ...]]
    suspected_owners: tuple[str, ...] = ()
    alpha: float = 0.05
    seed: int = 0
    hold_out: str = "lineage"
    max_prompts: int = 2000
    obtained_by: Mapping[str, str] = field(default_factory=dict)
    student_recorded_on: str | None = None


@dataclass(frozen=True)
class Prepared:
    """The checked input: who takes part, on which prompts, and what was left out and why."""

    frame: Frame
    corpus: Corpus
    ranges: Ranges
    owners: tuple[str, ...]
    unanswered: tuple[str, ...]
    left_out: tuple[str, ...]


def prepare(data: ProvenanceInput) -> Prepared:
    """Check the input and choose models and prompts; raises :class:`ProvenanceInputError`.

    Prompts are taken in the order of their ids and references in the order of their keys, so that
    the order of the input changes nothing.
    """
    _check(data)
    left_out: list[str] = []
    kept = _prompts(data, left_out)
    unanswered = tuple(key for key in data.candidates if not _answered(data, key, kept))
    left_out += [f"{_name(data, key)}: a candidate with no answer; not assessed" for key in unanswered]
    candidates = tuple(key for key in data.candidates if key not in unanswered)
    if not candidates:
        raise ProvenanceInputError("completions: no candidate has an answer; run at least one candidate")
    others = _references(data, kept, left_out)
    frame, corpus = _assemble(data, candidates, others, kept)
    found = ranges(corpus)
    foreign = other_language(found)
    rows = [m for m in range(len(candidates) + 1, len(frame.models)) if foreign[m]]
    if rows:
        dropped = {frame.models[m] for m in rows}
        left_out += [
            f"{_name(data, key)}: answers in another language or script; no reference"
            for key in sorted(dropped)
        ]
        frame, corpus = _assemble(data, candidates, tuple(k for k in others if k not in dropped), kept)
        found = ranges(corpus)
    siblings = sorted(set(frame.left_with_student) - set(candidates))
    if siblings:
        names = ", ".join(_name(data, key) for key in siblings)
        left_out.append(f"of the student's own {data.hold_out}, so no reference: {names}")
    return Prepared(frame, corpus, found, _owners(data), unanswered, tuple(left_out))


def _assemble(
    data: ProvenanceInput, candidates: tuple[str, ...], others: tuple[str, ...], kept: tuple[int, ...]
) -> tuple[Frame, Corpus]:
    frame = build_frame(data.student, candidates, data.cards, others, data.hold_out)
    return frame, build_corpus(frame, [sample.id for sample in data.prompts], data.completions, kept)


def _check(data: ProvenanceInput) -> None:
    check_plan(data.cards, data.student, data.candidates, data.suspected_owners, data.alpha)
    if data.hold_out not in ("lineage", "base"):
        raise ProvenanceInputError(f"hold_out: found {data.hold_out!r}; expected lineage or base")
    if not data.prompts or data.max_prompts < 1:
        raise ProvenanceInputError("prompts: none given; expected at least one prompt")
    ids = [sample.id for sample in data.prompts]
    if len(set(ids)) != len(ids):
        twice = next(name for name in ids if ids.count(name) > 1)
        raise ProvenanceInputError(f"prompts: the id {twice!r} occurs more than once; expected unique ids")
    if data.student not in data.completions:
        raise ProvenanceInputError(
            f"completions: none for the student {data.student!r}; run the student first"
        )
    for key, answers in data.completions.items():
        if key not in data.cards:
            raise ProvenanceInputError(f"cards: no declared history for {key!r}; add a card for every model")
        if len(answers) != len(ids):
            raise ProvenanceInputError(
                f"completions of {key!r}: found {len(answers)}, expected {len(ids)}, one a prompt (None if missing)"
            )
        for number, text in enumerate(answers):
            if text is not None and not isinstance(text, str):
                raise ProvenanceInputError(
                    f"completions of {key!r}, prompt {ids[number]!r}: found {type(text).__name__}; "
                    "expected text or None"
                )
    if not any(text and text.strip() for text in data.completions[data.student]):
        raise ProvenanceInputError(
            f"completions of the student {data.student!r}: all {len(ids)} are empty or missing; "
            "expected at least one answer"
        )


def _prompts(data: ProvenanceInput, left_out: list[str]) -> tuple[int, ...]:
    """Numbers of the prompts used, in the order of their ids."""
    order = sorted(range(len(data.prompts)), key=lambda i: data.prompts[i].id)
    if len(order) > data.max_prompts:
        drawn = np.random.default_rng([data.seed, 3]).permutation(len(order))[: data.max_prompts]
        left_out.append(f"{len(order) - data.max_prompts} of {len(order)} prompts, beyond {data.max_prompts}")
        order = [order[i] for i in sorted(drawn.tolist())]
    return tuple(order)


def _name(data: ProvenanceInput, key: str) -> str:
    """The name that people know a model by."""
    return data.cards[key].name or key if key in data.cards else key


def _answered(data: ProvenanceInput, key: str, kept: tuple[int, ...]) -> int:
    answers = data.completions.get(key)
    return 0 if answers is None else sum(1 for i in kept if (answers[i] or "").strip())


def _references(data: ProvenanceInput, kept: tuple[int, ...], left_out: list[str]) -> tuple[str, ...]:
    """Keys of the usable references; a model that answered too little would only add noise."""
    found = []
    for key in sorted(set(data.cards) - {data.student, *data.candidates}):
        answered = _answered(data, key, kept)
        if key not in data.completions:
            left_out.append(f"{_name(data, key)}: no completions")
        elif answered < LEAST_ANSWERED * len(kept):
            left_out.append(
                f"{_name(data, key)}: {plural(answered, 'answer')} to {plural(len(kept), 'prompt')}; half is the least"
            )
        elif data.cards[key].relation == ASSEMBLED:
            left_out.append(f"{_name(data, key)}: assembled from answers of other models; no reference")
        else:
            found.append(key)
    return tuple(found)


def _owners(data: ProvenanceInput) -> tuple[str, ...]:
    """The declared owners as the cards spell them."""
    spelled = {card.owner.casefold(): card.owner for card in data.cards.values() if card.owner}
    return tuple(spelled.get(owner.strip().casefold(), owner.strip()) for owner in data.suspected_owners)

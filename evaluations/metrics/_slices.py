"""The slices in which quality is shown: overall, by criticality, by task type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluations.records import Sample


@dataclass(frozen=True, slots=True)
class Slice:
    """A named part of the samples; ``mask`` is true where a sample with a target belongs to it."""

    name: str
    mask: NDArray[np.bool_]


def slices_of(samples: Sequence[Sample]) -> tuple[Slice, ...]:
    """``overall``, then ``criticality:<name>`` and ``task:<type>`` for every value that occurs."""
    has_target = np.array([bool(sample.targets) for sample in samples])
    found = [Slice("overall", has_target)]
    for label, values in (
        ("criticality", [sample.criticality for sample in samples]),
        ("task", [sample.task_type for sample in samples]),
    ):
        array = np.array([str(value) for value in values])
        for value in sorted(set(array[has_target])):
            found.append(Slice(f"{label}:{value}", has_target & (array == value)))
    return tuple(found)

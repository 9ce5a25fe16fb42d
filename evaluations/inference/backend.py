"""What every way of running a model has in common. A backend is one module in ``backends/``."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

from evaluations.inference.network import NetworkPolicy
from evaluations.records import Completion, Decoding, ErrorClass, Message, Sample
from evaluations.registry import Registry


class BackendError(Exception):
    """Nothing more can be done with this model; ``error_class`` says of what kind, the message what to do.

    Requests without a yielded completion were not stored and can be asked again later.
    """

    def __init__(self, error_class: ErrorClass, message: str) -> None:
        super().__init__(message)
        self.error_class = error_class
        self.message = message

    def __reduce__(self) -> tuple[type[BackendError], tuple[ErrorClass, str]]:
        return type(self), (self.error_class, self.message)


@dataclass(frozen=True, slots=True)
class Request:
    """One answer to obtain. ``seed`` (0 to 2³¹ − 1) belongs to this sample and sample index alone."""

    sample_id: str
    sample_index: int
    input: str | tuple[Message, ...]
    seed: int

    @property
    def input_text(self) -> str:
        """The input as one text, as :attr:`Sample.input_text` gives it."""
        return Sample(self.sample_id, self.input).input_text


def plan_requests(samples: Sequence[Sample], decoding: Decoding) -> tuple[Request, ...]:
    """``decoding.samples`` requests a sample, in the order of the samples.

    The seed of a request is a hash of the decoding's seed, the sample's id and the index, so that it
    does not depend on which other requests run beside it.
    """
    return tuple(
        Request(sample.id, index, sample.input, _seed(decoding.seed, sample.id, index))
        for sample in samples
        for index in range(decoding.samples)
    )


def _seed(seed: int, sample_id: str, index: int) -> int:
    text = f"{seed}\n{index}\n{sample_id}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(text).digest()[:4], "big") & 0x7FFFFFFF


def seldom(should_stop: Callable[[], bool], every_s: float = 0.5) -> Callable[[], bool]:
    """``should_stop``, really asked at most every ``every_s`` seconds: it may be a database query."""
    stopped = False
    look_at = -math.inf

    def asked() -> bool:
        nonlocal stopped, look_at
        if not stopped and time.monotonic() >= look_at:
            stopped = should_stop()
            look_at = time.monotonic() + every_s
        return stopped

    return asked


def never() -> bool:
    """The ``should_stop`` of a run that nobody cancels."""
    return False


@dataclass(frozen=True, slots=True)
class RunContext:
    """What the caller grants a backend: a key, a network, folders, a device, a way to stop.

    ``should_stop`` is called in the caller's own thread, at most every half second (see :func:`seldom`).
    ``threads``: CPU threads of a local model; more than one only on a machine of its own.
    """

    api_key: str = field(default="", repr=False)
    policy: NetworkPolicy = field(default_factory=NetworkPolicy)
    model_roots: tuple[Path, ...] = ()
    device: str = "cpu"
    should_stop: Callable[[], bool] = never
    threads: int = 1


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a pre-flight check or a connection test found. ``ok`` is true without problems.

    ``facts`` are label → value, ready to be shown; a problem says where, what was found and what was
    expected.
    """

    ok: bool
    problems: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class Backend(Protocol):
    """One way of running a model.

    ``queue``: ``cpu`` or ``gpu``. ``sends_data``: samples leave this installation. A backend may
    also say ``decodes = False`` (its outputs were decoded elsewhere, so the plan's decoding does not
    change them) and ``unit_samples`` (samples in one unit of work; 64 where it does not say).
    """

    kind: str
    queue: str
    sends_data: bool

    def check(self, settings: Mapping[str, Any], context: RunContext) -> CheckReport:
        """Whether the model could be run with ``settings``; never raises for what a user can mistype."""
        ...

    def stream(
        self,
        settings: Mapping[str, Any],
        requests: Sequence[Request],
        decoding: Decoding,
        context: RunContext,
    ) -> Iterator[Completion]:
        """Each completion as it comes, in any order, exactly one a request.

        Trouble with one sample is a completion with ``error`` set. After ``context.should_stop()`` no new
        call begins and the rest is not yielded; asking again with the remaining requests gives the rest.
        Raises :class:`BackendError` when the model as a whole cannot be run.
        """
        ...


backends: Final[Registry[Backend]] = Registry("evaluations.inference.backends", "BACKEND")
"""Every registered backend, named by its module."""

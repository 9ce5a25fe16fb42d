"""A backend that answers from a script: for tests, demonstrations and fault drills."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from evaluations.inference import settings as read
from evaluations.inference.backend import BackendError, CheckReport, Request, RunContext, seldom
from evaluations.records import Completion, Decoding, ErrorClass, Usage

FAULTS_ENVIRONMENT = "PEDIGREE_FAULTS"
"""Only with this set to 1 may a script end its own process."""


class Scripted:
    """Answers from ``answers`` (id → text), else by ``rule``.

    Rules: ``echo`` (the input), ``upper`` (the input in capitals), ``label:A,B,C`` (one label a sample,
    chosen by a hash of its id). Faults: ``delay_s`` before each answer; ``fail`` (id → error class);
    ``fail_all`` (an error class for the model as a whole), after ``fail_after`` answers; ``kill`` (ids that
    end the process with SIGKILL).
    """

    kind = "scripted"
    queue = "cpu"
    sends_data = False

    def check(self, settings: Mapping[str, Any], context: RunContext) -> CheckReport:
        try:
            self._validate(settings)
        except BackendError as error:
            return CheckReport(False, (error.message,))
        return CheckReport(True, facts={"Rule": str(settings.get("rule", "answers by id"))})

    def stream(
        self,
        settings: Mapping[str, Any],
        requests: Sequence[Request],
        decoding: Decoding,
        context: RunContext,
    ) -> Iterator[Completion]:
        delay = self._validate(settings)
        fail_all = settings.get("fail_all")
        fail_after = read.whole(settings, "fail_after", 0, 0, 10**9)
        should_stop = seldom(context.should_stop)
        for position, request in enumerate(requests):
            if should_stop():
                return
            if fail_all and position >= fail_after:
                raise BackendError(ErrorClass(fail_all), f"scripted backend: told to fail with {fail_all}")
            if request.sample_id in settings.get("kill", ()):
                os.kill(os.getpid(), signal.SIGKILL)
            started = time.perf_counter()
            if not _pause(delay, should_stop):
                return
            yield self._answer(settings, request, (time.perf_counter() - started) * 1000)

    def _validate(self, settings: Mapping[str, Any]) -> float:
        rule = settings.get("rule", "")
        if rule not in ("", "echo", "upper") and not (isinstance(rule, str) and rule.startswith("label:")):
            raise read.refuse("rule", rule, "echo, upper or label:A,B,C")
        if not rule and not isinstance(settings.get("answers"), Mapping):
            raise read.refuse("answers", settings.get("answers"), "a mapping of sample id to text, or a rule")
        for name, value in (*dict(settings.get("fail", {})).items(), ("fail_all", settings.get("fail_all"))):
            if value is not None and value not in list(ErrorClass):
                raise read.refuse(f"fail {name}", value, "one of " + ", ".join(ErrorClass))
        if settings.get("kill") and os.environ.get(FAULTS_ENVIRONMENT) != "1":
            raise read.refuse(
                "kill", settings["kill"], f"nothing unless {FAULTS_ENVIRONMENT}=1 is set for a fault drill"
            )
        return read.number(settings, "delay_s", 0.0, 0.0, 600.0)

    def _answer(self, settings: Mapping[str, Any], request: Request, latency_ms: float) -> Completion:
        failure = settings.get("fail", {}).get(request.sample_id)
        if failure:
            return _failed(request, failure, f"scripted backend: told to fail with {failure}")
        text = settings.get("answers", {}).get(request.sample_id)
        if text is None:
            text = _by_rule(settings.get("rule", ""), request)
        if text is None:
            return _failed(
                request, ErrorClass.MISSING, f"scripted backend: no answer for sample {request.sample_id!r}"
            )
        return Completion(
            sample_id=request.sample_id,
            sample_index=request.sample_index,
            text=text,
            usage=Usage(len(request.input_text.split()), len(text.split())),
            latency_ms=latency_ms,
            finish_reason="stop",
            model_reported="scripted",
        )


def _pause(seconds: float, should_stop: Callable[[], bool]) -> bool:
    """Sleeps in slices of half a second; false once the caller wants to stop."""
    end = time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0:
        time.sleep(min(left, 0.5))
        if left > 0.5 and should_stop():
            return False
    return True


def _by_rule(rule: str, request: Request) -> str | None:
    if rule == "echo":
        return request.input_text
    if rule == "upper":
        return request.input_text.upper()
    if rule.startswith("label:"):
        labels = rule.removeprefix("label:").split(",")
        digest = hashlib.sha256(request.sample_id.encode("utf-8", "surrogatepass")).digest()
        return labels[digest[0] % len(labels)].strip()
    return None


def _failed(request: Request, error: str, detail: str) -> Completion:
    return Completion(request.sample_id, "", request.sample_index, error=str(error), error_detail=detail)


BACKEND = Scripted()

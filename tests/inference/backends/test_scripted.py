from __future__ import annotations

import multiprocessing
import signal
import time

import pytest

from evaluations.inference.backend import BackendError, RunContext, backends, plan_requests
from evaluations.records import Decoding, ErrorClass, Sample, Usage

SAMPLES = (Sample("1", "two plus two"), Sample("2", "a colour"), Sample("3", "hi"))
REQUESTS = plan_requests(SAMPLES, Decoding())
SCRIPTED = backends.get("scripted")


def test_answers_come_by_id_and_what_is_not_scripted_is_missing() -> None:
    one, two, three = SCRIPTED.stream({"answers": {"1": "4", "2": ""}}, REQUESTS, Decoding(), RunContext())

    assert (one.text, one.usage) == ("4", Usage(3, 1))
    assert (two.text, two.error) == ("", "")
    assert three.error == ErrorClass.MISSING


def test_rules_answer_every_sample() -> None:
    echoed = [c.text for c in SCRIPTED.stream({"rule": "echo"}, REQUESTS, Decoding(), RunContext())]
    labels = [c.text for c in SCRIPTED.stream({"rule": "label:yes, no"}, REQUESTS, Decoding(), RunContext())]

    assert echoed == ["two plus two", "a colour", "hi"]
    assert set(labels) <= {"yes", "no"}


def test_a_scripted_failure_is_typed_and_the_others_are_answered() -> None:
    settings = {"rule": "echo", "fail": {"2": "timeout"}, "delay_s": 0.01}

    answers = list(SCRIPTED.stream(settings, REQUESTS, Decoding(), RunContext()))

    assert [c.error for c in answers] == ["", "timeout", ""]
    assert answers[0].latency_ms is not None and answers[0].latency_ms >= 10


def test_the_whole_model_can_fail_after_some_answers() -> None:
    stream = SCRIPTED.stream(
        {"rule": "echo", "fail_all": "refused_key", "fail_after": 2}, REQUESTS, Decoding(), RunContext()
    )

    assert [next(stream).sample_id, next(stream).sample_id] == ["1", "2"]
    with pytest.raises(BackendError) as caught:
        next(stream)
    assert caught.value.error_class is ErrorClass.REFUSED_KEY


def test_a_long_delay_ends_soon_after_a_stop() -> None:
    started = time.monotonic()
    context = RunContext(should_stop=lambda: time.monotonic() - started > 0.2)

    assert list(SCRIPTED.stream({"rule": "echo", "delay_s": 60}, REQUESTS, Decoding(), context)) == []
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "settings",
    [{}, {"rule": "guess"}, {"rule": "echo", "fail": {"1": "tired"}}, {"rule": "echo", "kill": ["1"]}],
)
def test_a_script_that_cannot_be_played_is_refused(settings: dict[str, object]) -> None:
    assert not SCRIPTED.check(settings, RunContext()).ok


def _play_until_killed() -> None:
    list(SCRIPTED.stream({"rule": "echo", "kill": ["2"]}, REQUESTS, Decoding(), RunContext()))


def test_in_a_fault_drill_a_sample_can_kill_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEDIGREE_FAULTS", "1")
    child = multiprocessing.get_context("fork").Process(target=_play_until_killed)
    child.start()
    child.join(30)

    assert child.exitcode == -signal.SIGKILL

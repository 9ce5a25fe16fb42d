"""The contract of every registered backend, and the records they share."""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys
import time

from evaluations.inference.backend import Backend, BackendError, RunContext, backends, plan_requests, seldom
from evaluations.records import Decoding, ErrorClass, Message, Sample


def test_every_module_in_backends_is_a_backend_named_by_its_module() -> None:
    assert {"recorded", "scripted"} <= set(backends.names)
    for name, backend in backends.items():
        assert isinstance(backend, Backend)
        assert backend.kind == name
        assert backend.queue in ("cpu", "gpu")
        assert inspect.isgeneratorfunction(type(backend).stream)


def test_a_plan_asks_each_sample_as_often_as_the_decoding_says() -> None:
    samples = (Sample("a", "first"), Sample("b", (Message("user", "second"),)))

    requests = plan_requests(samples, Decoding(temperature=1.0, samples=2, seed=7))

    assert [(r.sample_id, r.sample_index) for r in requests] == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]
    assert requests[2].input_text == "user: second"


def test_the_seed_of_a_request_does_not_depend_on_its_neighbours() -> None:
    decoding = Decoding(seed=7, samples=2)
    alone = plan_requests((Sample("b", "second"),), decoding)
    beside = plan_requests((Sample("a", "first"), Sample("b", "second")), decoding)

    assert [r.seed for r in alone] == [r.seed for r in beside[2:]]
    assert len({r.seed for r in beside}) == 4
    assert all(0 <= r.seed < 2**31 for r in beside)
    assert plan_requests((Sample("b", "second"),), Decoding(seed=8))[0].seed != alone[0].seed


def test_a_stop_is_really_asked_for_only_now_and_then() -> None:
    asked: list[int] = []
    should_stop = seldom(lambda: bool(asked.append(1)), every_s=0.2)

    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        should_stop()

    assert 2 <= len(asked) <= 3  # at 0, 0.2 and 0.4 s; a busy machine may miss the last


def test_backends_can_be_listed_without_torch_django_or_celery() -> None:
    code = (
        "import sys; from evaluations.inference.backend import backends; backends.items(); "
        "print([n for n in ('torch', 'transformers', 'django', 'celery') if n in sys.modules])"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"


def test_the_key_is_not_in_the_printed_context() -> None:
    assert "sk-secret" not in repr(RunContext(api_key="sk-secret"))


def test_a_backend_error_survives_the_way_between_processes() -> None:
    copy = pickle.loads(pickle.dumps(BackendError(ErrorClass.TIMEOUT, "endpoint: no answer")))

    assert (copy.error_class, copy.message) == (ErrorClass.TIMEOUT, "endpoint: no answer")

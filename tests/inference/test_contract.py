"""The contract that every registered backend keeps. A new backend adds one case here."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from evaluations.inference.backend import Backend, BackendError, RunContext, backends, plan_requests
from evaluations.records import Completion, Decoding, Sample
from tests.inference.mock_endpoint import MockEndpoint, serving
from tests.inference.support import write_jsonl
from tests.inference.tiny_model import make_model

SAMPLES = tuple(Sample(f"s{n}", f"prompt number {n}") for n in range(9))
DECODING = Decoding(max_new_tokens=6, samples=2, temperature=0.5, seed=11)
REQUESTS = plan_requests(SAMPLES, DECODING)


@dataclass(frozen=True)
class Case:
    """How to run a backend well, and how to run it so that nothing works."""

    backend: Backend
    settings: Mapping[str, Any]
    broken: Mapping[str, Any]
    context: RunContext

    def run(self, requests: Any = REQUESTS, **changes: Any) -> Iterator[Completion]:
        context = RunContext(policy=self.context.policy, model_roots=self.context.model_roots, **changes)
        return self.backend.stream(self.settings, requests, DECODING, context)


def recorded(folder: Path) -> tuple[dict[str, Any], dict[str, Any], RunContext]:
    rows = [
        {
            "id": request.sample_id,
            "sample_index": request.sample_index,
            "output": f"answer {request.seed}",
            "usage": {"prompt_tokens": 3, "completion_tokens": 2},
        }
        for request in REQUESTS
    ]
    path = write_jsonl(folder / "answers.jsonl", *rows)
    return {"file": str(path)}, {"file": str(folder / "absent.jsonl")}, RunContext()


def scripted(folder: Path) -> tuple[dict[str, Any], dict[str, Any], RunContext]:
    return {"rule": "echo"}, {"rule": "nothing known"}, RunContext()


def transformers_local(folder: Path) -> tuple[dict[str, Any], dict[str, Any], RunContext]:
    make_model(folder / "tiny")
    absent = {"folder": str(folder / "absent")}
    return {"folder": str(folder / "tiny"), "batch_size": 2}, absent, RunContext(model_roots=(folder,))


CASES: Mapping[str, Callable[[Path], tuple[dict[str, Any], dict[str, Any], RunContext]]] = {
    "recorded": recorded,
    "scripted": scripted,
    "transformers_local": transformers_local,
}


@pytest.fixture(scope="module", params=backends.names)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    name = request.param
    backend = backends.get(name)
    if name == "openai_compatible":
        with serving(MockEndpoint()) as endpoint:
            broken = endpoint.settings(base_url="http://169.254.169.254/v1")
            yield Case(backend, endpoint.settings(), broken, endpoint.context())
        return
    if name not in CASES:
        pytest.fail(f"backend {name!r} has no case in {Path(__file__).name}; add one")
    settings, broken, context = CASES[name](tmp_path_factory.mktemp(name))
    yield Case(backend, settings, broken, context)


def keys(completions: list[Completion]) -> list[tuple[str, int]]:
    return sorted((c.sample_id, c.sample_index) for c in completions)


ALL = sorted((r.sample_id, r.sample_index) for r in REQUESTS)


def test_every_request_gets_exactly_one_completion(case: Case) -> None:
    assert keys(list(case.run())) == ALL


def test_no_request_gives_no_completion(case: Case) -> None:
    assert list(case.run(())) == []


def test_tokens_are_counted(case: Case) -> None:
    for completion in case.run():
        assert completion.error == ""
        assert completion.usage.prompt_tokens is not None and completion.usage.prompt_tokens > 0
        assert completion.usage.completion_tokens is not None and completion.usage.completion_tokens >= 0


def test_the_same_requests_give_the_same_texts(case: Case) -> None:
    first = {(c.sample_id, c.sample_index): c.text for c in case.run()}

    assert {(c.sample_id, c.sample_index): c.text for c in case.run()} == first


def test_asking_again_for_the_rest_gives_the_rest(case: Case) -> None:
    whole = {(c.sample_id, c.sample_index): c.text for c in case.run()}
    stream = case.run()
    first = [next(stream) for _ in range(4)]
    stream.close()  # type: ignore[attr-defined]

    done = {(c.sample_id, c.sample_index) for c in first}
    rest = list(case.run([r for r in REQUESTS if (r.sample_id, r.sample_index) not in done]))

    assert keys([*first, *rest]) == ALL
    assert {(c.sample_id, c.sample_index): c.text for c in (*first, *rest)} == whole


def test_a_stop_ends_the_run_within_five_seconds(case: Case) -> None:
    stop = threading.Event()
    stream = case.run(should_stop=stop.is_set)
    seen = [next(stream)]
    stop.set()
    started = time.monotonic()
    seen += list(stream)

    assert time.monotonic() - started <= 5
    assert len(set(keys(seen))) == len(seen)


def test_a_run_that_is_stopped_beforehand_yields_nothing(case: Case) -> None:
    assert list(case.run(should_stop=lambda: True)) == []


def test_a_model_that_cannot_be_run_is_a_backend_error(case: Case) -> None:
    with pytest.raises(BackendError) as caught:
        list(case.backend.stream(case.broken, REQUESTS, DECODING, case.context))

    assert len(caught.value.message) > 20


def test_the_check_agrees_with_the_run_and_never_raises(case: Case) -> None:
    good = case.backend.check(case.settings, case.context)
    bad = case.backend.check(case.broken, case.context)

    assert good.ok and not good.problems and good.facts
    assert not bad.ok and bad.problems
    assert case.backend.check({}, case.context).ok is False


def test_settings_may_come_from_json(case: Case) -> None:
    assert case.backend.check(json.loads(json.dumps(case.settings)), case.context).ok

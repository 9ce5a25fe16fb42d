"""Twenty prompts through a real OpenAI-compatible server and a real small language model."""

from __future__ import annotations

import pytest

from evaluations.inference.backend import RunContext, backends, plan_requests
from evaluations.inference.network import NetworkPolicy
from evaluations.records import Decoding, Sample
from tests.inference.live_server import LiveServer, openai_server

__all__ = ["openai_server"]

pytestmark = [pytest.mark.live, pytest.mark.slow]

BACKEND = backends.get("openai_compatible")
ANIMALS = [
    "cat",
    "dog",
    "cow",
    "owl",
    "fox",
    "hen",
    "pig",
    "bee",
    "ant",
    "elk",
    "bat",
    "ram",
    "eel",
    "cod",
    "yak",
    "emu",
    "jay",
    "koi",
    "gnu",
    "auk",
]
SAMPLES = tuple(
    Sample(f"a{n}", f"Write one short sentence about a {name}.") for n, name in enumerate(ANIMALS)
)
GREEDY = Decoding(max_new_tokens=16, seed=1)


def context(server: LiveServer) -> RunContext:
    return RunContext(policy=NetworkPolicy(allow=(server.allow,)))


def settings(server: LiveServer) -> dict[str, object]:
    return {"base_url": server.base_url, "model": server.model, "concurrency": 2, "logprobs": True}


def test_twenty_prompts_are_answered_by_a_real_server(openai_server: LiveServer) -> None:
    requests = plan_requests(SAMPLES, GREEDY)

    answers = list(BACKEND.stream(settings(openai_server), requests, GREEDY, context(openai_server)))

    assert {c.sample_id for c in answers} == {s.id for s in SAMPLES}
    for answer in answers:
        assert answer.error == "" and answer.text.strip()
        assert answer.usage.prompt_tokens is not None and answer.usage.prompt_tokens > 5
        assert answer.usage.completion_tokens is not None and 1 <= answer.usage.completion_tokens <= 16
        assert answer.logprobs is not None and all(value <= 0 for value in answer.logprobs)
        assert answer.latency_ms is not None and answer.latency_ms > 0
        assert answer.model_reported == openai_server.model
        assert answer.finish_reason in ("stop", "length")


def test_the_completions_protocol_works_too(openai_server: LiveServer) -> None:
    requests = plan_requests((Sample("a", "The capital of France is"),), GREEDY)
    given = {**settings(openai_server), "endpoint": "completions", "logprobs": False}

    (answer,) = BACKEND.stream(given, requests, GREEDY, context(openai_server))

    assert "Paris" in answer.text


def test_the_connection_test_passes_and_refuses_without_the_allow_list(openai_server: LiveServer) -> None:
    report = BACKEND.check(settings(openai_server), context(openai_server))
    refused = BACKEND.check(settings(openai_server), RunContext())

    assert report.ok, report.problems
    assert openai_server.model in report.facts["Models served"]
    assert report.facts["Log-probabilities"] == "yes"
    assert not refused.ok and "allow-list" in refused.problems[0]


def test_a_prompt_over_the_context_of_the_server_is_too_long(openai_server: LiveServer) -> None:
    requests = plan_requests((Sample("a", "owl " * 5000),), GREEDY)

    (answer,) = BACKEND.stream(settings(openai_server), requests, GREEDY, context(openai_server))

    assert answer.error == "too_long"

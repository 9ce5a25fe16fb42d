"""The endpoint backend against a real HTTP server on loopback that misbehaves in every known way."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import time
from typing import Any

import pytest
from aiohttp import web

from evaluations.inference import client as client_module
from evaluations.inference.backend import BackendError, RunContext, backends, plan_requests
from evaluations.inference.network import NetworkPolicy
from evaluations.records import Completion, Decoding, ErrorClass, Message, Sample, Usage
from tests.inference.mock_endpoint import MockEndpoint, chat_reply, echo

BACKEND = backends.get("openai_compatible")
GREEDY = Decoding(max_new_tokens=16)


def samples(count: int) -> tuple[Sample, ...]:
    return tuple(Sample(f"s{n}", f"prompt {n}") for n in range(count))


def run(endpoint: MockEndpoint, /, count: int = 3, **changes: Any) -> list[Completion]:
    requests = plan_requests(samples(count), GREEDY)
    return list(BACKEND.stream(endpoint.settings(**changes), requests, GREEDY, endpoint.context()))


def failing(endpoint: MockEndpoint, /, count: int = 1, **changes: Any) -> BackendError:
    with pytest.raises(BackendError) as caught:
        run(endpoint, count, **changes)
    return caught.value


def status(code: int, text: str = "", **headers: str) -> Any:
    async def behave(number: int, body: dict[str, Any], request: web.Request) -> web.StreamResponse:
        return web.Response(status=code, text=text, headers=headers)

    return behave


def once(code: int, then: Any = echo, **headers: str) -> Any:
    """The first call fails with ``code``, all others succeed."""

    async def behave(number: int, body: dict[str, Any], request: web.Request) -> web.StreamResponse:
        return (
            web.Response(status=code, headers=headers) if number == 1 else await then(number, body, request)
        )

    return behave


def test_each_request_is_answered_once_with_usage_model_and_fingerprint(endpoint: MockEndpoint) -> None:
    answers = {c.sample_id: c for c in run(endpoint, 20)}

    assert len(endpoint.calls) == 20
    assert {key: c.text for key, c in answers.items()} == {f"s{n}": f"prompt {n}" for n in range(20)}
    first = answers["s0"]
    assert first.usage == Usage(5, 2)  # the mock counts 5, and a token a word
    assert (first.model_reported, first.fingerprint, first.finish_reason) == ("mock-1", "fp_7", "stop")
    assert first.latency_ms is not None and 0 < first.latency_ms < 1000


def test_a_call_carries_the_decoding_the_system_prompt_and_the_key_and_nothing_that_tells_who_asks(
    endpoint: MockEndpoint,
) -> None:
    decoding = Decoding(temperature=0.7, max_new_tokens=9, seed=3, stop=("\n",))
    (request,) = plan_requests((Sample("a", (Message("user", "hi"),)),), decoding)
    settings = endpoint.settings(system_prompt="Be brief.", logprobs=True)

    list(BACKEND.stream(settings, (request,), decoding, endpoint.context(api_key="sk-1")))

    assert endpoint.calls == [
        {
            "model": "mock-1",
            "temperature": 0.7,
            "max_tokens": 9,
            "seed": request.seed,
            "stop": ["\n"],
            "logprobs": True,
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}],
        }
    ]
    assert endpoint.headers[0]["Authorization"] == "Bearer sk-1"
    assert "aiohttp" not in str(endpoint.headers[0]) and "edigree" not in str(endpoint.headers[0])


def test_the_completions_protocol_is_spoken_too(endpoint: MockEndpoint) -> None:
    async def behave(number: int, body: dict[str, Any], request: web.Request) -> web.StreamResponse:
        choice = {
            "text": body["prompt"],
            "finish_reason": "length",
            "logprobs": {"token_logprobs": [-0.5, -1]},
        }
        return web.json_response({"choices": [choice]})

    endpoint.behaviour = behave
    (answer,) = run(endpoint, 1, endpoint="completions", logprobs=True)

    assert (answer.text, answer.finish_reason, answer.logprobs) == ("prompt 0", "length", (-0.5, -1.0))
    assert answer.usage == Usage(None, None)


def test_the_order_is_drawn_by_the_seed_and_concurrency_is_kept(endpoint: MockEndpoint) -> None:
    async def slow(number: int, body: dict[str, Any], request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.02)
        return await echo(number, body, request)

    endpoint.behaviour = slow
    run(endpoint, 24, concurrency=4)
    order = [body["messages"][-1]["content"] for body in endpoint.calls]

    assert order != [f"prompt {n}" for n in range(24)]
    assert endpoint.most_in_flight == 4


def test_requests_per_minute_spread_the_calls(endpoint: MockEndpoint) -> None:
    started = time.monotonic()
    run(endpoint, 5, requests_per_minute=600)

    # 600 a minute are at least 0.1 s apart: five calls need at least 4 gaps, 0.4 s.
    assert time.monotonic() - started >= 0.4


def test_an_empty_answer_is_an_answer(endpoint: MockEndpoint) -> None:
    async def behave(number: int, body: dict[str, Any], request: web.Request) -> web.StreamResponse:
        choice = {"message": {"content": None}, "finish_reason": "content_filter"}
        return web.json_response({"choices": [choice]})

    endpoint.behaviour = behave
    (answer,) = run(endpoint, 1)

    assert (answer.text, answer.error, answer.finish_reason) == ("", "", "content_filter")


@pytest.mark.parametrize("code", [429, 408, 500, 502, 503, 504])
@pytest.mark.usefixtures("quick_retries")
def test_a_passing_failure_is_tried_again(endpoint: MockEndpoint, code: int) -> None:
    endpoint.behaviour = once(code)

    assert [c.error for c in run(endpoint, 2)] == ["", ""]
    assert len(endpoint.calls) == 3


@pytest.mark.usefixtures("quick_retries")
def test_retry_after_is_obeyed(endpoint: MockEndpoint) -> None:
    endpoint.behaviour = once(429, **{"Retry-After": "1"})
    started = time.monotonic()

    assert [c.error for c in run(endpoint, 1)] == [""]
    assert 1.0 <= time.monotonic() - started < 2.0


def test_a_wait_beyond_the_deadline_is_not_waited(endpoint: MockEndpoint) -> None:
    endpoint.behaviour = once(429, **{"Retry-After": "3600"})

    (answer,) = run(endpoint, 1)

    assert answer.error == ErrorClass.RATE_LIMITED
    assert "it asks to wait 3600 s" in answer.error_detail
    assert len(endpoint.calls) == 1


@pytest.mark.parametrize(("code", "tries", "kind"), [(500, 6, "server_error"), (429, 9, "rate_limited")])
@pytest.mark.usefixtures("quick_retries")
def test_one_prompt_that_always_fails_ends_as_one_typed_error(
    endpoint: MockEndpoint, code: int, tries: int, kind: str
) -> None:
    async def behave(number: int, body: dict[str, Any], request: web.Request) -> web.StreamResponse:
        if body["messages"][-1]["content"] == "prompt 1":
            return web.Response(status=code, text="no capacity")
        return await echo(number, body, request)

    endpoint.behaviour = behave
    answers = {c.sample_id: c for c in run(endpoint, 4)}

    assert {key: c.error for key, c in answers.items()} == {"s0": "", "s1": kind, "s2": "", "s3": ""}
    assert f"status {code}: no capacity" in answers["s1"].error_detail
    assert answers["s1"].text == ""
    assert len(endpoint.calls) == 3 + tries  # the first try and 5 more; 8 more for 429


@pytest.mark.usefixtures("quick_retries")
def test_five_percent_of_failures_lose_no_answer(endpoint: MockEndpoint) -> None:
    async def behave(number: int, body: dict[str, Any], request: web.Request) -> web.StreamResponse:
        if number % 20 == 7:
            return web.Response(status=429 if number % 40 == 7 else 500)
        return await echo(number, body, request)

    endpoint.behaviour = behave
    answers = run(endpoint, 200, concurrency=16)

    assert len({c.sample_id for c in answers}) == 200
    assert not any(c.error for c in answers)


@pytest.mark.usefixtures("quick_retries")
def test_ten_failures_in_a_row_stop_the_run_and_can_all_be_asked_again(endpoint: MockEndpoint) -> None:
    async def behave(number: int, body: dict[str, Any], request: web.Request) -> web.StreamResponse:
        return await echo(number, body, request) if number <= 5 else web.Response(status=503)

    endpoint.behaviour = behave
    requests = plan_requests(samples(40), GREEDY)
    seen: list[Completion] = []
    with pytest.raises(BackendError, match="10 answers in a row failed") as caught:
        seen.extend(
            BACKEND.stream(endpoint.settings(concurrency=2), requests[:0], GREEDY, endpoint.context())
        )
        for completion in BACKEND.stream(
            endpoint.settings(concurrency=2), requests, GREEDY, endpoint.context()
        ):
            seen.append(completion)

    assert caught.value.error_class is ErrorClass.SERVER_ERROR
    assert len(seen) == 5 and not any(c.error for c in seen)

    endpoint.behaviour = echo
    left = [r for r in requests if r.sample_id not in {c.sample_id for c in seen}]
    rest = list(BACKEND.stream(endpoint.settings(), left, GREEDY, endpoint.context()))
    assert sorted(c.sample_id for c in (*seen, *rest)) == sorted(r.sample_id for r in requests)


@pytest.mark.usefixtures("quick_retries")
def test_an_endpoint_that_refuses_every_call_stops_early(endpoint: MockEndpoint) -> None:
    endpoint.behaviour = status(400, "temperature is not supported")

    error = failing(endpoint, 100)

    assert error.error_class is ErrorClass.BAD_RESPONSE
    assert "temperature is not supported" in error.message
    assert len(endpoint.calls) < 20


@pytest.mark.usefixtures("quick_retries")
def test_a_reset_connection_is_tried_again(endpoint: MockEndpoint) -> None:
    async def behave(number: int, body: dict[str, Any], request: web.Request) -> web.StreamResponse:
        if number == 1 and request.transport is not None:
            request.transport.abort()
        return await echo(number, body, request)

    endpoint.behaviour = behave

    assert [c.error for c in run(endpoint, 2, concurrency=1)] == ["", ""]


@pytest.mark.usefixtures("quick_retries")
def test_a_slow_drip_ends_at_the_total_deadline(endpoint: MockEndpoint) -> None:
    async def behave(number: int, body: dict[str, Any], request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(b" ")
            await asyncio.sleep(0.2)
        return response

    endpoint.behaviour = behave
    started = time.monotonic()
    (answer,) = run(endpoint, 1, timeout_s=1, deadline_s=2)

    assert answer.error == ErrorClass.TIMEOUT
    assert "no whole reply within" in answer.error_detail
    assert time.monotonic() - started < 4


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>busy</html>",
        b'{"choices": [',
        b"[]",
        b'{"error": "odd"}',
        b'{"choices": []}',
        b'{"choices": [7]}',
        b'{"choices": [{"message": {"content": 7}}]}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
@pytest.mark.usefixtures("quick_retries")
def test_a_reply_that_cannot_be_read_is_a_typed_error_after_retries(
    endpoint: MockEndpoint, body: bytes
) -> None:
    async def behave(number: int, sent: dict[str, Any], request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, content_type="application/json")

    endpoint.behaviour = behave
    (answer,) = run(endpoint, 1)

    assert answer.error == ErrorClass.BAD_RESPONSE
    assert "a reply that cannot be read" in answer.error_detail
    assert len(endpoint.calls) == 6


def test_a_gzip_bomb_is_cut_at_the_cap_of_decoded_bytes(endpoint: MockEndpoint) -> None:
    bomb = gzip.compress(b" " * 60_000_000)  # 58 kB that unpack to 60 MB; the cap is 50 MB

    async def behave(number: int, body: dict[str, Any], request: web.Request) -> web.StreamResponse:
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})

    endpoint.behaviour = behave
    (answer,) = run(endpoint, 1)

    assert answer.error == ErrorClass.BAD_RESPONSE
    assert "more than 50,000,000 bytes" in answer.error_detail


def test_a_packed_answer_of_usual_size_is_read(endpoint: MockEndpoint) -> None:
    async def behave(number: int, body: dict[str, Any], request: web.Request) -> web.StreamResponse:
        reply = chat_reply("packed")
        return web.Response(body=gzip.compress(reply.body), headers={"Content-Encoding": "gzip"})  # type: ignore[arg-type]

    endpoint.behaviour = behave

    assert run(endpoint, 1)[0].text == "packed"


@pytest.mark.usefixtures("quick_retries")
def test_a_long_error_page_is_kept_short_and_without_the_key(endpoint: MockEndpoint) -> None:
    endpoint.behaviour = status(500, "key sk-very-secret " + "x" * 1_000_000)
    requests = plan_requests(samples(1), GREEDY)

    (answer,) = BACKEND.stream(
        endpoint.settings(), requests, GREEDY, endpoint.context(api_key="sk-very-secret")
    )

    assert "sk-very-secret" not in answer.error_detail
    assert "key [key] xxx" in answer.error_detail
    assert len(answer.error_detail) <= client_module.MESSAGE_BODY + 100


def test_a_redirect_is_not_followed(endpoint: MockEndpoint) -> None:
    target = f"http://127.0.0.1:{endpoint.port}/v1/elsewhere"
    endpoint.behaviour = status(307, Location=target)

    error = failing(endpoint)

    assert error.error_class is ErrorClass.NOT_ALLOWED
    assert "never followed" in error.message
    assert len(endpoint.calls) == 1


@pytest.mark.parametrize("code", [401, 403])
def test_a_refused_key_ends_the_run_at_once(endpoint: MockEndpoint, code: int) -> None:
    endpoint.behaviour = status(code, "bad key")

    error = failing(endpoint, 50)

    assert error.error_class is ErrorClass.REFUSED_KEY
    assert len(endpoint.calls) <= 4  # those that were in the air


def test_an_account_without_credit_is_not_asked_again(endpoint: MockEndpoint) -> None:
    endpoint.behaviour = status(429, '{"error": {"code": "insufficient_quota"}}')

    assert failing(endpoint).error_class is ErrorClass.RATE_LIMITED
    assert len(endpoint.calls) == 1


@pytest.mark.parametrize("code", [404, 400])
def test_a_model_that_is_not_served_is_named_with_those_that_are(endpoint: MockEndpoint, code: int) -> None:
    endpoint.models = ("mock-1", "mock-2")
    endpoint.behaviour = status(code, "the model does not exist")

    error = failing(endpoint, model="gone")

    assert error.error_class is ErrorClass.MISSING
    assert "'gone' is not served" in error.message and "mock-1, mock-2" in error.message


def test_a_prompt_over_the_context_is_too_long_and_the_others_are_answered(endpoint: MockEndpoint) -> None:
    async def behave(number: int, body: dict[str, Any], request: web.Request) -> web.StreamResponse:
        if body["messages"][-1]["content"] == "prompt 0":
            return web.json_response({"error": {"code": "context_length_exceeded"}}, status=400)
        return await echo(number, body, request)

    endpoint.behaviour = behave

    assert sorted(c.error for c in run(endpoint, 3)) == ["", "", "too_long"]


def test_nobody_listening_is_unreachable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    context = RunContext(policy=NetworkPolicy(allow=(f"127.0.0.1:{port}",)))
    settings = {"base_url": f"http://127.0.0.1:{port}/v1", "model": "m"}

    report = BACKEND.check(settings, context)

    assert not report.ok
    assert "cannot be reached" in report.problems[0]


@pytest.mark.usefixtures("quick_retries")
def test_an_endpoint_that_never_answered_ends_the_run_after_one_round_of_retries() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    context = RunContext(policy=NetworkPolicy(allow=(f"127.0.0.1:{port}",)))
    requests = plan_requests(samples(3), GREEDY)

    with pytest.raises(BackendError) as caught:
        list(
            BACKEND.stream({"base_url": f"http://127.0.0.1:{port}", "model": "m"}, requests, GREEDY, context)
        )
    assert caught.value.error_class is ErrorClass.UNREACHABLE


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"])
def test_a_private_address_that_is_not_listed_is_not_allowed(endpoint: MockEndpoint, host: str) -> None:
    settings = endpoint.settings(base_url=f"http://{host}:{endpoint.port}/v1")

    report = BACKEND.check(settings, RunContext())
    with pytest.raises(BackendError) as caught:
        list(BACKEND.stream(settings, plan_requests(samples(1), GREEDY), GREEDY, RunContext()))

    assert caught.value.error_class is ErrorClass.NOT_ALLOWED
    assert "allow-list" in report.problems[0]
    assert endpoint.calls == []


def test_no_proxy_is_taken_from_the_environment(
    endpoint: MockEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert run(endpoint, 1)[0].text == "prompt 0"


def test_a_stop_ends_the_run_within_five_seconds_and_the_rest_can_be_asked_later(
    endpoint: MockEndpoint,
) -> None:
    async def behave(number: int, body: dict[str, Any], request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.05 if number <= 8 else 60)
        return await echo(number, body, request)

    endpoint.behaviour = behave
    requests = plan_requests(samples(30), GREEDY)
    stop = threading.Event()
    seen: list[Completion] = []
    stopped_at = 0.0
    for completion in BACKEND.stream(
        endpoint.settings(), requests, GREEDY, endpoint.context(should_stop=stop.is_set)
    ):
        seen.append(completion)
        if len(seen) == 8:
            stop.set()
            stopped_at = time.monotonic()

    assert time.monotonic() - stopped_at < 5.5  # half a second to notice, four for answers in the air
    assert len(seen) == 8
    assert len(endpoint.calls) <= 12

    endpoint.behaviour = echo
    left = [r for r in requests if r.sample_id not in {c.sample_id for c in seen}]
    rest = list(BACKEND.stream(endpoint.settings(), left, GREEDY, endpoint.context()))
    assert len({c.sample_id for c in (*seen, *rest)}) == 30


def test_a_run_that_is_stopped_before_it_begins_calls_nobody(endpoint: MockEndpoint) -> None:
    requests = plan_requests(samples(3), GREEDY)

    assert (
        list(
            BACKEND.stream(endpoint.settings(), requests, GREEDY, endpoint.context(should_stop=lambda: True))
        )
        == []
    )
    assert endpoint.calls == []


def test_a_caller_that_loses_interest_leaves_no_thread_behind(endpoint: MockEndpoint) -> None:
    before = threading.active_count()
    stream = BACKEND.stream(
        endpoint.settings(), plan_requests(samples(200), GREEDY), GREEDY, endpoint.context()
    )
    next(stream)
    stream.close()  # type: ignore[attr-defined]

    assert threading.active_count() == before
    assert len(endpoint.calls) < 200


def test_a_slow_reader_slows_the_calls_down(endpoint: MockEndpoint) -> None:
    stream = BACKEND.stream(
        endpoint.settings(concurrency=2), plan_requests(samples(100), GREEDY), GREEDY, endpoint.context()
    )
    next(stream)
    time.sleep(0.7)

    # At most 4 × 2 unread answers, two more in the air, and those of the last look.
    assert len(endpoint.calls) <= 16
    assert len(list(stream)) == 99


def test_the_reported_latency_is_the_endpoints_own(endpoint: MockEndpoint) -> None:
    async def behave(number: int, body: dict[str, Any], request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.1)
        return await echo(number, body, request)

    endpoint.behaviour = behave
    latencies = sorted(c.latency_ms or 0 for c in run(endpoint, 20, requests_per_minute=3000))

    assert 100 <= latencies[10] <= 150


def test_the_connection_test_says_what_is_served(endpoint: MockEndpoint) -> None:
    report = BACKEND.check(endpoint.settings(), endpoint.context())

    assert report.ok
    assert report.facts["Models served"] == "mock-1"
    assert report.facts["Model reported"] == "mock-1"
    assert report.facts["Latency"].endswith(" ms")
    assert report.facts["Token counts"] == "yes"


def test_the_connection_test_names_the_models_when_the_wanted_one_is_absent(endpoint: MockEndpoint) -> None:
    report = BACKEND.check(endpoint.settings(model="gone"), endpoint.context())

    assert not report.ok
    assert "'gone' is not served" in report.problems[0] and "mock-1" in report.problems[0]
    assert endpoint.calls == []


def test_an_endpoint_without_a_model_list_can_be_tested(endpoint: MockEndpoint) -> None:
    endpoint.models = None

    assert BACKEND.check(endpoint.settings(), endpoint.context()).facts["Models served"] == "not listed"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"base_url": ""}, "setting base_url"),
        ({"base_url": "ftp://x"}, "expected http or https"),
        ({"model": " "}, "setting model"),
        ({"endpoint": "embeddings"}, "one of chat, completions"),
        ({"concurrency": 65}, "a number from 1 to 64"),
        ({"concurrency": 1.5}, "a whole number from 1 to 64"),
        ({"concurrency": True}, "a number from 1 to 64"),
        ({"timeout_s": 0}, "setting timeout_s"),
        ({"logprobs": "yes"}, "true or false"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    endpoint: MockEndpoint, changes: dict[str, Any], said: str
) -> None:
    report = BACKEND.check(endpoint.settings(**changes), endpoint.context())

    assert not report.ok
    assert said in report.problems[0]


def test_a_key_with_a_line_break_is_refused_before_any_call(endpoint: MockEndpoint) -> None:
    report = BACKEND.check(endpoint.settings(), endpoint.context(api_key="sk-1\r\nX-Header: 1"))

    assert not report.ok
    assert "plain ASCII" in report.problems[0] and "sk-1" not in report.problems[0]

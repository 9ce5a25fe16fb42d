"""Models behind an OpenAI-compatible endpoint: a vendor's, or a private vLLM server on the allow-list."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import random
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from evaluations.inference.backend import BackendError, CheckReport, Request, RunContext
from evaluations.inference.client import GuardedClient
from evaluations.inference.endpoint_protocol import EndpointSettings, completion, model_names, payload
from evaluations.inference.endpoint_runner import Ask, EndpointRunner
from evaluations.inference.retrying import CallError, Limits, StoppedError
from evaluations.records import Completion, Decoding, ErrorClass

CHECK_TIMEOUT_S: Final = 20.0
CHECK_REQUEST: Final = Request("connection test", 0, "Say OK.", 0)


class OpenAICompatible:
    """Settings: ``base_url``, ``model``, ``endpoint`` (chat, completions), ``system_prompt``, ``concurrency``
    (1 to 64), ``requests_per_minute``, ``timeout_s``, ``deadline_s``, ``logprobs``, ``token_field``.

    Requests go out in an order drawn by the decoding's seed, so that a suite's structure does not show.
    """

    kind = "openai_compatible"
    queue = "cpu"
    sends_data = True

    def check(self, settings: Mapping[str, Any], context: RunContext) -> CheckReport:
        """Connection test: the models served, then one short answer. Costs a few tokens, takes ≤ 40 s."""
        try:
            read = EndpointSettings.read(settings)
            with ThreadPoolExecutor(1) as pool:
                return pool.submit(asyncio.run, _check(read, context)).result()
        except (BackendError, CallError) as error:
            return CheckReport(False, (error.message,))

    def stream(
        self,
        settings: Mapping[str, Any],
        requests: Sequence[Request],
        decoding: Decoding,
        context: RunContext,
    ) -> Iterator[Completion]:
        read = EndpointSettings.read(settings)
        rng = random.Random(decoding.seed)  # noqa: S311
        ordered = list(requests)
        rng.shuffle(ordered)
        limits = Limits(timeout_s=read.timeout_s, deadline_s=read.deadline_s)

        @contextlib.asynccontextmanager
        async def open_asker(stopping: asyncio.Event) -> AsyncIterator[Ask]:
            async with _client(read, context, limits, stopping, rng) as client:
                yield lambda request: _ask(client, read, request, decoding)

        yield from EndpointRunner(open_asker, ordered, read.concurrency).run(context.should_stop)


def _client(
    read: EndpointSettings, context: RunContext, limits: Limits, stopping: asyncio.Event, rng: random.Random
) -> GuardedClient:
    return GuardedClient(
        read.base_url,
        policy=context.policy,
        stopping=stopping,
        rng=rng,
        api_key=context.api_key,
        limits=limits,
        connections=read.concurrency,
        per_minute=read.requests_per_minute,
    )


async def _ask(
    client: GuardedClient, read: EndpointSettings, request: Request, decoding: Decoding
) -> Completion:
    try:
        reply = await client.call(
            "POST", read.path, payload(read, request, decoding), lambda body: completion(request, body)
        )
    except CallError as error:
        if _is_about_the_model(error):
            raise await _not_served(client, read, error) from error
        return Completion(
            request.sample_id,
            "",
            request.sample_index,
            error=error.error_class.value,
            error_detail=f"sample {request.sample_id!r}: {error.message}",
        )
    return dataclasses.replace(reply.answer, latency_ms=reply.latency_ms)


def _is_about_the_model(error: CallError) -> bool:
    said = error.message.lower()
    unknown = any(words in said for words in ("not found", "not exist", "not served", "unknown model"))
    return error.status == 404 or (error.status == 400 and "model" in said and unknown)


async def _not_served(client: GuardedClient, read: EndpointSettings, error: CallError) -> BackendError:
    served = await _served(client)
    listed = f"It serves: {', '.join(served[:50])}" if served else "It does not list its models"
    return BackendError(
        ErrorClass.MISSING,
        f"{error.message}. Model {read.model!r} is not served at {client.origin.url}{read.path}. {listed}",
    )


async def _served(client: GuardedClient) -> tuple[str, ...]:
    """The models that the endpoint lists; empty where it has no such list."""
    try:
        return (await client.call("GET", "/models", None, model_names)).answer
    except (CallError, StoppedError):
        return ()


async def _check(read: EndpointSettings, context: RunContext) -> CheckReport:
    limits = Limits(
        timeout_s=min(CHECK_TIMEOUT_S, read.timeout_s),
        deadline_s=CHECK_TIMEOUT_S,
        retries=0,
        retries_rate_limited=0,
    )
    decoding = Decoding(max_new_tokens=8)
    async with _client(read, context, limits, asyncio.Event(), random.Random(0)) as client:  # noqa: S311
        served = await _served(client)
        if served and read.model not in served:
            problem = f"model {read.model!r} is not served at {client.origin.url}. "
            return CheckReport(False, (problem + "It serves: " + ", ".join(served[:50]),))
        answer = await _ask(client, read, CHECK_REQUEST, decoding)
    facts = {
        "Address": client.origin.url,
        "Models served": ", ".join(served[:50]) or "not listed",
        "Model reported": answer.model_reported or "not reported",
        "Fingerprint": answer.fingerprint or "not reported",
        "Latency": "Not measured" if answer.latency_ms is None else f"{answer.latency_ms:.0f} ms",
        "Log-probabilities": _yes(answer.logprobs is not None) if read.logprobs else "not asked for",
        "Token counts": _yes(answer.usage.completion_tokens is not None),
    }
    return CheckReport(not answer.error, (answer.error_detail,) if answer.error else (), facts)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


BACKEND = OpenAICompatible()

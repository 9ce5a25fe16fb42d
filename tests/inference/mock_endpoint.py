"""A real HTTP server on loopback that behaves as a test tells it to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from evaluations.inference.backend import RunContext
from evaluations.inference.network import NetworkPolicy

Behaviour = Callable[[int, dict[str, Any], web.Request], Awaitable[web.StreamResponse]]


def chat_reply(text: str, **extra: Any) -> web.Response:
    """A usual chat completion with 5 prompt tokens and one completion token a word."""
    return web.json_response(
        {
            "model": "mock-1",
            "system_fingerprint": "fp_7",
            "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 5, "completion_tokens": len(text.split())},
            **extra,
        }
    )


async def echo(number: int, body: dict[str, Any], request: web.Request) -> web.StreamResponse:
    """Answers with the last message."""
    return chat_reply(body["messages"][-1]["content"])


@dataclass
class MockEndpoint:
    """``calls``: the bodies posted so far, ``headers``: theirs. ``behaviour`` may be changed at any time."""

    behaviour: Behaviour = echo
    models: tuple[str, ...] | None = ("mock-1",)
    calls: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    port: int = 0
    in_flight: int = 0
    most_in_flight: int = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def settings(self, **changes: Any) -> dict[str, Any]:
        return {"base_url": self.base_url, "model": "mock-1", "concurrency": 4, **changes}

    def context(self, **changes: Any) -> RunContext:
        return RunContext(policy=NetworkPolicy(allow=(f"127.0.0.1:{self.port}",)), **changes)

    async def _post(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.calls.append(body)
        self.headers.append(dict(request.headers))
        number = len(self.calls)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            return await self.behaviour(number, body, request)
        finally:
            self.in_flight -= 1

    async def _models(self, request: web.Request) -> web.StreamResponse:
        if self.models is None:
            return web.json_response({"error": "no such path"}, status=404)
        return web.json_response({"data": [{"id": name} for name in self.models]})


@contextmanager
def serving(endpoint: MockEndpoint) -> Iterator[MockEndpoint]:
    """Runs ``endpoint`` on a free loopback port in a thread of its own."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()

    async def start() -> web.AppRunner:
        application = web.Application()
        application.router.add_post("/v1/{rest:.*}", endpoint._post)
        application.router.add_get("/v1/models", endpoint._models)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        endpoint.port = runner.addresses[0][1]
        ready.set()
        return runner

    def serve() -> None:
        asyncio.set_event_loop(loop)
        runner = loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    if not ready.wait(10):
        raise RuntimeError("the mock endpoint did not start within 10 s")
    try:
        yield endpoint
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)

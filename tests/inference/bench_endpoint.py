"""Endpoint backend beside a bare aiohttp loop: ``python -m tests.inference.bench_endpoint [rounds] [samples]``.

Both ask the same mock (50 ms an answer, in a process of its own) with 16 calls in the air, in turn, round after
round. Printed: answers a second, the ratio of the wall times a round, CPU a sample, and the reported latency.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import statistics
import sys
import time
from multiprocessing.connection import Connection
from typing import Any

import aiohttp
from aiohttp import web

from evaluations.inference.backend import backends, plan_requests
from evaluations.records import Decoding, Sample
from tests.inference.mock_endpoint import MockEndpoint, chat_reply, serving

CONCURRENCY = 16
GREEDY = Decoding(max_new_tokens=16)


async def fifty_ms(number: int, body: dict[str, Any], request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(0.05)
    return chat_reply("a short answer")


def serve(channel: Connection) -> None:
    with serving(MockEndpoint(behaviour=fifty_ms)) as endpoint:
        channel.send(endpoint.port)
        channel.recv()


async def bare(endpoint: MockEndpoint, samples: list[Sample]) -> list[float]:
    """The least that an asynchronous client can do."""
    waiting = iter(samples)
    latencies: list[float] = []
    connector = aiohttp.TCPConnector(limit=CONCURRENCY)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def work() -> None:
            for sample in waiting:
                body = {
                    "model": "mock-1",
                    "messages": [{"role": "user", "content": sample.input}],
                    "max_tokens": 16,
                }
                started = time.perf_counter()
                async with session.post(f"{endpoint.base_url}/chat/completions", json=body) as response:
                    await response.json()
                latencies.append((time.perf_counter() - started) * 1000)

        await asyncio.gather(*(work() for _ in range(CONCURRENCY)))
    return latencies


def ours(endpoint: MockEndpoint, samples: list[Sample]) -> list[float]:
    settings = endpoint.settings(concurrency=CONCURRENCY)
    stream = backends.get("openai_compatible").stream(
        settings, plan_requests(samples, GREEDY), GREEDY, endpoint.context()
    )
    return [completion.latency_ms or 0.0 for completion in stream]


def main(rounds: int, count: int) -> None:
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    server.start()
    endpoint = MockEndpoint(port=here.recv())
    samples = [Sample(f"s{n}", f"prompt {n}") for n in range(count)]
    ratios, rates, cpu, p50, p95 = [], [], [], [], []
    asyncio.run(bare(endpoint, samples[:64]))
    ours(endpoint, samples[:64])
    for _ in range(rounds):
        started = time.perf_counter()
        asyncio.run(bare(endpoint, samples))
        bare_s = time.perf_counter() - started
        started, used = time.perf_counter(), sum(os.times()[:2])
        latencies = sorted(ours(endpoint, samples))
        ours_s = time.perf_counter() - started
        cpu.append((sum(os.times()[:2]) - used) * 1000 / count)
        ratios.append(ours_s / bare_s)
        rates.append(count / ours_s)
        p50.append(latencies[count // 2])
        p95.append(latencies[int(count * 0.95)])
    here.send(None)
    server.join(10)
    print(f"{rounds} rounds of {count} samples, concurrency {CONCURRENCY}, mock 50 ms")
    for name, values in (
        ("answers a second", rates),
        ("wall time / bare aiohttp", ratios),
        ("CPU ms a sample", cpu),
        ("latency p50 ms", p50),
        ("latency p95 ms", p95),
    ):
        print(
            f"{name:26} median {statistics.median(values):7.2f}  from {min(values):7.2f} to {max(values):7.2f}"
        )


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    main(*(given + [5, 500][len(given) :]))

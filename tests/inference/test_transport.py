"""Names that resolve to several or to changing addresses. The resolver is scripted, the sockets are real."""

from __future__ import annotations

import asyncio
import random
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from evaluations.inference.backend import BackendError
from evaluations.inference.client import GuardedClient
from evaluations.inference.network import AddressError, NetworkPolicy, parse_origin
from evaluations.inference.retrying import Limits
from evaluations.inference.transport import AddressGuard
from evaluations.records import ErrorClass
from tests.inference.mock_endpoint import MockEndpoint


class ScriptedResolver(AbstractResolver):
    """Gives the addresses of one list after the other, for any name."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        return None


def call(
    url: str, policy: NetworkPolicy, resolver: AbstractResolver, times: int = 1, key: str = ""
) -> list[Any]:
    async def go() -> list[Any]:
        client = GuardedClient(
            url,
            policy=policy,
            stopping=asyncio.Event(),
            rng=random.Random(0),
            api_key=key,
            limits=Limits(retries=0, timeout_s=5),
            resolver=resolver,
        )
        async with client:
            return [
                (await client.call("GET", "/models", None, lambda body: body["data"])).answer
                for _ in range(times)
            ]

    # In a thread of its own: a browser test may have left an event loop in this one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(go())).result()


def test_a_listed_name_is_called_at_its_private_address(endpoint: MockEndpoint) -> None:
    policy = NetworkPolicy(allow=(f"vllm.internal:{endpoint.port}",))

    answers = call(f"http://vllm.internal:{endpoint.port}/v1", policy, ScriptedResolver(["127.0.0.1"]))

    assert answers == [[{"id": "mock-1"}]]


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["8.8.8.8", "127.0.0.1"],
        ["127.0.0.1", "8.8.8.8"],
        ["::ffff:127.0.0.1"],
        ["169.254.169.254"],
        [],
    ],
)
def test_one_refused_address_in_the_answer_refuses_the_call(
    endpoint: MockEndpoint, addresses: list[str]
) -> None:
    with pytest.raises(BackendError) as caught:
        call(f"http://api.example.com:{endpoint.port}/v1", NetworkPolicy(), ScriptedResolver(addresses))

    assert caught.value.error_class is ErrorClass.NOT_ALLOWED


def test_a_name_that_changes_its_address_between_two_calls_is_checked_again(endpoint: MockEndpoint) -> None:
    policy = NetworkPolicy(allow=(f"127.0.0.1:{endpoint.port}",))
    rebinding = ScriptedResolver(["127.0.0.1"], ["10.0.0.1"])
    url = f"http://api.example.com:{endpoint.port}/v1"

    assert call(url, policy, rebinding) == [[{"id": "mock-1"}]]
    with pytest.raises(BackendError, match=r"resolved to 10\.0\.0\.1"):
        call(url, policy, rebinding)


def test_the_very_address_that_is_connected_to_is_checked() -> None:
    guard = AddressGuard(parse_origin("https://api.example.com"), NetworkPolicy(), has_key=False)
    info = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", 443))

    with pytest.raises(AddressError):
        guard.open_socket(info)
    with guard.open_socket((*info[:4], ("8.8.8.8", 443))) as opened:
        assert opened.family == socket.AF_INET


def test_a_key_is_not_sent_unencrypted_to_a_public_address() -> None:
    with pytest.raises(BackendError, match="the key would be readable"):
        call("http://api.example.com/v1", NetworkPolicy(), ScriptedResolver(["8.8.8.8"]), key="sk-1")


def test_the_port_of_our_own_database_is_refused_before_any_look_up() -> None:
    with pytest.raises(BackendError, match="own database"):
        call("https://x.example:5432", NetworkPolicy(forbidden_ports=(5432,)), ScriptedResolver(["8.8.8.8"]))

"""Connections that cannot leave the policy: each resolved address is checked, again at connect time."""

from __future__ import annotations

import socket
import time
from types import SimpleNamespace
from typing import Any

from aiohttp import DefaultResolver, TCPConnector, TraceConfig
from aiohttp.abc import AbstractResolver, ResolveResult

from evaluations.inference.network import AddressError, NetworkPolicy, Origin


class AddressGuard:
    """The policy for one origin. A key is never sent unencrypted to a public address."""

    def __init__(self, origin: Origin, policy: NetworkPolicy, *, has_key: bool) -> None:
        self._origin = origin
        self._policy = policy
        self._needs_encryption = has_key and origin.scheme == "http"

    def check(self, address: str) -> None:
        """Raises :class:`AddressError` unless ``address`` may be called for this origin."""
        self._policy.check_address(self._origin.host, self._origin.port, address)
        if self._needs_encryption and not self._policy.is_private(address):
            raise AddressError(
                f"{self._origin.host} is a public address reached over http: the key would be readable. "
                "Expected https, or no key"
            )

    def open_socket(self, info: tuple[Any, ...]) -> socket.socket:
        """A socket for one resolved address, after a last check of that very address.

        The name is not looked up again between check and connection, so rebinding has no effect.
        """
        family, kind, protocol, _, target = info
        self.check(str(target[0]))
        opened = socket.socket(family, kind, protocol)
        opened.setblocking(False)
        return opened


class GuardedResolver(AbstractResolver):
    """Resolves a name and refuses the whole answer when one address in it is refused."""

    def __init__(self, guard: AddressGuard, inner: AbstractResolver | None = None) -> None:
        self._guard = guard
        self._inner = inner or DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        results = await self._inner.resolve(host, port, family)
        if not results:
            raise AddressError(f"host {host!r} resolved to no address")
        for result in results:
            self._guard.check(result["host"])
        return results

    async def close(self) -> None:
        await self._inner.close()


def guarded_connector(
    guard: AddressGuard, *, connections: int, resolver: AbstractResolver | None = None
) -> TCPConnector:
    """A connector for one origin with at most ``connections`` open at once."""
    return TCPConnector(
        limit=connections,
        resolver=GuardedResolver(guard, resolver),
        use_dns_cache=False,
        socket_factory=guard.open_socket,
    )


def connection_clock() -> TraceConfig:
    """Sets ``trace_request_ctx.started`` anew once a connection is open.

    Name look-up, connection and TLS are not the model's time.
    """

    async def connected(session: Any, context: SimpleNamespace, parameters: Any) -> None:
        context.trace_request_ctx.started = time.perf_counter()

    tracing = TraceConfig()
    tracing.on_connection_create_end.append(connected)
    return tracing

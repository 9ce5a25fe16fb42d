"""The one guarded client for model endpoints. Every call that leaves the installation goes through it."""

from __future__ import annotations

import asyncio
import json
import random
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace, TracebackType
from typing import Any, Final, Generic, TypeVar

import aiohttp
from aiohttp.abc import AbstractResolver

from evaluations.inference.backend import BackendError
from evaluations.inference.network import AddressError, NetworkPolicy, parse_origin
from evaluations.inference.retrying import (
    ENDPOINT_ERRORS,
    CallError,
    Limits,
    Pacer,
    pause,
    retry_after,
    wait_before,
)
from evaluations.inference.transport import AddressGuard, connection_clock, guarded_connector
from evaluations.records import ErrorClass

Answer = TypeVar("Answer")

USER_AGENT: Final = "python-http"
MESSAGE_BODY: Final = 8 * 1024
_CHUNK: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Reply(Generic[Answer]):
    """A parsed reply. ``latency_ms``: from the request on an open connection to the last byte of its body."""

    answer: Answer
    latency_ms: float
    attempts: int


class GuardedClient:
    """Calls one origin. Use as an asynchronous context manager, from one event loop.

    Raises :class:`BackendError` when the endpoint as a whole is of no use, :class:`CallError` for one
    answer, and :class:`StoppedError` once ``stopping`` is set. No redirects, no proxies, no cookies; the
    key is never in a text.
    """

    def __init__(
        self,
        base_url: str,
        *,
        policy: NetworkPolicy,
        stopping: asyncio.Event,
        rng: random.Random,
        api_key: str = "",
        limits: Limits | None = None,
        connections: int = 1,
        per_minute: float = 0.0,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self._key = api_key
        self._policy = policy
        self._stopping = stopping
        self._rng = rng
        self._connections = connections
        self._resolver = resolver
        self._pacer = Pacer(per_minute, rng)
        self._replies = 0
        self._failed_in_row = 0
        self._session: aiohttp.ClientSession | None = None
        try:
            self.origin = parse_origin(base_url)
            policy.check_port(self.origin.port)
            if self.origin.literal is not None:
                policy.check_address(self.origin.host, self.origin.port, self.origin.host)
        except AddressError as error:
            raise BackendError(ErrorClass.NOT_ALLOWED, f"endpoint: {error}") from None
        if not all(0x21 <= ord(char) <= 0x7E for char in api_key):
            raise BackendError(
                ErrorClass.REFUSED_KEY,
                "endpoint key: found a space or a special character, expected plain ASCII",
            )

    async def __aenter__(self) -> GuardedClient:
        guard = AddressGuard(self.origin, self._policy, has_key=bool(self._key))
        headers = {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "identity"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        self._session = aiohttp.ClientSession(
            connector=guarded_connector(guard, connections=self._connections, resolver=self._resolver),
            headers=headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            trace_configs=[connection_clock()],
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def call(
        self,
        method: str,
        path: str,
        payload: Mapping[str, Any] | None,
        parse: Callable[[dict[str, Any]], Answer],
    ) -> Reply[Answer]:
        """``parse`` of the JSON object that ``path`` answers.

        ``parse`` raises ``ValueError`` on an unexpected shape, which counts as a bad response.
        """
        deadline = time.monotonic() + self.limits.deadline_s
        attempt = 0
        while True:
            await pause(self._pacer.delay(time.monotonic()), self._stopping)
            attempt += 1
            try:
                answer, latency_ms = await self._attempt(method, path, payload, parse, deadline)
            except CallError as error:
                wait = wait_before(attempt, error, self.limits, self._rng)
                if not self._again(attempt, error, wait, deadline):
                    self._give_up(error)
                    raise
                await pause(wait, self._stopping)
                continue
            self._failed_in_row = 0
            return Reply(answer, latency_ms, attempt)

    def _again(self, attempt: int, error: CallError, wait: float, deadline: float) -> bool:
        limited = error.error_class is ErrorClass.RATE_LIMITED
        tries = self.limits.retries_rate_limited if limited else self.limits.retries
        return error.retry and attempt <= tries and time.monotonic() + wait < deadline

    def _give_up(self, error: CallError) -> None:
        """Counts an answer that failed for good; raises when the endpoint looks dead."""
        if error.error_class not in ENDPOINT_ERRORS:
            return
        self._failed_in_row += 1
        if error.error_class is ErrorClass.UNREACHABLE and not self._replies:
            raise BackendError(ErrorClass.UNREACHABLE, error.message) from error
        if self._failed_in_row >= self.limits.breaker:
            raise BackendError(
                error.error_class,
                f"{error.message}. {self._failed_in_row} answers in a row failed, so no more were asked for; "
                "continue the run when the endpoint answers again",
            ) from error

    async def _attempt(
        self,
        method: str,
        path: str,
        payload: Mapping[str, Any] | None,
        parse: Callable[[dict[str, Any]], Answer],
        deadline: float,
    ) -> tuple[Answer, float]:
        seconds = min(self.limits.timeout_s, max(0.001, deadline - time.monotonic()))
        timing = SimpleNamespace(started=time.perf_counter())
        try:
            async with self._opened().request(
                method,
                self.origin.url + path,
                json=payload,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=seconds),
                trace_request_ctx=timing,
            ) as response:
                self._replies += 1
                body = await self._read(response)
                latency_ms = (time.perf_counter() - timing.started) * 1000
                self._check_status(response, body)
        except AddressError as error:
            raise BackendError(ErrorClass.NOT_ALLOWED, f"endpoint: {error}") from None
        except TimeoutError:
            raise self._error(
                ErrorClass.TIMEOUT, f"no whole reply within {seconds:.3g} s", retry=True
            ) from None
        except aiohttp.ClientConnectorCertificateError as error:
            raise BackendError(
                ErrorClass.UNREACHABLE, self._redacted(f"endpoint {self.origin.url}: {error}")
            ) from None
        except aiohttp.ClientConnectorError as error:
            raise self._error(ErrorClass.UNREACHABLE, f"cannot be reached ({error})", retry=True) from None
        except (aiohttp.ClientError, ConnectionError, zlib.error) as error:
            found = str(error) or type(error).__name__
            raise self._error(ErrorClass.SERVER_ERROR, f"connection lost ({found})", retry=True) from None
        return self._parsed(body, parse), latency_ms

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the client is used outside of its context")
        return self._session

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        """The decoded body, at most ``max_body`` bytes; of an error only what a message can hold."""
        limit = self.limits.max_body if response.status < 300 else MESSAGE_BODY
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in ("identity", "", "gzip", "x-gzip", "deflate"):
            raise self._error(
                ErrorClass.BAD_RESPONSE, f"encoding {encoding[:40]!r}, expected none", retry=False
            )
        unpacker = None if encoding in ("identity", "") else zlib.decompressobj(zlib.MAX_WBITS | 32)
        body = bytearray()
        async for chunk in response.content.iter_chunked(_CHUNK):
            body += chunk if unpacker is None else unpacker.decompress(chunk, limit + 1 - len(body))
            if len(body) > limit:
                response.close()
                if response.status >= 300:
                    break
                raise self._error(
                    ErrorClass.BAD_RESPONSE,
                    f"a reply of more than {limit:,} bytes; expected one answer",
                    retry=False,
                )
        return bytes(body[:limit])

    def _check_status(self, response: aiohttp.ClientResponse, body: bytes) -> None:
        status = response.status
        if 200 <= status < 300:
            return
        said = self._redacted(body.decode("utf-8", "replace").strip()) or response.reason or ""
        found = f"status {status}: {said}" if said else f"status {status}"
        if status < 400:
            raise self._fatal(
                ErrorClass.NOT_ALLOWED,
                f"{found}; it redirects, which is never followed. Enter the final address",
            )
        if status in (401, 403):
            raise self._fatal(
                ErrorClass.REFUSED_KEY, f"refused the key ({found}). Check the key and its rights"
            )
        if status == 402 or (status == 429 and "insufficient_quota" in said):
            raise self._fatal(ErrorClass.RATE_LIMITED, f"the account has no credit left ({found})")
        if status == 429:
            raise self._passing(ErrorClass.RATE_LIMITED, found, response)
        if status in (408, 425) or status >= 500:
            kind = ErrorClass.TIMEOUT if status in (408, 504) else ErrorClass.SERVER_ERROR
            raise self._passing(kind, found, response)
        kind = ErrorClass.TOO_LONG if status == 413 or _speaks_of_length(said) else ErrorClass.BAD_RESPONSE
        raise self._error(kind, found, retry=False, status=status)

    def _parsed(self, body: bytes, parse: Callable[[dict[str, Any]], Answer]) -> Answer:
        try:
            value = json.loads(body)
            if not isinstance(value, dict):
                raise ValueError(f"found a JSON {type(value).__name__}, expected an object")
            return parse(value)
        except (ValueError, RecursionError) as error:
            excerpt = body[:200].decode("utf-8", "replace")
            raise self._error(
                ErrorClass.BAD_RESPONSE, f"a reply that cannot be read ({error}): {excerpt!r}", retry=True
            ) from None

    def _redacted(self, text: str) -> str:
        return (text.replace(self._key, "[key]") if self._key else text)[:MESSAGE_BODY]

    def _error(
        self, kind: ErrorClass, found: str, *, retry: bool, status: int = 0, wait_s: float | None = None
    ) -> CallError:
        message = self._redacted(f"endpoint {self.origin.url}: {found}")
        return CallError(kind, message, retry=retry, status=status, wait_s=wait_s)

    def _passing(self, kind: ErrorClass, found: str, response: aiohttp.ClientResponse) -> CallError:
        """A failure that may be over after a while; the endpoint may say after how long."""
        wait = retry_after(response.headers, datetime.now(UTC))
        asked = "" if wait is None else f"; it asks to wait {wait:.0f} s"
        return self._error(kind, found + asked, retry=True, status=response.status, wait_s=wait)

    def _fatal(self, kind: ErrorClass, found: str) -> BackendError:
        return BackendError(kind, self._redacted(f"endpoint {self.origin.url}: {found}"))


def _speaks_of_length(text: str) -> bool:
    lowered = text.lower()
    return any(
        words in lowered
        for words in ("context_length", "context length", "maximum context", "context size", "exceed_context")
    )

"""Many calls at once behind a plain iterator: an event loop in its own thread, results through a queue."""

from __future__ import annotations

import asyncio
import queue
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from typing import Final

from evaluations.inference.backend import BackendError, Request
from evaluations.inference.retrying import ENDPOINT_ERRORS, StoppedError
from evaluations.records import Completion

Ask = Callable[[Request], Awaitable[Completion]]
Open = Callable[[asyncio.Event], AbstractAsyncContextManager[Ask]]

LOOK_EVERY_S: Final = 0.5
GRACE_S: Final = 4.0
"""How long answers that are already paid for may still arrive after a stop."""


class EndpointRunner:
    """Asks for every request, ``concurrency`` at a time, in the order given.

    ``open_asker`` gives, inside the event loop, the coroutine that obtains one completion. A trouble with one
    sample is a completion with an error; :class:`BackendError` ends the run after the answers in the air
    arrived. Failures that turn out to be the endpoint's own end are not yielded: they can be asked again.
    """

    def __init__(self, open_asker: Open, requests: Sequence[Request], concurrency: int) -> None:
        self._open_asker = open_asker
        self._requests = iter(requests)
        self._concurrency = min(concurrency, max(1, len(requests)))
        self._results: queue.SimpleQueue[Completion | None] = queue.SimpleQueue()
        self._unread_limit = 4 * self._concurrency
        self._held: list[Completion] = []
        self._failure: BackendError | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._stop_wanted = False
        self._grace_s = GRACE_S

    def run(self, should_stop: Callable[[], bool]) -> Iterator[Completion]:
        """Yields completions as they come. ``should_stop`` is called here, in the caller's thread."""
        if should_stop():
            return
        with ThreadPoolExecutor(1, "endpoint") as pool:
            work = pool.submit(asyncio.run, self._main())
            work.add_done_callback(self._finished)
            try:
                yield from self._drain(should_stop)
            finally:
                self._grace_s = 0.0 if not work.done() else self._grace_s
                self._stop()
            work.result()
        if self._failure is not None:
            raise self._failure

    def _finished(self, work: Future[None]) -> None:
        self._results.put(None)

    def _drain(self, should_stop: Callable[[], bool]) -> Iterator[Completion]:
        look_at = time.monotonic() + LOOK_EVERY_S
        while True:
            if time.monotonic() >= look_at:
                look_at = time.monotonic() + LOOK_EVERY_S
                if should_stop():
                    self._stop()
            try:
                completion = self._results.get(timeout=LOOK_EVERY_S / 2)
            except queue.Empty:
                continue
            if completion is None:
                return
            yield completion

    def _stop(self) -> None:
        self._stop_wanted = True
        if self._loop is not None and self._stopping is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopping.set)

    async def _main(self) -> None:
        self._stopping = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        if self._stop_wanted:
            self._stopping.set()
        async with self._open_asker(self._stopping) as ask:
            workers = [asyncio.create_task(self._work(ask)) for _ in range(self._concurrency)]
            all_done = asyncio.create_task(asyncio.wait(workers))
            stop = asyncio.create_task(self._stopping.wait())
            await asyncio.wait({all_done, stop}, return_when=asyncio.FIRST_COMPLETED)
            if not all_done.done() and self._grace_s:
                await asyncio.wait({all_done}, timeout=self._grace_s)
            for task in (*workers, stop):
                task.cancel()
            outcomes = await asyncio.gather(*workers, return_exceptions=True)
            await asyncio.gather(all_done, stop, return_exceptions=True)
        if self._failure is None:
            self._release()
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError):
                raise outcome

    async def _work(self, ask: Ask) -> None:
        for request in self._requests:
            while self._results.qsize() > self._unread_limit and not self._stop_wanted:
                await asyncio.sleep(0.01)
            try:
                completion = await ask(request)
            except StoppedError:
                return
            except BackendError as error:
                self._failure = self._failure or error
                self._stop()
                return
            if completion.error in ENDPOINT_ERRORS:
                self._held.append(completion)
            else:
                self._release()
                self._results.put(completion)

    def _release(self) -> None:
        for completion in self._held:
            self._results.put(completion)
        self._held.clear()

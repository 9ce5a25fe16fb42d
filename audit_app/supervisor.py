"""One process that starts the others, restarts what dies, and stops all of them together.

It knows nothing of Django: `manage.py start` hands it the programs. Each program runs in a session
of its own, so that Ctrl-C in the terminal reaches the supervisor alone. Where the supervisor itself
is killed, Linux ends the programs with it (``PR_SET_PDEATHSIG``).
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 10.0
STEADY_S = 30.0
"""A program that ran this long starts again at once after its next death."""
GRACE_S = 8.0
KILLED_S = 1.0
PORTS_TRIED = 20
PR_SET_PDEATHSIG = 1
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class AlreadyRunning(RuntimeError):
    """Another supervisor holds the lock of this data folder."""


class NoFreePort(RuntimeError):
    """Neither the wanted port nor one of the next ones is free."""


@dataclass(frozen=True)
class Program:
    """One program to keep running; ``keep_open`` are descriptors that it inherits."""

    name: str
    argv: tuple[str, ...]
    keep_open: tuple[int, ...] = ()


def end_with_parent(parent: int) -> None:
    """Ask Linux to kill this process when the thread that made it ends; a no-op elsewhere.

    ``parent`` is that process's id: where it died before the request was made, this process ends now.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


@dataclass
class _Child:
    """A program with its process, its next start and its next waiting time."""

    program: Program
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    wait_s: float = FIRST_WAIT_S

    def start(self, env: Mapping[str, str], cwd: Path) -> None:
        parent = os.getpid()
        self.process = subprocess.Popen(
            self.program.argv,
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=self.program.keep_open,
            preexec_fn=lambda: end_with_parent(parent),
        )
        self.started = time.monotonic()

    def died(self) -> int | None:
        """The exit code of a process that just died, after which the next start is due; else None."""
        if self.process is None or (code := self.process.poll()) is None:
            return None
        self.send(signal.SIGKILL)
        self.process = None
        now = time.monotonic()
        if now - self.started >= STEADY_S:
            self.wait_s = FIRST_WAIT_S
        self.due = now + self.wait_s
        return code

    def send(self, number: signal.Signals) -> None:
        """Send the signal to the program: SIGKILL to its whole group, others to its first process."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if number == signal.SIGKILL:
                os.killpg(self.process.pid, number)
            else:
                os.kill(self.process.pid, number)


@dataclass
class Supervisor:
    """Keeps ``programs`` running until a stop signal; ``say`` receives one line per event."""

    programs: Sequence[Program]
    env: Mapping[str, str]
    cwd: Path
    say: Callable[[str], None]
    grace_s: float = GRACE_S
    stopping: bool = field(default=False, init=False)

    def run(self, ready: Callable[[], bool], on_ready: Callable[[], None]) -> int:
        """Start everything, then wait; returns 0 after a clean stop, 1 where a program had to be killed.

        ``ready`` is asked twice a second until it is true; then ``on_ready`` is called once.
        Must be called in the main thread (it handles signals).
        """
        children = [_Child(program) for program in self.programs]
        with _wakeups(self._stop) as wait:
            announced = False
            while not self.stopping:
                self._tend(children)
                if not announced and ready():
                    announced = True
                    on_ready()
                wait(self._pause(children, announced))
            return self._end(children, wait)

    def _stop(self) -> None:
        self.stopping = True

    def _tend(self, children: Sequence[_Child]) -> None:
        """Notice the dead, and start what is due."""
        for child in children:
            code = child.died()
            if code is not None:
                self.say(f"{child.program.name} ended (exit {code}); it starts again in {child.wait_s:g} s")
                child.wait_s = min(child.wait_s * 2, LONGEST_WAIT_S)
            if child.process is None and time.monotonic() >= child.due:
                child.start(self.env, self.cwd)

    @staticmethod
    def _pause(children: Sequence[_Child], announced: bool) -> float | None:
        """Seconds until something is due; None where only a signal can bring news."""
        now = time.monotonic()
        pauses = [max(child.due - now, 0.0) for child in children if child.process is None]
        if not announced:
            pauses.append(0.5)
        return min(pauses, default=None)

    def _end(self, children: Sequence[_Child], wait: Callable[[float | None], None]) -> int:
        """Ask every program to stop, then kill what is left after the grace time."""
        self.say("Stopping …")
        running = [child for child in children if child.process is not None]
        for child in running:
            child.send(signal.SIGTERM)
        self._wait_for(running, self.grace_s, wait)
        late = [child for child in running if child.process and child.process.poll() is None]
        for child in running:
            child.send(signal.SIGKILL)
        self._wait_for(late, KILLED_S, wait)
        for child in late:
            name = child.program.name
            self.say(
                f"{name} did not stop within {self.grace_s:g} s and was killed; its work resumes next time"
            )
        self.say("Stopped.")
        return 1 if late else 0

    @staticmethod
    def _wait_for(children: Sequence[_Child], seconds: float, wait: Callable[[float | None], None]) -> None:
        deadline = time.monotonic() + seconds
        while any(child.process and child.process.poll() is None for child in children):
            left = deadline - time.monotonic()
            if left <= 0:
                return
            wait(min(left, 0.2))


@contextlib.contextmanager
def _wakeups(stop: Callable[[], None]) -> Iterator[Callable[[float | None], None]]:
    """Yields ``wait(seconds | None)``, which returns early when a child dies or a stop signal arrives."""
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)

    def stop_now(number: int, frame: FrameType | None) -> None:
        stop()

    def wait(seconds: float | None) -> None:
        select.select([reader], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            reader.recv(4096)

    handlers = {number: signal.signal(number, stop_now) for number in STOP_SIGNALS}
    handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda number, frame: None)
    previous = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    try:
        yield wait
    finally:
        signal.set_wakeup_fd(previous)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        reader.close()
        writer.close()


def lock(path: Path) -> IO[str]:
    """The exclusive lock of a data folder, held until the returned file is closed.

    Raises :class:`AlreadyRunning` with what the holder wrote about itself.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip() or "another process"
        file.close()
        raise AlreadyRunning(holder) from None
    note(file, f"process {os.getpid()}")
    return file


def note(held: IO[str], text: str) -> None:
    """Write into a held lock what its holder is, for whoever finds it locked."""
    held.seek(0)
    held.truncate()
    held.write(text)
    held.flush()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on the first free port from ``port`` on; raises :class:`NoFreePort`.

    The supervisor keeps it open, so that requests wait instead of failing while the web server restarts.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, port + PORTS_TRIED):
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, candidate))
            sock.listen(512)
        except OSError as error:
            sock.close()
            problem = error
        else:
            return sock
    raise NoFreePort(f"{host}: no free port from {port} to {port + PORTS_TRIED - 1} ({problem.strerror})")

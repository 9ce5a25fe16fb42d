"""The supervisor over tiny programs; `manage.py start` as a whole is in tests/management/commands/test_start.py."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from audit_app import supervisor

REPOSITORY = Path(__file__).resolve().parents[1]
RUNNER = """
import json, os, sys
from pathlib import Path
from audit_app.supervisor import Program, Supervisor
programs = [Program(name, (sys.executable, "-c", code)) for name, code in json.loads(sys.argv[1]).items()]
keeper = Supervisor(programs, env=os.environ, cwd=Path(sys.argv[2]), say=lambda line: print(line, flush=True),
                    grace_s=float(sys.argv[3]))
sys.exit(keeper.run(ready=lambda: True, on_ready=lambda: print("ready", flush=True)))
"""
SLEEPER = "import os, pathlib, time; pathlib.Path('{name}').write_text(str(os.getpid())); time.sleep(60)"
STUBBORN = (
    "import os, pathlib, signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
    "pathlib.Path('grandchild').write_text(str(child.pid)); "
    "pathlib.Path('{name}').write_text(str(os.getpid())); time.sleep(60)"
)
HASTY = "import time; open('{name}', 'a').write(f'{{time.monotonic()}}\\n'); raise SystemExit(3)"

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started = []

    def run(grace_s: float = 5.0, **programs: str) -> subprocess.Popen[str]:
        codes = {name: code.format(name=name) for name, code in programs.items()}
        process = subprocess.Popen(
            [sys.executable, "-c", RUNNER, json.dumps(codes), str(tmp_path), str(grace_s)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()


def eventually(truth: Callable[[], object], seconds: float = 15.0) -> object:
    """What ``truth`` returns as soon as it is true; fails after ``seconds``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := truth():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds:g} s")


def pid_in(path: Path, other_than: int = 0) -> int:
    text = path.read_text() if path.exists() else ""
    return int(text) if text and int(text) != other_than else 0


def alive(pid: int) -> bool:
    """Whether the process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_killed_program_starts_again(start: Start, tmp_path: Path) -> None:
    start(web=SLEEPER)
    first = int(eventually(lambda: pid_in(tmp_path / "web")))

    os.kill(first, signal.SIGKILL)

    second = int(eventually(lambda: pid_in(tmp_path / "web", other_than=first)))
    assert alive(second) and not alive(first)


def test_a_program_that_keeps_dying_waits_twice_as_long_each_time(start: Start, tmp_path: Path) -> None:
    start(hasty=HASTY)

    def four_starts() -> list[float]:
        lines = (tmp_path / "hasty").read_text().split() if (tmp_path / "hasty").exists() else []
        return [float(line) for line in lines[:4]] if len(lines) >= 4 else []

    times = eventually(four_starts)

    # Waits of 0.5, 1 and 2 s before the 2nd, 3rd and 4th start; starting Python itself comes on top.
    waits = [later - earlier for earlier, later in pairwise(times)]
    assert all(wait >= floor for wait, floor in zip(waits, (0.5, 1.0, 2.0), strict=True))
    assert waits[2] < 8


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_stops_every_program(start: Start, tmp_path: Path, number: signal.Signals) -> None:
    process = start(web=SLEEPER, worker=SLEEPER)
    pids = [int(eventually(lambda name=name: pid_in(tmp_path / name))) for name in ("web", "worker")]

    process.send_signal(number)

    output, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert not any(alive(pid) for pid in pids)
    assert output.splitlines() == ["ready", "Stopping …", "Stopped."]


def test_a_program_that_ignores_the_request_is_killed_with_its_children(start: Start, tmp_path: Path) -> None:
    process = start(grace_s=0.5, deaf=STUBBORN)
    pid = int(eventually(lambda: pid_in(tmp_path / "deaf")))

    process.terminate()

    output, _ = process.communicate(timeout=10)
    assert process.returncode == 1
    assert "deaf did not stop within 0.5 s and was killed" in output
    eventually(lambda: not alive(pid) and not alive(pid_in(tmp_path / "grandchild")))


@pytest.mark.skipif(
    sys.platform != "linux", reason="not applicable: only Linux ends children with their parent"
)
def test_programs_end_with_a_killed_supervisor(start: Start, tmp_path: Path) -> None:
    process = start(web=SLEEPER)
    pid = int(eventually(lambda: pid_in(tmp_path / "web")))

    process.kill()

    eventually(lambda: not alive(pid))


def test_a_folder_has_one_supervisor(tmp_path: Path) -> None:
    path = tmp_path / "supervisor.lock"
    with supervisor.lock(path) as held:
        supervisor.note(held, "process 7, http://127.0.0.1:8000/")
        with pytest.raises(supervisor.AlreadyRunning, match=r"process 7, http://127\.0\.0\.1:8000/"):
            supervisor.lock(path)

    supervisor.lock(path).close()


def test_a_taken_port_gives_the_next_free_one() -> None:
    with supervisor.listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with supervisor.listen("127.0.0.1", port) as free:
            assert port < free.getsockname()[1] < port + supervisor.PORTS_TRIED


def test_an_address_of_another_machine_is_refused_with_the_reason() -> None:
    # 192.0.2.0/24 is kept for documentation: no machine has it.
    with pytest.raises(supervisor.NoFreePort, match=r"192\.0\.2\.1: no free port from 8000 to 8019"):
        supervisor.listen("192.0.2.1", 8000)


def test_the_socket_listens_before_the_web_server_runs() -> None:
    with supervisor.listen("127.0.0.1", 0) as listening:
        socket.create_connection(listening.getsockname(), timeout=2).close()

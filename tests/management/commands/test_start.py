"""`manage.py start`: its parts, and the real thing over the embedded defaults."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from evaluations.management.commands import start

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("bind", "expected"),
    [("127.0.0.1:8000", ("127.0.0.1", 8000)), ("[::1]:80", ("::1", 80)), ("localhost:9", ("localhost", 9))],
)
def test_an_address_to_listen_on_is_host_and_port(bind: str, expected: tuple[str, int]) -> None:
    assert start.parse_bind(bind) == expected


@pytest.mark.parametrize("bind", ["8000", ":8000", "127.0.0.1", "127.0.0.1:http", "127.0.0.1:70000"])
def test_a_bad_address_is_refused_with_an_example(bind: str) -> None:
    with pytest.raises(CommandError, match=r"PEDIGREE_BIND: found .*, expected HOST:PORT such as 127"):
        start.parse_bind(bind)


def test_a_gpu_queue_of_its_own_gets_its_own_worker() -> None:
    one = [program.name for program in start.programs(3, gpu_queue="cpu")]
    two = [program.name for program in start.programs(3, gpu_queue="gpu")]

    assert one == ["web", "cpu worker", "beat"]
    assert two == ["web", "cpu worker", "gpu worker", "beat"]


def test_the_embedded_broker_starts_empty_and_private(tmp_path: Path) -> None:
    queue, control = tmp_path / "broker", tmp_path / "control"
    for folder in (queue, control):
        folder.mkdir(mode=0o755)
        (folder / "old.msg").write_text("{}")

    start.empty_embedded_broker({"data_folder_in": str(queue), "control_folder": str(control)})

    assert [list(folder.iterdir()) for folder in (queue, control)] == [[], []]
    assert [folder.stat().st_mode & 0o777 for folder in (queue, control)] == [0o700, 0o700]


class Installation:
    """A data folder of its own, and `manage.py start` on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "start.log"
        self.process: subprocess.Popen[bytes] | None = None
        own = {"PEDIGREE_DATA_DIR": str(folder), "PEDIGREE_BIND": "127.0.0.1:8900", "CI": ""}
        self.env = {**os.environ, **own}
        self.env.pop("DATABASE_URL", None)

    def start(self) -> str:
        """Start, wait until it says that it is ready, and return its address."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "start"], cwd=REPOSITORY, env=self.env, stdout=log, stderr=log
            )
        self.eventually(lambda: self.process.poll() is not None or self.announced(), 120)
        assert self.process.poll() is None, self.log.read_text()[-4000:]
        return self.announced()

    def announced(self) -> str:
        """The address in the log; empty until it is there."""
        found = re.search(r"Pedigree is ready: (\S+)", self.log.read_text())
        return found.group(1) if found else ""

    def eventually(self, truth: Callable[[], object], seconds: float) -> object:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := truth():
                return found
            time.sleep(0.2)
        raise AssertionError(f"not within {seconds:g} s; the log says:\n{self.log.read_text()[-4000:]}")

    def processes(self, words: str = "") -> dict[int, int]:
        """{process id: parent} of what runs on this data folder and has the words in its command."""
        mark = f"PEDIGREE_DATA_DIR={self.folder}".encode()
        found = {}
        for entry in Path("/proc").iterdir():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                status = (entry / "stat").read_text().rpartition(")")[2].split()
                if command and words in command and mark in (entry / "environ").read_bytes().split(b"\0"):
                    found[int(entry.name)] = int(status[1])
            except (OSError, ValueError, IndexError):
                continue
        return found

    def main_process(self, words: str) -> int:
        """The process with these words whose parent is the supervisor; 0 where there is none."""
        return next((pid for pid, parent in self.processes(words).items() if parent == self.process.pid), 0)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    yield made
    for pid in made.processes():
        os.kill(pid, signal.SIGKILL)
    if made.process:
        made.process.wait()


@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.skipif(sys.platform != "linux", reason="not applicable: reads /proc")
def test_one_command_starts_all_restarts_the_killed_and_stops_cleanly(installation: Installation) -> None:
    url = installation.start()

    with urllib.request.urlopen(url, timeout=10) as page:
        assert page.status == 200
    passwords = re.findall(
        r"^  (admin|approver|analyst|viewer) +\S{12,}$", installation.log.read_text(), re.M
    )
    assert sorted(passwords) == ["admin", "analyst", "approver", "viewer"]

    refused = subprocess.run(
        [sys.executable, "manage.py", "start"],
        cwd=REPOSITORY,
        env=installation.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode == 1
    assert f"already runs on the data folder {installation.folder}" in refused.stderr
    assert url in refused.stderr

    for words in ("audit_app worker", "audit_app beat", "gunicorn"):
        killed = int(installation.eventually(lambda words=words: installation.main_process(words), 30))
        pool = [pid for pid, parent in installation.processes(words).items() if parent == killed]
        os.kill(killed, signal.SIGKILL)
        installation.eventually(
            lambda words=words, killed=killed: installation.main_process(words) not in {0, killed}, 30
        )
        assert not set(pool) & set(installation.processes(words))
    with urllib.request.urlopen(url, timeout=30) as page:
        assert page.status == 200

    began = time.monotonic()
    installation.process.send_signal(signal.SIGINT)
    installation.process.wait(timeout=15)
    assert time.monotonic() - began < 10
    assert installation.process.returncode == 0, installation.log.read_text()[-2000:]
    assert installation.processes() == {}


@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.skipif(sys.platform != "linux", reason="not applicable: reads /proc")
def test_a_killed_supervisor_leaves_nothing_behind(installation: Installation) -> None:
    installation.start()
    installation.eventually(lambda: len(installation.processes("audit_app worker")) >= 3, 30)

    installation.process.kill()

    installation.process.wait()
    installation.eventually(lambda: installation.processes() == {}, 15)

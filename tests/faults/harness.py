"""An installation of its own for one fault drill: database, broker, worker, beat, all ended afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
QUICK = {
    "PEDIGREE_LEASE_S": "3",
    "PEDIGREE_HEARTBEAT_S": "0.5",
    "PEDIGREE_SWEEP_S": "1",
    "PEDIGREE_WAKE_S": "1",
    "PEDIGREE_FAULTS": "1",
}
MAKE_AUDIT = """
import json, sys, django
django.setup()
from django.utils import timezone
from evaluations.services import audits, workspaces
from tests.services.building import make_audit, make_version
script, queue, now = json.loads(sys.argv[1]), sys.argv[2], timezone.now()
workspace = workspaces.create(name="Northmoor Bank", now=now)
version = make_version(workspace, now=now, n=script.pop("n"))
audit = make_audit(workspace, now=now, version=version, student=script)
audits.start(audit=audit, user=None, now=now, queue_name=queue)
print(audit.pk)
"""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(truth: Callable[[], Any], seconds: float, explain: Callable[[], str] = str) -> Any:
    """What ``truth`` returns as soon as it is true; fails after ``seconds`` with the explanation."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := truth():
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds:g} s\n{explain()}")


def children_of(pid: int) -> list[int]:
    """The live child processes of a process."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if entry.read_text().rpartition(")")[2].split()[1] == str(pid):
                found.append(int(entry.parent.name))
    return found


class Installation:
    """Pedigree on its own data folder, with the services that two addresses name."""

    def __init__(
        self, folder: Path, *, database_url: str = "", broker_url: str = "filesystem://localhost//"
    ) -> None:
        self.folder = folder
        self.database_url = database_url
        own = {"PEDIGREE_DATA_DIR": str(folder), "DATABASE_URL": database_url, "BROKER_URL": broker_url}
        django = {"DJANGO_SETTINGS_MODULE": "audit_app.settings", "PYTHONPATH": str(REPOSITORY)}
        self.env = {**os.environ, **own, **django, **QUICK}
        self.log = folder / "processes.log"
        self.processes: list[subprocess.Popen[bytes]] = []

    def python(self, *arguments: str) -> str:
        """Run Python to its end in this installation; its output."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=REPOSITORY,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout

    def migrate(self) -> None:
        self.python("manage.py", "migrate", "--verbosity", "0")

    def start_audit(self, *, n: int, queue: str = "", **script: Any) -> int:
        """A started audit of ``n`` samples whose student answers by ``script``; its primary key.

        ``queue`` sends its runs to that queue instead of their backend's.
        """
        return int(self.python("-c", MAKE_AUDIT, json.dumps({"n": n, **script}), queue))

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a Celery process in a group of its own."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "audit_app", *arguments],
                cwd=REPOSITORY,
                env=self.env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def start_worker(self, queue: str = "cpu") -> subprocess.Popen[bytes]:
        options = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "warning")
        return self.start("worker", "--queues", queue, "--concurrency", "2", *options)

    def start_beat(self) -> subprocess.Popen[bytes]:
        return self.start("beat", "--pidfile=", "--loglevel", "warning")

    def stop(self) -> None:
        """Kill whatever was started here."""
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows straight from the database, past the application."""
        if self.database_url:
            with psycopg.connect(self.database_url) as connection:
                return connection.execute(sql).fetchall()
        connection = sqlite3.connect(self.folder / "pedigree.sqlite3", timeout=30)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def number(self, sql: str) -> int:
        """The one number that a query gives."""
        return int(self.query(sql)[0][0])

    def tail(self) -> str:
        """The end of the log and the state of the work, for a failed wait."""
        units = self.query("select kind, state, attempt, fence, worker, error from evaluations_workunit")
        audits = self.query("select state, failure from evaluations_audit")
        return f"audits: {audits}\nunits: {units}\n{self.log.read_text()[-6000:]}"


def _programs(name: str) -> Path:
    """The folder of PostgreSQL's server programs; skips where they are not installed."""
    found = shutil.which(name)
    folders = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    folders += [Path(found).parent] if found else []
    for folder in folders:
        if (folder / name).exists():
            return folder
    pytest.skip(f"PostgreSQL's {name} is not installed")


def _as_ordinary_user(command: Sequence[str]) -> list[str]:
    """PostgreSQL refuses to run as root: then it runs as the user postgres."""
    if os.geteuid() != 0:
        return list(command)
    return ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", *command]


@contextlib.contextmanager
def own_postgresql() -> Iterator[str]:
    """A PostgreSQL server in a folder and on a port of its own; yields the address of an empty database."""
    programs, port = _programs("initdb"), free_port()
    # Not below pytest's folders: those are closed to PostgreSQL's own user.
    folder = Path(tempfile.mkdtemp(prefix="pedigree-postgresql-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    data, log = folder / "data", folder / "log"
    options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off"
    control = (str(programs / "pg_ctl"), "-D", str(data))
    try:
        _call(str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres")
        _call(*control, "-l", str(log), "-o", options, "-w", "start")
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            _call(*control, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _call(*command: str) -> None:
    """Run one of PostgreSQL's programs to its end; fails with what it said."""
    # To a file: the server inherits the output, and a pipe would stay open until the server ends.
    with tempfile.TemporaryFile("w+") as said:
        done = subprocess.run(
            _as_ordinary_user(command), cwd="/", stdout=said, stderr=said, check=False, timeout=120
        )
        said.seek(0)
        assert done.returncode == 0, f"{' '.join(command)}: exit {done.returncode}\n{said.read()[-4000:]}"


@contextlib.contextmanager
def own_redis(folder: Path) -> Iterator[str]:
    """A Redis server on a port of its own, without persistence; yields its address."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    command = [program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        eventually(lambda: _connects(port), 20)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.kill()
        process.wait()


def _connects(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True

"""`manage.py start`: everything on one machine, under one supervisor."""

from __future__ import annotations

import http.client
import os
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from audit_app import static, supervisor
from audit_app.supervisor import Program

DEFAULT_BIND = "127.0.0.1:8000"
CPU_PROCESSES = "2"
GPU_PROCESSES = "1"


class Command(BaseCommand):
    """Migrates, sets up, and keeps the web server, the workers and the beat running until Ctrl-C."""

    help = "Start the web server, the workers and the beat; Ctrl-C stops all of them."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            held = supervisor.lock(settings.DATA_DIR / "supervisor.lock")
        except supervisor.AlreadyRunning as error:
            raise CommandError(
                f"Pedigree already runs on the data folder {settings.DATA_DIR} ({error}). "
                "Stop it first, or name another folder with PEDIGREE_DATA_DIR."
            ) from None
        with held:
            self.prepare()
            host, port = parse_bind(os.environ.get("PEDIGREE_BIND") or DEFAULT_BIND)
            try:
                sock = supervisor.listen(host, port)
            except supervisor.NoFreePort as error:
                raise CommandError(f"{error}. Name another address with PEDIGREE_BIND=HOST:PORT.") from None
            with sock:
                url = address(sock.getsockname())
                supervisor.note(held, f"process {os.getpid()}, {url}")
                if sock.getsockname()[1] != port:
                    self.say(f"Port {port} is taken; using {sock.getsockname()[1]}.")
                self.supervise(sock.fileno(), sock.getsockname(), url)

    def prepare(self) -> None:
        """Tables, people, the sample audit, static files, and an empty embedded broker."""
        call_command("migrate", verbosity=0, interactive=False)
        call_command("set_up", stdout=self.stdout)
        static.collect()
        connections.close_all()
        if settings.CELERY_BROKER_URL.startswith("filesystem://"):
            empty_embedded_broker(settings.CELERY_BROKER_TRANSPORT_OPTIONS)

    def supervise(self, descriptor: int, name: tuple[Any, ...], url: str) -> None:
        """Run the programs until a stop signal. A worker killed in mid-unit is no failure: its lease ends."""
        self.say("Starting …")
        keeper = supervisor.Supervisor(
            programs(descriptor, gpu_queue=settings.GPU_QUEUE),
            env=os.environ,
            cwd=settings.BASE_DIR,
            say=self.say,
        )
        keeper.run(
            ready=lambda: answers(name),
            on_ready=lambda: self.say(f"\nPedigree is ready: {url}\nCtrl-C stops it.\n"),
        )

    def say(self, line: str) -> None:
        """One line on the terminal, at once."""
        self.stdout.write(line)
        self.stdout.flush()


def programs(descriptor: int, *, gpu_queue: str) -> tuple[Program, ...]:
    """The web server on an inherited socket, the workers of each queue, and the beat."""
    python = sys.executable
    celery = (python, "-m", "celery", "--quiet", "-A", "audit_app")
    web = (
        *(python, "-m", "gunicorn", "audit_app.wsgi:application"),
        *("--bind", f"fd://{descriptor}", "--workers", "2", "--threads", "4", "--worker-class", "gthread"),
        *("--timeout", "60", "--graceful-timeout", "5", "--log-level", "warning", "--no-control-socket"),
    )
    queues = {"cpu": CPU_PROCESSES, gpu_queue: CPU_PROCESSES if gpu_queue == "cpu" else GPU_PROCESSES}
    workers = [
        Program(f"{queue} worker", (*celery, *worker_options(queue, processes)))
        for queue, processes in queues.items()
    ]
    beat = Program("beat", (*celery, "beat", "--loglevel", "warning", "--pidfile", ""))
    return (Program("web", web, keep_open=(descriptor,)), *workers, beat)


def worker_options(queue: str, processes: str) -> tuple[str, ...]:
    """Celery's options of one worker that talks to no other worker."""
    return (
        *("worker", "--queues", queue, "--concurrency", processes, "--hostname", f"{queue}@%h"),
        *("--loglevel", "warning", "--without-gossip", "--without-mingle", "--without-heartbeat"),
    )


def parse_bind(bind: str) -> tuple[str, int]:
    """(host, port) of ``HOST:PORT`` or ``[IPV6]:PORT``."""
    host, _, port = bind.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise CommandError(f"PEDIGREE_BIND: found {bind!r}, expected HOST:PORT such as {DEFAULT_BIND}")
    return host.strip("[]"), int(port)


def address(name: tuple[Any, ...]) -> str:
    """The page's address for a socket name."""
    host = f"[{name[0]}]" if ":" in name[0] else name[0]
    return f"http://{host}:{name[1]}/"


def answers(name: tuple[Any, ...]) -> bool:
    """Whether the web server answers a request, whatever it says."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name[0], name[0])  # noqa: S104
    connection = http.client.HTTPConnection(host, name[1], timeout=1)
    try:
        connection.request("HEAD", "/")
        return connection.getresponse().status > 0
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def empty_embedded_broker(options: dict[str, Any]) -> None:
    """Remove old messages: they only wake workers, and the database says what is to be done."""
    for folder in {Path(options["data_folder_in"]), Path(options["control_folder"])}:
        folder.chmod(0o700)
        for file in folder.iterdir():
            if file.is_file():
                file.unlink()

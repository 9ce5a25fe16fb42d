"""Which databases, brokers and browsers answer on this machine, and where."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

IN_CI = os.environ.get("CI") == "true"
NAMED_DATABASE = os.environ.get("DATABASE_URL", "")
NAMED_BROKER = os.environ.get("BROKER_URL", "")
SECONDS = 2


def _named(url: str, schemes: tuple[str, ...], default: str) -> str:
    """``url`` where it is of one of the schemes, else ``default``."""
    return url if urlsplit(url).scheme in schemes else default


POSTGRESQL_URL = _named(
    NAMED_DATABASE, ("postgresql", "postgres"), "postgresql://postgres@127.0.0.1:5432/pedigree"
)
BROKER_URLS = {
    "filesystem": "filesystem://localhost//",
    "redis": _named(NAMED_BROKER, ("redis", "rediss"), "redis://127.0.0.1:6379/15"),
    "amqp": _named(NAMED_BROKER, ("amqp", "amqps"), "amqp://guest:guest@127.0.0.1:5672//"),
}


@cache
def postgresql_version() -> str:
    """The version of the PostgreSQL server that answers; empty where none does."""
    import psycopg

    parts = urlsplit(POSTGRESQL_URL)
    try:
        with psycopg.connect(
            host=parts.hostname,
            port=parts.port or 5432,
            user=parts.username,
            password=parts.password,
            dbname="postgres",
            connect_timeout=SECONDS,
        ) as connection:
            return str(connection.execute("show server_version").fetchone()[0]).split()[0]
    except psycopg.OperationalError:
        return ""


@cache
def redis_version() -> str:
    """The version of the Redis server that answers; empty where none does."""
    import redis

    client = redis.Redis.from_url(BROKER_URLS["redis"], socket_connect_timeout=SECONDS)
    try:
        return str(client.info("server")["redis_version"])
    except redis.RedisError:
        return ""
    finally:
        client.close()


@cache
def rabbitmq_version() -> str:
    """The version of the RabbitMQ server that answers; empty where none does."""
    from amqp.exceptions import AMQPError
    from kombu import Connection

    try:
        with Connection(BROKER_URLS["amqp"], connect_timeout=SECONDS) as connection:
            connection.connect()
            return str(connection.connection.server_properties.get("version", "?"))
    except (OSError, AMQPError):
        return ""


BROKER_VERSIONS: dict[str, Callable[[], str]] = {
    "filesystem": lambda: "kombu",
    "redis": redis_version,
    "amqp": rabbitmq_version,
}


@cache
def chromium() -> Path | None:
    """The system's Chromium, or the one that the variable CHROMIUM names."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    return Path(found) if found else None


@cache
def chromium_version() -> str:
    """Chromium's version; empty where it is missing."""
    path = chromium()
    if path is None:
        return ""
    done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30, check=False)
    return done.stdout.removeprefix("Chromium").split()[0] if done.stdout.strip() else "?"


def summary(database: str) -> str:
    """One line that says what a run had: its database, the brokers, the browser."""
    brokers = {"Redis": redis_version(), "RabbitMQ": rabbitmq_version()}
    queues = ["filesystem", *(f"{name} {version}" for name, version in brokers.items() if version)]
    browser = f"Chromium {chromium_version()}" if chromium() else "none"
    missing = [name for name, version in brokers.items() if not version]
    line = f"database: {database}; queue: {', '.join(queues)}; browser: {browser}"
    return f"{line}; not here: {', '.join(missing)}" if missing else line


def database_label(on_postgresql: bool) -> str:
    """The database of this run, with its version."""
    return f"PostgreSQL {postgresql_version()}" if on_postgresql else f"SQLite {sqlite3.sqlite_version}"

"""Typed readers of environment variables and of the two service URLs."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    """The variable ``name``, or ``default`` where it is unset."""
    return os.environ.get(name, default)


def flag(name: str, default: bool = False) -> bool:
    """A yes/no variable; raises where the word is neither."""
    word = os.environ.get(name)
    if word is None:
        return default
    if word.lower() in TRUE_WORDS:
        return True
    if word.lower() in FALSE_WORDS:
        return False
    raise ImproperlyConfigured(f"{name}: found {word!r}, expected one of 1, true, yes, on, 0, false, no, off")


def number(name: str, default: float) -> float:
    """A numeric variable; raises where it is not a number."""
    word = os.environ.get(name)
    if word is None:
        return default
    try:
        return float(word)
    except ValueError:
        raise ImproperlyConfigured(f"{name}: found {word!r}, expected a number") from None


def words(name: str, default: str = "") -> tuple[str, ...]:
    """A comma-separated variable as a tuple without empty items."""
    return tuple(item.strip() for item in os.environ.get(name, default).split(",") if item.strip())


def folders(name: str, default: str = "") -> tuple[Path, ...]:
    """A path list, separated as PATH is."""
    return tuple(Path(item).resolve() for item in os.environ.get(name, default).split(os.pathsep) if item)


def stored_secret(path: Path) -> str:
    """The secret kept in ``path`` (mode 0600), made on first use."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text().strip()
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()


def database(url: str, data_dir: Path) -> dict[str, Any]:
    """Django's setting for ``postgresql://user:password@host:port/name`` or ``sqlite:///path``.

    An empty URL means SQLite in the data folder, in write-ahead mode.
    """
    parts = urlsplit(url or f"sqlite:///{data_dir / 'pedigree.sqlite3'}")
    if parts.scheme in {"postgresql", "postgres"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": parts.port or "",
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": dict(parse_qsl(parts.query)),
        }
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path[1:]) if parts.path.startswith("//") else unquote(parts.path),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 60,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    raise ImproperlyConfigured(
        f"DATABASE_URL: found scheme {parts.scheme!r}, expected postgresql://… or sqlite:///…"
    )


def broker_options(url: str, data_dir: Path, visibility_timeout_s: int) -> dict[str, Any]:
    """Celery's transport options. The embedded transport is folders, kept private and on one machine."""
    if url.startswith("filesystem://"):
        queue_folder = data_dir / "broker"
        control_folder = data_dir / "broker-control"
        for folder in (queue_folder, control_folder):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
        return {
            "data_folder_in": str(queue_folder),
            "data_folder_out": str(queue_folder),
            "control_folder": str(control_folder),
            "polling_interval": 0.1,
        }
    if url.startswith(("redis://", "rediss://")):
        return {"visibility_timeout": visibility_timeout_s, "socket_connect_timeout": 2}
    if url.startswith(("amqp://", "amqps://", "memory://")):
        return {}
    raise ImproperlyConfigured(
        f"BROKER_URL: found {url.split(':', 1)[0]!r}, expected redis://…, amqp://… or filesystem://"
    )


DEFAULT_PORTS = {
    "postgresql": 5432,
    "postgres": 5432,
    "redis": 6379,
    "rediss": 6379,
    "amqp": 5672,
    "amqps": 5671,
}


def service_ports(*urls: str) -> tuple[int, ...]:
    """The ports that the given service URLs use, defaults included."""
    found = {urlsplit(url).port or DEFAULT_PORTS.get(urlsplit(url).scheme) for url in urls if url}
    return tuple(sorted(port for port in found if port))

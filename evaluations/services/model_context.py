"""What this installation grants a backend for one model: its key, the network, folders, the device."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings

from evaluations.inference.backend import RunContext, never
from evaluations.inference.network import NetworkPolicy
from evaluations.models import Model
from evaluations.services import endpoint_keys, files

_granted_roots: ContextVar[tuple[Path, ...]] = ContextVar("granted_roots", default=())


@contextmanager
def grant_roots(folders: Sequence[Path]) -> Iterator[None]:
    """Let this process alone load models from ``folders`` too: a command's operator named them."""
    token = _granted_roots.set(tuple(folders))
    try:
        yield
    finally:
        _granted_roots.reset(token)


def network_policy() -> NetworkPolicy:
    """The operator's allow-list, and our own service ports that are never allowed."""
    return NetworkPolicy(allow=django_settings.ENDPOINT_ALLOW, forbidden_ports=django_settings.SERVICE_PORTS)


def resolved(settings: Mapping[str, Any]) -> dict[str, Any]:
    """A backend's settings with a stored file's name turned into its path."""
    found = dict(settings)
    if found.get("file"):
        found["file"] = str(files.path_of(found["file"]))
    return found


def for_settings(*, should_stop: Callable[[], bool] = never) -> RunContext:
    """The context without a key, for checks before a model is stored."""
    return RunContext(
        policy=network_policy(),
        model_roots=(
            *django_settings.MODEL_ROOTS,
            django_settings.STUDENTS_ROOT,
            *_granted_roots.get(),
        ),
        device=django_settings.DEVICE,
        should_stop=should_stop,
    )


def for_model(model: Model, *, should_stop: Callable[[], bool] = never) -> RunContext:
    """The context of one model's run or check; the key is decrypted here and nowhere stored."""
    base_url = str(model.settings.get("base_url", ""))
    key = endpoint_keys.reveal(model, base_url=base_url) if base_url else ""
    return dataclasses.replace(for_settings(should_stop=should_stop), api_key=key)

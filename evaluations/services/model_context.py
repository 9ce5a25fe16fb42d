"""What this installation grants a backend for one model: its key, the network, folders, the device."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from evaluations.inference.backend import RunContext, never
from evaluations.inference.network import NetworkPolicy
from evaluations.models import Model
from evaluations.services import endpoint_keys


def network_policy() -> NetworkPolicy:
    """The operator's allow-list, and our own service ports that are never allowed."""
    return NetworkPolicy(allow=settings.ENDPOINT_ALLOW, forbidden_ports=settings.SERVICE_PORTS)


def for_model(model: Model, *, should_stop: Callable[[], bool] = never) -> RunContext:
    """The context of one model's run or check; the key is decrypted here and nowhere stored."""
    base_url = str(model.settings.get("base_url", ""))
    key = endpoint_keys.reveal(model, base_url=base_url) if base_url and model.pk else ""
    return RunContext(
        api_key=key,
        policy=network_policy(),
        model_roots=settings.MODEL_ROOTS,
        device=settings.DEVICE,
        should_stop=should_stop,
    )

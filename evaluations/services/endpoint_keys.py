"""Endpoint keys: encrypted, write-only, and bound to the origin they were given for."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import urlsplit

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from evaluations.errors import Refusal
from evaluations.models import EndpointKey, Model

DEFAULT_PORTS = {"http": 80, "https": 443}


def cipher() -> MultiFernet:
    """The cipher of the field secrets; the first encrypts, all decrypt."""
    return MultiFernet(
        [
            Fernet(base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()))
            for secret in settings.FIELD_KEYS
        ]
    )


def origin_of(url: str) -> str:
    """``scheme://host:port`` of a URL, in lower case."""
    parts = urlsplit(url)
    port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}"


def store(model: Model, *, key: str, base_url: str) -> None:
    """Keep ``key`` for this model and origin only; an earlier key is replaced."""
    EndpointKey.objects.update_or_create(
        model=model,
        defaults={"origin": origin_of(base_url), "ciphertext": cipher().encrypt(key.encode())},
    )


def forget_if_moved(model: Model, *, base_url: str) -> bool:
    """Erase the key where the origin changed; returns whether one was erased."""
    deleted, _ = EndpointKey.objects.filter(model=model).exclude(origin=origin_of(base_url)).delete()
    return bool(deleted)


def reveal(model: Model, *, base_url: str) -> str:
    """The key for a call to ``base_url``; "" where none is kept for that origin."""
    row = EndpointKey.objects.filter(model=model, origin=origin_of(base_url)).first()
    if row is None:
        return ""
    try:
        return cipher().decrypt(bytes(row.ciphertext)).decode()
    except InvalidToken:
        raise Refusal(
            f"The stored key of {model.name} cannot be decrypted with this installation's field keys. "
            "Enter the endpoint's key again, or restore PEDIGREE_FIELD_KEYS."
        ) from None

"""Endpoint keys: encrypted at rest and bound to the origin they were given for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from evaluations.errors import Refusal
from evaluations.models import EndpointKey
from evaluations.services import endpoint_keys
from tests.services.building import make_model

pytestmark = pytest.mark.django_db
URL = "https://api.example.com/v1"


@pytest.fixture
def model(workspace: Any, now: datetime) -> Any:
    made = make_model(workspace, "docket", now=now)
    endpoint_keys.store(made, key="sk-canary-123", base_url=URL)
    return made


def test_the_stored_bytes_do_not_hold_the_key(model: Any) -> None:
    assert b"canary" not in bytes(EndpointKey.objects.get().ciphertext)
    assert endpoint_keys.reveal(model, base_url=URL) == "sk-canary-123"


@pytest.mark.parametrize(
    "other",
    ["http://api.example.com/v1", "https://api.example.com:8443/v1", "https://evil.example.com/v1"],
)
def test_another_scheme_port_or_host_gets_no_key(model: Any, other: str) -> None:
    assert endpoint_keys.reveal(model, base_url=other) == ""


def test_another_path_of_the_same_origin_keeps_the_key(model: Any) -> None:
    assert endpoint_keys.reveal(model, base_url="https://API.example.com:443/v2") == "sk-canary-123"


def test_a_moved_endpoint_loses_its_key(model: Any) -> None:
    assert endpoint_keys.forget_if_moved(model, base_url="https://evil.example.com/v1") is True
    assert EndpointKey.objects.count() == 0


def test_an_older_field_key_still_decrypts(model: Any, settings: Any) -> None:
    settings.FIELD_KEYS = ("a new secret", *settings.FIELD_KEYS)
    assert endpoint_keys.reveal(model, base_url=URL) == "sk-canary-123"


def test_a_lost_field_key_is_named_and_what_to_do(model: Any, settings: Any) -> None:
    settings.FIELD_KEYS = ("another secret",)
    with pytest.raises(Refusal, match="Enter the endpoint's key again"):
        endpoint_keys.reveal(model, base_url=URL)

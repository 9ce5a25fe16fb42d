"""Signing in: guesses are slowed down, names are not given away, nobody signs up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def attempt(client: Client, login: str, password: str) -> Any:
    return client.post(reverse("account_login"), {"login": login, "password": password})


def test_a_person_signs_in_with_the_right_password(alice: Any) -> None:
    answer = attempt(Client(), "alice", "alice")
    assert (answer.status_code, answer["Location"]) == (302, reverse("home"))


def test_after_five_wrong_passwords_the_right_one_is_refused_too(alice: Any) -> None:
    client = Client()
    for _ in range(5):
        attempt(client, "alice", "wrong")
    answer = attempt(client, "alice", "alice")
    assert "Too many failed login attempts" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_after_eight_wrong_passwords_the_database_keeps_the_door_shut(alice: Any, settings: Any) -> None:
    # The first limit is counted in each web process; this one holds across them.
    settings.ACCOUNT_RATE_LIMITS = False
    client = Client()
    for _ in range(8):
        attempt(client, "alice", "wrong")
    assert attempt(client, "alice", "alice").status_code == 429
    assert "_auth_user_id" not in client.session


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(alice: Any) -> None:
    known = attempt(Client(), "alice", "wrong")
    unknown = attempt(Client(), "nobody", "wrong")
    errors = [answer.context["form"].non_field_errors() for answer in (known, unknown)]
    assert errors[0] and errors[0] == errors[1]


def test_nobody_signs_up(db: None) -> None:
    page = Client().get(reverse("account_signup"))
    assert page.status_code == 200
    assert b'name="password1"' not in page.content

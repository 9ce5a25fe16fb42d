"""`manage.py set_up`."""

from __future__ import annotations

import io
import re

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.test import RequestFactory

from evaluations.models import Membership

pytestmark = pytest.mark.django_db


def set_up() -> str:
    out = io.StringIO()
    call_command("set_up", stdout=out)
    return out.getvalue()


def test_each_role_gets_a_person_who_can_sign_in_with_the_printed_password() -> None:
    printed = dict(re.findall(r"^  (\w+) +(\S+)$", set_up(), re.M))

    assert sorted(printed) == ["admin", "analyst", "approver", "viewer"]
    assert len(set(printed.values())) == 4
    for name, password in printed.items():
        user = authenticate(RequestFactory().post("/"), username=name, password=password)
        assert Membership.objects.get(user=user).role == name


def test_a_second_set_up_prints_and_changes_nothing() -> None:
    set_up()

    assert set_up() == ""
    assert Membership.objects.count() == 4

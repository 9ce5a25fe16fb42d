"""Sign-in rules that differ from the defaults."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignupAdapter(DefaultAccountAdapter):
    """People are added by an administrator of the workspace, never by signing themselves up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

"""`manage.py set_up`: a workspace with a person for each role, and the sample audit."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from evaluations.services import sample, workspaces


class Command(BaseCommand):
    """Prints new people's passwords once; a later run changes nothing and prints nothing."""

    help = "Create the first workspace with a person for each role, and queue the sample audit."

    def handle(self, *args: Any, **options: Any) -> None:
        passwords = workspaces.set_up(now=timezone.now())
        if passwords:
            self.stdout.write(self._table(passwords))
        sample.prepare(now=timezone.now())

    @staticmethod
    def _table(passwords: dict[str, str]) -> str:
        rows = [f"  {name:<10} {password}" for name, password in passwords.items()]
        return "\n".join(
            [
                "",
                "A person for each role was made. These passwords are shown once:",
                "",
                *rows,
                "",
                "Each person changes theirs under Account, Change password;",
                "an operator sets one with: manage.py changepassword NAME",
                "",
            ]
        )

"""A person who is added to a workspace."""

from __future__ import annotations

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.validators import UnicodeUsernameValidator

from evaluations.models import MemberRole

EXPLAINED = {
    MemberRole.VIEWER: "Viewer: reads reports",
    MemberRole.ANALYST: "Analyst: uploads suites, registers models, runs audits",
    MemberRole.APPROVER: "Approver: also signs reports off",
    MemberRole.ADMIN: "Admin: also adds people",
}


class MemberForm(forms.Form):
    """User name and role; the password is made by the program and shown once."""

    username = forms.CharField(
        label="User name", max_length=150, validators=[UnicodeUsernameValidator()],
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    role = forms.ChoiceField(
        label="Role", choices=list(EXPLAINED.items()), widget=forms.RadioSelect, initial=MemberRole.VIEWER
    )

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        if get_user_model().objects.filter(username__iexact=name).exists():
            raise forms.ValidationError(
                f"The user name {name!r} is taken on this installation. Choose another one."
            )
        return name

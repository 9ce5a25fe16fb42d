"""Shows the sentences of a refusal on a form."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms

from evaluations.errors import Refusal


def show(form: forms.BaseForm, refusal: Refusal, fields: Mapping[str, str] | None = None) -> None:
    """Put each sentence on the form, or beside the field whose key in ``fields`` it begins with."""
    for problem in refusal.problems:
        place = next((name for start, name in (fields or {}).items() if problem.startswith(start)), None)
        form.add_error(place if place in form.fields else None, problem)

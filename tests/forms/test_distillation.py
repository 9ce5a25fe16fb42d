"""The form of a plan: who is asked about, what is ticked, where a refusal is shown."""

from __future__ import annotations

from typing import Any

import pytest

from evaluations.errors import Refusal
from evaluations.forms import refusals
from evaluations.forms.distillation import ASKED, FREE, PlanForm
from evaluations.models import Model, Panel, SuiteVersion
from tests.services.building import make_model, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def models(workspace: Any, now: Any) -> dict[str, Model]:
    """An open one, a restricted one, and a recorded one of a panel whose terms allow it."""
    made = {
        key: make_model(workspace, key, now=now, owner=owner)
        for key, owner in (("open", "Linden"), ("bound", "Orrery"), ("recorded", "Linden"))
    }
    panel = Panel.objects.create(
        workspace=workspace, name="zoo", content_hash="0" * 64, suite_version=make_version(workspace, now=now)
    )
    Model.objects.filter(key="recorded").update(panel=panel)
    return made


def form(data: dict[str, Any] | None = None, **changes: Any) -> PlanForm:
    given = {
        "models": Model.objects.order_by("key"),
        "versions": SuiteVersion.objects.all(),
        "bound": [{"model": "bound", "position": "restricts"}],
        "initial": {"token": "t"},
    }
    return PlanForm(data, **(given | changes))


def sent(models: dict[str, Model], **changes: Any) -> dict[str, Any]:
    version = SuiteVersion.objects.get().pk
    return {
        "token": "t", "title": "Controls", "suite_version": version, "pasted": "a\nb", "currency": "EUR",
        "teachers": [models["open"].pk], "teaching": ["greedy"], "negative": ["targets"], "seeds": "2",
    } | changes  # fmt: skip


def test_candidates_whose_terms_allow_it_come_first_and_are_ticked(models: dict[str, Model]) -> None:
    groups = {
        title: [(choice.name, choice.chosen) for choice in choices]
        for title, choices in form().teacher_groups
    }
    assert groups == {
        FREE: [("Open, Linden", True), ("Recorded, Linden", False)],
        ASKED: [("Bound, Orrery", False)],
    }


def test_a_candidate_says_what_its_terms_say_and_how_far_it_reaches(models: dict[str, Model]) -> None:
    details = {choice.name: choice.detail for _, group in form().teacher_groups for choice in group}
    assert details["Bound, Orrery"] == "Restricts."
    assert details["Recorded, Linden"] == "Recorded: it has answers to its panel's suite only."


def test_greedy_and_sampled_are_ticked_and_targets_where_there_are_some(models: dict[str, Model]) -> None:
    assert form()["teaching"].value() == ["greedy", "sampled"]
    assert form()["negative"].value() == []
    assert form(with_targets=True)["negative"].value() == ["targets"]


def test_a_recipe_that_needs_a_program_that_rephrases_is_not_offered(models: dict[str, Model]) -> None:
    offered = [name for name, _ in form().fields["teaching"].choices]
    assert "greedy" in offered
    assert "paraphrased" not in offered


def test_the_checked_form_becomes_a_request(models: dict[str, Model]) -> None:
    checked = form(sent(models, cap="1.5", steps="50"))
    assert checked.is_valid(), checked.errors
    version = SuiteVersion.objects.get()
    request = checked.request(version)
    assert (request.teachers, request.recipes) == ([models["open"]], ["greedy", "targets"])
    assert (request.seeds, request.steps) == (2, 50)
    assert (request.budget_cap_micro, request.currency) == (1_500_000, "EUR")
    assert (request.base, request.unrelated, request.delete_after_audit) == (None, None, False)


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"pasted": ""}, "prompts", "found none, expected one: chosen, pasted or a file"),
        ({"teachers": []}, "teachers", "choose at least one"),
        ({"teaching": [], "negative": []}, "teaching", "Choose at least one recipe."),
        ({"seeds": "0"}, "seeds", "greater than or equal to 1"),
        ({"steps": "5"}, "steps", "greater than or equal to 10"),
        ({"cap": "-1"}, "cap", "greater than or equal to 0"),
    ],
)
def test_a_wrong_field_is_named(
    changes: dict[str, Any], field: str, sentence: str, models: dict[str, Model]
) -> None:
    checked = form(sent(models, **changes))
    assert not checked.is_valid()
    assert sentence in str(checked.errors[field])


def test_a_refusal_is_shown_beside_its_field(models: dict[str, Model]) -> None:
    checked = form(sent(models))
    assert checked.is_valid()
    refusals.show(
        checked,
        Refusal(
            "Recipe 'Logits' needs the weights of each teacher in a local folder; open answers otherwise.",
            "Recipe 'Unrelated model' needs an unrelated model; choose one that is no candidate.",
            "pasted.txt: found no prompt, expected at least 1.",
            "3 training prompts are left; expected at least 20. Add prompts.",
        ),
        checked.places,
    )
    assert {name: len(errors) for name, errors in checked.errors.items()} == {
        "teaching": 1,
        "negative": 1,
        "pasted": 1,
        "__all__": 1,
    }

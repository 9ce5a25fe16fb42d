"""Plans and control students as records: pages of a list, where a plan stands, what one student shows."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import Http404

from evaluations.models import ControlStudent, DistillationPlan, PlanState, StudentState, SuiteVersion
from evaluations.selectors import control_students
from evaluations.selectors import distillation as selector
from tests.services.building import make_model, make_version
from tests.services.distilling import make_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(workspace: Any, now: Any) -> DistillationPlan:
    return make_plan(workspace, None, now=now)


def page(plan: DistillationPlan, user: Any, **changes: Any) -> selector.PlanPage:
    DistillationPlan.objects.filter(pk=plan.pk).update(**changes)
    return selector.plan_page(user, plan.workspace, plan.number)


def test_a_list_goes_on_by_number(
    plan: DistillationPlan, alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selector, "PAGE", 2)
    for number in (2, 3, 4, 5):
        plan.pk, plan.number = None, number
        plan.save()

    def numbers(**place: int) -> tuple[list[int], int | None, int | None]:
        found = selector.plan_list(alice, plan.workspace, **place)
        return [row.number for row in found.rows], found.older, found.newer

    assert numbers() == ([5, 4], 4, None)
    assert numbers(before=4) == ([3, 2], 2, 3)
    assert numbers(before=2) == ([1], None, 1)
    assert numbers(after=1) == ([3, 2], 2, 3)
    assert numbers(after=99) == ([], None, None)


def test_a_row_names_the_teachers_and_counts_only_trained_students(
    plan: DistillationPlan, alice: Any
) -> None:
    ControlStudent.objects.create(
        plan=plan, position=2, name="b", recipe="greedy", state=StudentState.NOTHING_LEARNT
    )
    plan.students.filter(position=1).update(state=StudentState.TRAINED)
    (row,) = selector.plan_list(alice, plan.workspace).rows
    assert (row.teachers, row.n_trained, row.n_students) == ("Orrery", 1, 2)


def test_a_plan_of_another_workspace_is_not_found(plan: DistillationPlan, charlie: Any) -> None:
    assert selector.plan_list(charlie, plan.workspace).n_all == 0
    with pytest.raises(Http404):
        selector.plan_page(charlie, plan.workspace, plan.number)
    with pytest.raises(Http404):
        selector.student_page(charlie, plan.workspace, plan.number, 1)


@pytest.mark.parametrize(
    ("state", "paused_in", "ats"),
    [
        (PlanState.CHECKING, "", ["now", "", "", "", ""]),
        (PlanState.READY, "", ["done", "now", "", "", ""]),
        (PlanState.PAUSED, PlanState.TRAINING, ["done", "done", "done", "now", ""]),
        (PlanState.FINISHED, "", ["done", "done", "done", "done", "now"]),
        (PlanState.CANCELLED, "", ["", "", "", "", ""]),
    ],
)
def test_a_plan_shows_where_it_stands(
    state: str, paused_in: str, ats: list[str], plan: DistillationPlan, alice: Any
) -> None:
    steps = page(plan, alice, state=state, paused_in=paused_in).steps
    assert [step.at for step in steps] == ats
    assert steps[1].title == "Acknowledge and start"


def test_approvers_are_named_only_while_their_word_is_missing(
    plan: DistillationPlan, alice: Any, bob: Any, now: Any
) -> None:
    assert page(plan, bob).approvers == ("alice",)
    assert page(plan, bob, acknowledged_at=now).approvers == ()
    assert page(plan, bob, acknowledged_at=None, state=PlanState.CANCELLED).needs_acknowledgement is False


def test_the_estimate_is_in_words_with_its_units(plan: DistillationPlan, alice: Any) -> None:
    assert page(plan, alice).estimate == ()
    shown = page(
        plan, alice, currency="EUR", estimate={
            "cpu_seconds": 64.0, "seconds_per_student": 12.0, "base_seconds": 0.0, "memory_bytes": 3 * 2**20,
            "disk_bytes": 5 * 2**20, "students_at_once": 4, "calls": 1000, "cached": 200,
            "money_micro": 1_250_000, "money_most_micro": 4_000_000, "measured_on": "8 steps on cpu",
        },
    )  # fmt: skip
    assert dict(shown.estimate) == {
        "Memory while one trains": "3 MiB",
        "Disk": "5 MiB",
        "Students at a time that fit": "4",
        "Teacher answers to obtain": "1,000 (200 are stored already)",
        "Their price": "€1.25, at most €4.00",
        "Speed measured on": "8 steps on cpu",
    }
    assert shown.durations == (("Processor time a student", 12.0), ("Processor time in all", 64.0))


def test_a_price_that_is_not_known_is_not_nothing(plan: DistillationPlan, alice: Any) -> None:
    found = {"cpu_seconds": 1, "memory_bytes": 0, "disk_bytes": 0, "students_at_once": 1, "calls": 0}
    shown = page(plan, alice, estimate=found | {"cached": 0, "money_micro": None, "measured_on": "cpu"})
    assert dict(shown.estimate)["Their price"] == "Not known"


def student(**changes: Any) -> ControlStudent:
    return ControlStudent(**({"position": 1, "name": "S", "recipe": "greedy", "steps": 400} | changes))


def test_agreement_stands_with_its_start_and_its_number_of_prompts() -> None:
    assert control_students.row_of(student()).agreement == "Not measured"
    done = student(agreement=0.814, agreement_before=0.02, card={"agreement": {"n": 40}})
    row = control_students.row_of(done)
    assert (row.agreement, row.agreement_n) == ("0.02 before, 0.81 after", 40)


def test_the_last_loss_is_the_last_one_that_was_measured() -> None:
    assert control_students.row_of(student()).loss == "Not measured"
    assert control_students.row_of(student(losses=[[1, 4.0, None], [2, 3.456, 3.9]])).loss == "3.46"
    assert control_students.row_of(student(losses=[[1, 4.0, None], [2, None, None]])).loss == "4.00"


def test_the_curve_has_the_rows_that_it_draws() -> None:
    curve = control_students.curve_of(student(losses=[[10, 4.0, None], [20, 2.5, 2.75]]))
    assert curve is not None
    assert curve.points == ((10, "4.000", "Not measured"), (20, "2.500", "2.750"))
    assert control_students.curve_of(student()) is None


def test_a_plan_draws_who_trains_now_else_the_last_with_a_curve() -> None:
    first = student(position=1, losses=[[1, 1.0, None]], state=StudentState.TRAINED)
    second = student(position=2, losses=[[1, 1.0, None]], state=StudentState.TRAINING)
    third = student(position=3, losses=[[1, 1.0, None]], state=StudentState.FAILED)
    waiting = student(position=4)
    assert control_students.shown([first, second, third, waiting]) is second
    assert control_students.shown([first, third, waiting]) is third
    assert control_students.shown([waiting]) is None


def test_the_card_gives_hash_teacher_and_acknowledgement() -> None:
    assert control_students.card_of(student()) == ()
    card = {"teacher": "orrery", "parent": "tiny base", "n_pairs": 1900, "data_hash": "ab" * 32, "seed": 3}
    facts = {fact.label: fact.value for fact in control_students.card_of(student(card=card))}
    assert facts["Pairs of prompt and answer"] == "1,900"
    assert facts["Hash of the pairs"] == "ab" * 32
    assert facts["Acknowledgement"] == "Not needed"
    assert facts["Parameters"] == "Not measured"


def test_control_students_are_not_offered_as_teachers(plan: DistillationPlan, alice: Any, now: Any) -> None:
    made = make_model(plan.workspace, "student", now=now)
    plan.students.update(model=made)
    assert [model.key for model in selector.models_of(alice, plan.workspace)] == ["orrery"]


def test_right_answers_are_found_in_any_version(workspace: Any, alice: Any, now: Any) -> None:
    assert selector.with_targets(SuiteVersion.objects.all()) is False
    make_version(workspace, now=now)
    assert selector.with_targets(selector.versions_of(alice, workspace)) is True

"""What is declared about a control student, so that no null counts it wrongly."""

from datetime import datetime
from typing import Any

import pytest

from evaluations.distillation.students import StudentResult
from evaluations.models import DistillationPlan, Model
from evaluations.services.distillation.registering import register
from tests.services.building import make_model
from tests.services.distilling import make_plan

pytestmark = pytest.mark.django_db
RESULT = StudentResult(
    steps=1, losses=(), cpu_seconds=0.0, agreement=1.0, agreement_before=0.0, n_held_out=1, learnt=True,
    card={"parent": "base"},
)  # fmt: skip


def registered(plan: DistillationPlan, now: datetime) -> list[Model]:
    return [register(student, RESULT, now=now) for student in plan.students.all()]


def plan_from(workspace: Any, now: datetime, base: dict[str, Any] | None, **changes: Any) -> DistillationPlan:
    """A taught student and one of the targets, from a base with this history or from a tiny base."""
    start = base and make_model(
        workspace, "base", now=now, backend="transformers_local", settings={"folder": "/models/base"}, **base
    )
    return make_plan(workspace, start, now=now, recipes=("greedy", "targets"), **changes)


def test_a_tiny_base_adds_no_teacher(workspace: Any, now: datetime) -> None:
    taught, free = registered(plan_from(workspace, now, None), now)
    assert (taught.relation, taught.taught_by_owners, taught.taught_by) == (
        "distilled", ["orrery"], ["orrery"],
    )  # fmt: skip
    assert (free.relation, free.taught_by_owners, free.taught_by) == ("independent", [], [])


def test_a_base_hands_on_who_made_and_taught_it(workspace: Any, now: datetime) -> None:
    base = {"owner": "calder", "taught_by_owners": ["kestrel"]}
    taught, free = registered(plan_from(workspace, now, base), now)
    assert taught.taught_by_owners == ["calder", "kestrel", "orrery"]
    assert (free.relation, free.taught_by_owners) == ("independent", ["calder", "kestrel"])


def test_a_base_without_a_documented_history_makes_no_clean_negative(workspace: Any, now: datetime) -> None:
    taught, free = registered(plan_from(workspace, now, {"owner": "calder"}), now)
    assert taught.taught_by_owners == ["calder", "orrery"]
    assert (free.relation, free.taught_by_owners) == ("independent_undisclosed", None)


def test_seeds_of_one_recipe_are_one_lineage(workspace: Any, now: datetime) -> None:
    lineages = [model.lineage for model in registered(plan_from(workspace, now, None, seeds=2), now)]
    assert lineages == ["D-0001-greedy-orrery"] * 2 + ["D-0001-targets"] * 2

"""Plans: made and locked, checked by a worker, started once, paused, cancelled."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from evaluations.errors import Refusal
from evaluations.models import (
    Completion,
    ControlStudent,
    DistillationPlan,
    Event,
    Model,
    PlanState,
    Run,
    StudentState,
    UnitState,
    WorkUnit,
)
from evaluations.services import foreground, queue, runs, workspaces
from evaluations.services.distillation import checking, guard, plans
from tests.services.building import make_model
from tests.services.distilling import make_plan, make_prompts, make_teacher

pytestmark = pytest.mark.django_db
TEXT = "Agreed with counsel for this evaluation only."


def ready(workspace: Any, base: Path | None, now: datetime, **changes: Any) -> DistillationPlan:
    """A plan that was checked and acknowledged."""
    plan = make_plan(workspace, base, now=now, **changes)
    runs.work(queue_name="cpu")
    plan.refresh_from_db()
    assert plan.state == PlanState.READY, plan.problems
    if plan.restricted:
        guard.acknowledge(plan=plan, user=None, role="approver", text=TEXT, now=now)
    return plan


def test_a_plan_locks_its_split_and_lists_its_students(workspace: Any, now: datetime, base: Path) -> None:
    plan = make_plan(workspace, base, now=now, recipes=("greedy", "sampled", "targets"), seeds=2)
    # 48 training prompts; the verdict's 8 begin at 40 and are the same texts.
    assert plan.plan["split"]["n_training"] == 40
    assert plan.plan["split"]["n_shared_removed"] == 8
    recipes = list(plan.students.values_list("recipe", flat=True))
    assert recipes == ["greedy"] * 2 + ["sampled"] * 2 + ["targets"] * 2
    assert plan.students.get(position=5).teacher is None
    assert plan.state == PlanState.CHECKING
    assert plan.units.get().kind == "checking"
    assert Event.objects.filter(verb="distillation plan made", subject="D-0001").exists()


def test_a_locked_plan_cannot_be_changed(workspace: Any, now: datetime, base: Path) -> None:
    plan = make_plan(workspace, base, now=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        DistillationPlan.objects.filter(pk=plan.pk).update(plan={})


def test_every_problem_is_said_at_once_and_nothing_is_stored(workspace: Any, now: datetime) -> None:
    teacher = make_teacher(workspace, now=now)
    with pytest.raises(Refusal) as refused:
        make_plan(
            workspace, None, now=now, teachers=[teacher],
            recipes=("logits", "mixed", "unrelated", "shared_data", "paraphrased"),
        )  # fmt: skip
    said = " ".join(refused.value.problems)
    for part in (
        "weights of each teacher in a local folder",
        "two teacher candidates",
        "an unrelated model",
        "data that the teacher was trained on",
        "rephrases",
    ):
        assert part in said
    assert not DistillationPlan.objects.exists()
    assert not WorkUnit.objects.exists()


def test_too_few_prompts_are_refused_with_the_number_taken_out(workspace: Any, now: datetime) -> None:
    prompts = make_prompts(workspace, now=now, n=24)
    verdict = make_prompts(workspace, now=now, name="Verdict", n=8)
    with pytest.raises(Refusal, match="16 training prompts are left \\(8 of 24"):
        make_plan(workspace, None, now=now, prompts=prompts, suite_version=verdict)


def test_what_belongs_to_another_workspace_does_not_exist_here(workspace: Any, now: datetime) -> None:
    elsewhere = workspaces.create(name="Elsewhere", slug="elsewhere", now=now)
    stranger = make_teacher(elsewhere, now=now)
    base = make_model(elsewhere, "base", now=now, backend="transformers_local", settings={"folder": "/b"})
    prompts = make_prompts(elsewhere, now=now)
    with pytest.raises(Refusal) as refused:
        make_plan(
            workspace, base, now=now, teachers=[stranger], unrelated=stranger, prompts=prompts,
            shared_data=prompts,
        )  # fmt: skip
    said = refused.value.problems
    assert said.count("There is no model orrery in this workspace.") == 2
    assert said.count("There is no model base in this workspace.") == 1
    assert said.count("There is no such suite version in this workspace.") == 2


def test_the_check_measures_speed_and_counts_calls(workspace: Any, now: datetime, base: Path) -> None:
    plan = ready(workspace, base, now, recipes=("greedy", "sampled"))
    assert plan.estimate["seconds_per_student"] > 0
    assert plan.estimate["memory_bytes"] > 0
    # Two temperatures of 48 prompts each; a scripted teacher costs nothing.
    assert (plan.estimate["calls"], plan.estimate["cached"], plan.estimate["money_micro"]) == (96, 0, 0)
    assert any("are few" in warning for warning in plan.warnings)


def test_an_unsafe_base_folder_ends_the_check(workspace: Any, now: datetime, base: Path) -> None:
    (base / "pickled.bin").write_bytes(b"x")
    plan = make_plan(workspace, base, now=now)
    (base / "config.json").write_text("{}", encoding="utf-8")
    runs.work(queue_name="cpu")
    plan.refresh_from_db()
    assert plan.state == PlanState.REFUSED
    assert plan.problems[0].startswith("Base: ")


def test_a_whole_plan_trains_registers_and_finishes(workspace: Any, now: datetime, base: Path) -> None:
    outsider = make_model(workspace, "outsider", now=now, settings={"rule": "upper"})
    plan = ready(workspace, base, now, recipes=("greedy", "targets", "unrelated"), unrelated=outsider)
    foreground.run_plan(plan)
    assert plan.state == PlanState.FINISHED, plan.failure
    students = list(plan.students.all())
    assert [s.state for s in students[:2]] == [StudentState.TRAINED] * 2, [s.failure for s in students]
    taught = students[0]
    assert taught.agreement > taught.agreement_before
    assert taught.losses[-1][0] == taught.steps_done == 120
    assert taught.card["teacher"] == "orrery"
    assert taught.card["acknowledgement"] == TEXT
    model = taught.model
    assert model.backend == "transformers_local"
    assert model.taught_by == ["orrery"]
    assert (Path(model.settings["folder"]) / "model.safetensors").exists()
    assert students[1].model.taught_by_owners == []


def test_a_second_plan_asks_no_teacher_again(workspace: Any, now: datetime, base: Path) -> None:
    first = ready(workspace, base, now)
    foreground.run_plan(first)
    stored = Completion.objects.count()
    second = make_plan(
        workspace, base, now=now, prompts=first.prompts, suite_version=first.suite_version,
        teachers=[Model.objects.get(key="orrery")],
    )  # fmt: skip
    runs.work(queue_name="cpu")
    second.refresh_from_db()
    assert (second.estimate["calls"], second.estimate["cached"]) == (0, 48)
    guard.acknowledge(plan=second, user=None, role="approver", text=TEXT, now=now)
    plans.start(plan=second, user=None, now=now)
    assert second.state == PlanState.TRAINING
    assert Completion.objects.count() == stored
    assert Run.objects.filter(model__key="orrery").count() == 1


def test_a_start_twice_is_one_start(workspace: Any, now: datetime, base: Path) -> None:
    plan = ready(workspace, base, now)
    assert plans.start(plan=plan, user=None, now=now)
    assert not plans.start(plan=plan, user=None, now=now)
    assert Event.objects.filter(verb="distillation started").count() == 1


def test_a_paused_plan_is_left_alone_until_it_goes_on(workspace: Any, now: datetime, base: Path) -> None:
    plan = ready(workspace, base, now)
    plans.start(plan=plan, user=None, now=now)
    plans.pause(plan=plan, user=None, now=now)
    runs.work(queue_name="cpu")
    plan.refresh_from_db()
    assert plan.state == PlanState.PAUSED
    assert not Completion.objects.exists()
    plans.resume(plan=plan, user=None, now=now)
    runs.work(queue_name="cpu")
    plan.refresh_from_db()
    assert plan.state == PlanState.FINISHED


def test_a_plan_paused_while_a_student_trains_goes_on_from_its_checkpoint(
    workspace: Any, now: datetime, base: Path, settings: Any
) -> None:
    settings.TRAINING_SLICE_S = 0.2
    plan = ready(workspace, base, now)
    plans.start(plan=plan, user=None, now=now)
    runs.do(queue.claim(queue="cpu", worker="a"))
    runs.do(queue.claim(queue="cpu", worker="a"))
    unit = WorkUnit.objects.get(kind="training")
    assert (unit.state, unit.attempt) == (UnitState.READY, 0)
    plans.pause(plan=plan, user=None, now=now)
    assert queue.claim(queue="cpu", worker="a") is None
    plans.resume(plan=plan, user=None, now=now)
    settings.TRAINING_SLICE_S = 45
    runs.work(queue_name="cpu")
    student = ControlStudent.objects.get()
    assert student.state == StudentState.TRAINED, student.failure
    assert student.steps_done == 120


def test_a_cancelled_plan_begins_no_call(workspace: Any, now: datetime, base: Path) -> None:
    plan = ready(workspace, base, now)
    plans.start(plan=plan, user=None, now=now)
    plans.cancel(plan=plan, user=None, now=now)
    runs.work(queue_name="cpu")
    assert not Completion.objects.exists()
    assert ControlStudent.objects.get().state == StudentState.CANCELLED
    with pytest.raises(Refusal, match="it cannot be paused"):
        plans.pause(plan=plan, user=None, now=now)


def test_a_teacher_that_fails_ends_the_plan_with_its_reason(
    workspace: Any, now: datetime, base: Path
) -> None:
    broken = make_model(
        workspace, "broken", now=now, settings={"rule": "echo", "fail_all": "refused_key"}, owner="broken"
    )
    plan = ready(workspace, base, now, teachers=[broken])
    foreground.run_plan(plan)
    assert plan.state == PlanState.FAILED
    assert "Broken did not answer the training prompts" in plan.failure
    assert ControlStudent.objects.get().state == StudentState.CANCELLED


def test_constant_teacher_answers_stop_the_student_and_not_the_plan(
    workspace: Any, now: datetime, base: Path
) -> None:
    constant = make_model(workspace, "constant", now=now, settings={"rule": "label:same"}, owner="constant")
    plan = ready(workspace, base, now, teachers=[constant], recipes=("greedy", "targets"))
    foreground.run_plan(plan)
    assert plan.state == PlanState.FINISHED
    stopped, other = plan.students.all()
    assert stopped.state == StudentState.FAILED
    assert "1 different texts" in stopped.failure
    assert other.state == StudentState.TRAINED


def test_a_student_that_learnt_nothing_is_flagged_and_not_registered(
    workspace: Any, now: datetime, base: Path
) -> None:
    noise = make_model(workspace, "noise", now=now, settings={"rule": "label:a,b,c,d,e,f,g"}, owner="noise")
    plan = ready(workspace, base, now, teachers=[noise], steps=10)
    foreground.run_plan(plan)
    student = plan.students.get()
    assert student.state == StudentState.NOTHING_LEARNT
    assert student.model is None


def test_models_and_recipes_stand_once_and_in_one_role(workspace: Any, now: datetime) -> None:
    teacher = make_teacher(workspace, now=now)
    gone = make_model(workspace, "gone", now=now, backend="transformers_local", settings={"folder": ""})
    Model.objects.filter(pk=gone.pk).update(settings={})
    gone.refresh_from_db()
    with pytest.raises(Refusal) as refused:
        make_plan(
            workspace, gone, now=now, teachers=[teacher, teacher], recipes=("greedy", "greedy"),
            unrelated=teacher,
        )  # fmt: skip
    assert refused.value.problems == (
        "orrery is named twice as a teacher candidate; name each once.",
        "Recipe 'greedy' is named twice; name each once. Choose more students a recipe instead.",
        "orrery is a teacher candidate; choose an unrelated model that is none.",
        "Gone has no folder any more; its weights were deleted. Choose another model.",
    )


def test_a_teacher_that_was_changed_after_the_plan_was_made_is_refused(
    workspace: Any, now: datetime, base: Path
) -> None:
    plan = ready(workspace, base, now)
    make_model(workspace, "orrery", now=now, settings={"rule": "upper"})
    with pytest.raises(Refusal, match="D-0001: Orrery was changed after the plan was made"):
        plans.start(plan=plan, user=None, now=now)
    assert not Run.objects.exists()


def test_a_resumed_plan_goes_to_the_workers_whoever_started_it(
    workspace: Any, now: datetime, base: Path
) -> None:
    plan = ready(workspace, base, now)
    plans.start(plan=plan, user=None, now=now, queue_name="foreground-1")
    assert plans.queues(plan) == ("foreground-1",)
    plans.pause(plan=plan, user=None, now=now)
    plans.resume(plan=plan, user=None, now=now)
    assert plans.queues(plan) == ("cpu",)
    runs.work(queue_name="cpu")
    plan.refresh_from_db()
    assert plan.state == PlanState.FINISHED


def test_a_plan_in_the_foreground_needs_no_worker_on_any_queue(
    workspace: Any, now: datetime, base: Path, settings: Any
) -> None:
    settings.GPU_QUEUE = "gpu"
    plan = make_plan(workspace, base, now=now)
    guard.acknowledge(plan=plan, user=None, role="approver", text=TEXT, now=now)
    foreground.run_plan(plan)
    assert plan.state == PlanState.FINISHED, plan.failure
    assert plan.students.get().state == StudentState.TRAINED


def test_a_base_that_cannot_be_loaded_ends_the_check(
    workspace: Any, now: datetime, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unloadable(**kwargs: Any) -> None:
        raise ValueError("size mismatch")

    monkeypatch.setattr(checking, "check_plan", unloadable)
    plan = make_plan(workspace, base, now=now)
    runs.work(queue_name="cpu")
    plan.refresh_from_db()
    assert plan.state == PlanState.REFUSED
    assert "size mismatch" in plan.problems[0]

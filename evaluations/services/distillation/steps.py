"""What a running plan does next: answers, then a base where it needs one, then students. Rows are the truth."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from evaluations.distillation.recipes import recipes
from evaluations.inference.backend import backends as backend_registry
from evaluations.models import (
    DistillationPlan,
    Model,
    PlanAnswers,
    PlanState,
    Run,
    RunState,
    StudentState,
    UnitKind,
    UnitState,
    WorkUnit,
)
from evaluations.services import queue, run_setup

DONE = (RunState.COMPLETE, RunState.FAILED, RunState.CANCELLED)
WORKING = (PlanState.CHECKING, PlanState.ANSWERING, PlanState.TRAINING, PlanState.PAUSED)
LEFT = (StudentState.WAITING, StudentState.TRAINING)
UNFINISHED = (UnitState.READY, UnitState.LEASED)
_SAMPLED_SEED = 1


def asked_of(plan: DistillationPlan) -> dict[tuple[str, float], Model]:
    """(model key, temperature) of every answer that the plan's students learn from, with the model."""
    listed = plan.plan
    models = {m.key: m for m in Model.objects.filter(workspace=plan.workspace, key__in=_keys(plan))}
    found: dict[tuple[str, float], Model] = {}
    for student in listed["students"]:
        for ask in recipes.get(student["recipe"]).asks:
            key = source_key(plan, student["teacher"], ask.who)
            found[(key, ask.temperature)] = models[key]
    return found


def _keys(plan: DistillationPlan) -> list[str]:
    return [*plan.plan["teachers"], plan.plan["unrelated"]]


def source_key(plan: DistillationPlan, teacher: str | None, who: str) -> str:
    """The model behind ``teacher``, ``second_teacher`` (the next in the plan's list) or ``unrelated``."""
    if who == "unrelated":
        return str(plan.plan["unrelated"])
    teachers = list(plan.plan["teachers"])
    place = teachers.index(teacher)
    return str(teachers[place] if who == "teacher" else teachers[(place + 1) % len(teachers)])


def decoding_for(plan: DistillationPlan, temperature: float) -> dict[str, object]:
    """How the training prompts are answered."""
    seed = _SAMPLED_SEED if temperature else int(plan.plan["decoding"]["seed"])
    return {
        "temperature": temperature,
        "samples": 1,
        "max_new_tokens": plan.plan["decoding"]["max_new_tokens"],
        "seed": seed,
        "stop": [],
    }


def scope_of(plan: DistillationPlan) -> str:
    """Who shares the answers of a remote endpoint: every plan of the workspace, so that nothing is paid twice."""
    return f"distillation-{plan.workspace_id}"


def attach_answers(plan: DistillationPlan) -> None:
    """Give the plan its runs over the training prompts. Answers that are stored already are used again."""
    for (_, temperature), model in asked_of(plan).items():
        run, _ = run_setup.run_for(
            model,
            plan.prompts,
            decoding_for(plan, temperature),
            remote_scope=scope_of(plan),
            queue_name=plan.queue,
        )
        PlanAnswers.objects.get_or_create(
            plan=plan, model=model, temperature=temperature, defaults={"run": run}
        )


def own_units(plan: DistillationPlan) -> QuerySet[WorkUnit]:
    """The units of the plan itself and of its students; the runs of its answers may be others' too."""
    return WorkUnit.objects.filter(Q(plan=plan) | Q(control_student__plan=plan))


def run_ids(plan: DistillationPlan) -> list[int]:
    """The runs that answer the plan's training prompts."""
    return list(plan.answers.values_list("run_id", flat=True))


def put_aside(plan: DistillationPlan) -> None:
    """Move the plan's unfinished units to where no worker looks."""
    own_units(plan).filter(state__in=UNFINISHED).update(queue=queue.PARKED)


def take_up(plan: DistillationPlan) -> None:
    """Move the units that were put aside back to their queues: the plan's own, else by what they need."""
    own_units(plan).filter(queue=queue.PARKED).update(queue=plan.queue or settings.GPU_QUEUE)
    for run in Run.objects.filter(plan_answers__plan=plan).select_related("model").distinct():
        name = plan.queue or run_setup.queue_of(backend_registry.get(run.model.backend))
        WorkUnit.objects.filter(run=run, queue=queue.PARKED).update(queue=name)


def move(plan: DistillationPlan, queue_name: str) -> None:
    """Send what is unfinished to one queue, from now on; a paused plan stays put aside."""
    DistillationPlan.objects.filter(pk=plan.pk).update(queue=queue_name)
    plan.queue = queue_name
    if plan.state != PlanState.PAUSED:
        units = own_units(plan) | WorkUnit.objects.filter(run_id__in=run_ids(plan))
        units.filter(state__in=UNFINISHED).update(queue=queue_name)


def settle_plans(run_id: int) -> None:
    """Look at the plans that wait for a run."""
    for plan in DistillationPlan.objects.filter(answers__run_id=run_id, state=PlanState.ANSWERING):
        settle_plan(plan)


@transaction.atomic
def settle_plan(plan: DistillationPlan) -> None:
    """Take the next step where the one before is done; two callers take it once."""
    row = DistillationPlan.objects.select_for_update().get(pk=plan.pk)
    if row.state == PlanState.ANSWERING:
        _after_answers(row)
    if row.state == PlanState.TRAINING:
        _after_training(row)


def _after_answers(row: DistillationPlan) -> None:
    runs = Run.objects.filter(plan_answers__plan=row).select_related("model")
    if runs.exclude(state__in=DONE).exists():
        return
    failed = runs.exclude(state=RunState.COMPLETE).first()
    if failed is not None:
        reason = failed.failure or f"the run is {failed.state}"
        fail(row, f"{failed.model.name} did not answer the training prompts: {reason}")
        return
    row.state = PlanState.TRAINING
    row.save(update_fields=["state"])
    start_from_base = any(recipes.get(s["recipe"]).starts_from == "base" for s in row.plan["students"])
    if row.base is None and start_from_base:
        _unit(row, kind=UnitKind.BASE, plan=row)
    else:
        release_students(row)


def release_students(row: DistillationPlan) -> None:
    """Make a unit for every student that waits; called when the base is there."""
    for student in row.students.filter(state=StudentState.WAITING):
        _unit(row, kind=UnitKind.TRAINING, control_student=student)


def _unit(row: DistillationPlan, *, kind: str, **owner: object) -> None:
    WorkUnit.objects.get_or_create(kind=kind, **owner, defaults={"queue": row.queue or settings.GPU_QUEUE})


def _after_training(row: DistillationPlan) -> None:
    open_units = WorkUnit.objects.filter(plan=row, state__in=UNFINISHED)
    if row.students.filter(state__in=LEFT).exists() or open_units.exists():
        return
    row.state, row.finished_at = PlanState.FINISHED, timezone.now()
    row.save(update_fields=["state", "finished_at"])


def fail(row: DistillationPlan, reason: str) -> None:
    """End a plan that cannot go on, with its reason; finished students are kept."""
    DistillationPlan.objects.filter(pk=row.pk, state__in=WORKING).update(
        state=PlanState.FAILED, failure=reason[:4000], finished_at=timezone.now()
    )
    row.students.filter(state__in=LEFT).update(state=StudentState.CANCELLED)
    own_units(row).filter(state=UnitState.READY).update(state=UnitState.DROPPED)
    row.refresh_from_db()

"""The check of a plan on the machine that will train: what keeps it from running, and what it will need."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import transaction

from evaluations.distillation.checks import PlanCheck, check_plan
from evaluations.distillation.settings import Settings
from evaluations.inference.local_model import NOT_INSTALLED, pick_device
from evaluations.models import DistillationPlan, Model, PlanState
from evaluations.services import model_context, queue
from evaluations.services.distillation import costing, places, steps
from evaluations.services.distillation.requests import texts_of
from evaluations.services.distillation.trouble import ENDS_TRAINING, reason_of

SAMPLE: Final = 60


def check(held: queue.Claim) -> None:
    """Do the unit that checks a plan; its findings are on the plan afterwards."""
    plan = DistillationPlan.objects.select_related("base", "prompts", "workspace").get(pk=held.plan_id)
    if plan.state != PlanState.CHECKING:
        queue.drop(held, error=f"the plan is {plan.state}")
        return
    texts = texts_of(plan.prompts)
    found = _checked(plan, texts)
    cost = costing.cost_of(plan, texts)
    problems = [*found.problems, *costing.problems_of(plan, cost)]
    estimate = found.estimate | {
        "calls": cost.calls,
        "cached": cost.cached,
        "money_micro": cost.usual_micro,
        "money_most_micro": cost.most_micro,
    }
    with transaction.atomic():
        queue.finish(held)
        DistillationPlan.objects.filter(pk=plan.pk, state=PlanState.CHECKING).update(
            state=PlanState.REFUSED if problems else PlanState.READY,
            problems=problems,
            warnings=[*found.warnings, *_recorded_samples(plan)],
            estimate=estimate,
        )


def settings_of(plan: DistillationPlan) -> Settings:
    """The training settings that the plan locked."""
    return Settings(**plan.plan["settings"])


def _checked(plan: DistillationPlan, texts: list[str]) -> PlanCheck:
    if find_spec("torch") is None or find_spec("transformers") is None:
        return PlanCheck((NOT_INSTALLED,), (), {})
    context = model_context.for_settings()
    try:
        return check_plan(
            recipes_asked=plan.plan["recipes"],
            base_folder=None if plan.base is None else places.base_folder(plan),
            teacher_folders=_teacher_folders(plan),
            n_prompts=plan.plan["split"]["n_training"],
            prompt_sample=texts[:SAMPLE],
            settings=replace(settings_of(plan), patience=0),
            n_students=len(plan.plan["students"]),
            folder=places.folder_of(plan),
            model_roots=context.model_roots,
            device=device(),
        )
    except ENDS_TRAINING as error:
        return PlanCheck((f"The trial on this machine did not succeed. {reason_of(error)}",), (), {})


def _teacher_folders(plan: DistillationPlan) -> dict[str, Path | None]:
    """By name; two teachers of one name are told apart by their keys."""
    teachers = list(Model.objects.filter(workspace=plan.workspace, key__in=plan.plan["teachers"]))
    names = [model.name for model in teachers]
    return {
        model.name if names.count(model.name) == 1 else model.key: places.model_folder(model)
        for model in teachers
    }


def _recorded_samples(plan: DistillationPlan) -> list[str]:
    """A warning for each recorded model of which sampled answers are asked."""
    asked = steps.asked_of(plan).items()
    names = {model.name for (_, temperature), model in asked if temperature and model.backend == "recorded"}
    return [
        f"{name} is recorded: it has one answer a prompt, so its sampled answers are the recorded ones."
        for name in sorted(names)
    ]


def device() -> str:
    """The device that this worker trains on."""
    if settings.DEVICE != "auto":
        return str(settings.DEVICE)
    return pick_device("auto")

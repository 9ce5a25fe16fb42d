"""The check of a plan on the machine that will train: what keeps it from running, and what it will need."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Avg

from evaluations.distillation.checks import PlanCheck, check_plan
from evaluations.distillation.settings import Settings
from evaluations.inference.local_model import NOT_INSTALLED, pick_device
from evaluations.models import Completion, DistillationPlan, Model, PlanState, Run
from evaluations.services import model_context, queue, run_setup
from evaluations.services.distillation import places, steps
from evaluations.services.distillation.requests import texts_of

SAMPLE: Final = 60
CHARACTERS_A_TOKEN: Final = 4
UNKNOWN_ANSWER_TOKENS: Final = 64


def check(held: queue.Claim) -> None:
    """Do the unit that checks a plan; its findings are on the plan afterwards."""
    plan = DistillationPlan.objects.select_related("base", "prompts", "workspace").get(pk=held.plan_id)
    if plan.state != PlanState.CHECKING:
        queue.drop(held, error=f"the plan is {plan.state}")
        return
    texts = texts_of(plan.prompts)
    found = _checked(plan, texts)
    estimate, problems = dict(found.estimate), list(found.problems)
    estimate |= money_of(plan, texts)
    cap = plan.budget_cap_micro
    if cap is not None and estimate["money_micro"] is not None and estimate["money_micro"] > cap:
        problems.append(
            f"The teachers' answers cost about {estimate['money_micro'] / 1e6:,.2f} {plan.currency}, above the cap of "
            f"{cap / 1e6:,.2f}. Raise the cap or take fewer prompts."
        )
    with transaction.atomic():
        queue.finish(held)
        DistillationPlan.objects.filter(pk=plan.pk, state=PlanState.CHECKING).update(
            state=PlanState.REFUSED if problems else PlanState.READY,
            problems=problems,
            warnings=list(found.warnings),
            estimate=estimate,
        )


def settings_of(plan: DistillationPlan) -> Settings:
    """The training settings that the plan locked."""
    return Settings(**plan.plan["settings"])


def _checked(plan: DistillationPlan, texts: list[str]) -> PlanCheck:
    if find_spec("torch") is None or find_spec("transformers") is None:
        return PlanCheck((NOT_INSTALLED,), (), {})
    context = model_context.for_settings()
    teachers = Model.objects.filter(workspace=plan.workspace, key__in=plan.plan["teachers"])
    return check_plan(
        recipes_asked=plan.plan["recipes"],
        base_folder=None if plan.base is None else places.base_folder(plan),
        teacher_folders={model.name: places.model_folder(model) for model in teachers},
        n_prompts=plan.plan["split"]["n_training"],
        prompt_sample=texts[:SAMPLE],
        settings=replace(settings_of(plan), patience=0),
        n_students=len(plan.plan["students"]),
        folder=places.folder_of(plan),
        model_roots=context.model_roots,
        device=device(),
    )


def device() -> str:
    """The device that this worker trains on."""
    if settings.DEVICE != "auto":
        return str(settings.DEVICE)
    return pick_device("auto")


def money_of(plan: DistillationPlan, texts: list[str]) -> dict[str, Any]:
    """Calls that the teachers' answers need, those that are stored already, and their price.

    ``money_micro`` is ``None`` where a price is not known. Prompt tokens are counted as a quarter of the
    characters; answer tokens as the mean of the model's stored answers, else 64.
    """
    calls = cached = 0
    money: int | None = 0
    prompt_tokens = sum(len(text) for text in texts) // CHARACTERS_A_TOKEN
    for (_, temperature), model in steps.asked_of(plan).items():
        stored = _stored(plan, model, temperature)
        missing = max(0, len(texts) - stored)
        calls, cached = calls + missing, cached + min(stored, len(texts))
        if not missing or places.model_folder(model) is not None:
            continue
        price = _price(model, prompt_tokens * missing // max(1, len(texts)), missing)
        money = None if money is None or price is None else money + price
    return {"calls": calls, "cached": cached, "money_micro": money}


def _stored(plan: DistillationPlan, model: Model, temperature: float) -> int:
    same = run_setup.configuration_of(
        model, plan.prompts, steps.decoding_for(plan, temperature),
        remote_scope=f"distillation-{plan.workspace_id}",
    )  # fmt: skip
    run = Run.objects.filter(**same).first()
    return 0 if run is None else Completion.objects.filter(run=run).count()


def _price(model: Model, prompt_tokens: int, answers: int) -> int | None:
    if model.backend in ("recorded", "scripted"):
        return 0
    if model.price_input_micro is None or model.price_output_micro is None:
        return None
    usual = Completion.objects.filter(run__model=model).aggregate(mean=Avg("completion_tokens"))["mean"]
    answer_tokens = int(answers * (usual or UNKNOWN_ANSWER_TOKENS))
    return (prompt_tokens * model.price_input_micro + answer_tokens * model.price_output_micro) // 1_000_000

"""A finished student becomes a registered model, so that the normal engine runs it as a control."""

from __future__ import annotations

from datetime import datetime

from evaluations.distillation.recipes import recipes
from evaluations.distillation.students import StudentResult
from evaluations.models import AccessRoute, ControlStudent, Model
from evaluations.services import models
from evaluations.services.distillation import places, steps
from evaluations.services.distillation.requests import LOCAL


def register(student: ControlStudent, result: StudentResult, *, now: datetime) -> Model:
    """The registered model of a student; a second call changes the one that is there."""
    plan = student.plan
    recipe = recipes.get(student.recipe)
    taught = _teachers(student)
    details = models.ModelDetails(
        key=f"control/{plan.reference}/{student.position:03d}",
        name=f"{student.name} ({plan.reference})"[:160],
        backend=LOCAL,
        vendor="Pedigree",
        owner="Pedigree",
        family=f"Control students of {plan.reference}",
        lineage=f"{plan.reference}-{student.position:03d}",
        base=str(result.card["parent"]),
        relation="distilled" if taught else "independent",
        released=now.date().isoformat(),
        released_source="trained here",
        taught_by_owners=sorted({model.owner for model in taught if model.owner}),
        taught_by_families=sorted({model.family for model in taught if model.family}),
        taught_by=[model.key for model in taught],
        data_source=recipe.about,
        history_source=f"{plan.reference}, plan digest {plan.plan_digest[:12]}",
        confidence="high",
        note=f"Control student: recipe {student.recipe}, seed {student.seed}.",
        access_route=AccessRoute.SELF_HOSTED_WEIGHTS,
        price_input_micro=None,
        price_output_micro=None,
    )
    return models.save(
        workspace=plan.workspace,
        user=plan.created_by,
        details=details,
        settings={"folder": str(places.student_folder(student))},
        now=now,
    )


def _teachers(student: ControlStudent) -> list[Model]:
    """The models whose outputs the student learnt from."""
    recipe = recipes.get(student.recipe)
    teacher = student.teacher.key if student.teacher else None
    keys = [steps.source_key(student.plan, teacher, ask.who) for ask in recipe.asks]
    if recipe.starts_from == "teacher" and teacher:
        keys.insert(0, teacher)
    found = {m.key: m for m in Model.objects.filter(workspace=student.plan.workspace, key__in=keys)}
    return [found[key] for key in dict.fromkeys(keys)]

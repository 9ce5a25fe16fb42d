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
    owners = _owners(student, taught)
    details = models.ModelDetails(
        key=f"control/{plan.reference}/{student.position:03d}",
        name=f"{student.name} ({plan.reference})"[:160],
        backend=LOCAL,
        vendor="Pedigree",
        owner="Pedigree",
        family=f"Control students of {plan.reference}",
        lineage=_lineage(student),
        base=str(result.card["parent"]),
        relation=_relation(taught, owners),
        released=now.date().isoformat(),
        released_source="trained here",
        taught_by_owners=owners,
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


def _lineage(student: ControlStudent) -> str:
    """Seeds of one recipe and teacher move together in every test: they are one lineage."""
    tail = f"-{student.teacher.key}" if student.teacher else ""
    return f"{student.plan.reference}-{student.recipe}{tail}"[:120]


def _owners(student: ControlStudent, taught: list[Model]) -> list[str] | None:
    """Whose outputs are in the student's training or in that of the weights it started from.

    ``None`` (unknown) for a student that nobody taught, from weights whose history is not documented.
    """
    from_teacher = recipes.get(student.recipe).starts_from == "teacher"
    parent = student.teacher if from_teacher else student.plan.base
    owners = {model.owner for model in taught}
    if parent is not None:
        if parent.taught_by_owners is None and not taught:
            return None
        owners |= {parent.owner, *(parent.taught_by_owners or ())}
    return sorted(owners - {""})


def _relation(taught: list[Model], owners: list[str] | None) -> str:
    if taught:
        return "distilled"
    return "independent_undisclosed" if owners is None else "independent"

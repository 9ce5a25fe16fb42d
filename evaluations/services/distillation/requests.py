"""What a person asks of a distillation plan, and every reason why it cannot be made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from evaluations.distillation.recipe import SECOND_TEACHER, UNRELATED, Recipe
from evaluations.distillation.recipes import recipes
from evaluations.distillation.settings import Settings
from evaluations.distillation.splitting import FEWEST_PROMPTS, Split, split_prompts
from evaluations.models import Model, Sample, SuiteVersion, Workspace

LOCAL: Final = "transformers_local"
MAX_SEEDS, MAX_STUDENTS = 20, 200
STEPS: Final = (10, 20_000)
DEFAULT_SETTINGS: Final = Settings(
    steps=400, learning_rate=0.005, rows=8, row_length=256, optimiser="muon", held_out=0.05, patience=4
)
FINE_TUNE: Final = Settings(
    steps=400, learning_rate=2e-5, rows=4, row_length=512, held_out=0.05, patience=4, weight_decay=0.01
)
"""A base that knows language already is moved gently."""
MAX_NEW_TOKENS: Final = 256


@dataclass(frozen=True)
class DistillationRequest:
    """What a person wants to train, before it is checked and locked.

    ``prompts``: the training prompts; those of ``suite_version``, the suite of the verdict, are taken out.
    ``base``: a local model, or ``None`` for a tiny base that Pedigree trains. ``seeds``: students a recipe.
    """

    title: str
    prompts: SuiteVersion
    suite_version: SuiteVersion
    teachers: Sequence[Model]
    recipes: Sequence[str]
    seeds: int = 1
    base: Model | None = None
    unrelated: Model | None = None
    shared_data: SuiteVersion | None = None
    steps: int | None = None
    budget_cap_micro: int | None = None
    currency: str = "USD"
    delete_after_audit: bool = False

    @property
    def settings(self) -> Settings:
        """How the students are trained."""
        usual = DEFAULT_SETTINGS if self.base is None else FINE_TUNE
        return usual if self.steps is None else replace(usual, steps=self.steps)


def models_of(request: DistillationRequest) -> list[Model]:
    """Every model that the request names."""
    return [model for model in (*request.teachers, request.base, request.unrelated) if model is not None]


def learnt_from(request: DistillationRequest) -> list[Model]:
    """The models whose outputs or weights its recipes train on."""
    asked = [recipes.get(name) for name in request.recipes]
    found = list(request.teachers) if any(recipe.teaches for recipe in asked) else []
    if request.unrelated is not None and any(a.who == UNRELATED for recipe in asked for a in recipe.asks):
        found.append(request.unrelated)
    return found


def problems_of(request: DistillationRequest, workspace: Workspace) -> list[str]:
    """Every reason why this plan cannot be made, as sentences; empty where it can."""
    found = list(_strangers(request, workspace))
    if not request.teachers:
        found.append("The plan names no teacher candidate; choose at least one.")
    if not request.recipes:
        found.append("The plan names no recipe; choose at least one.")
    found += [f"There is no recipe {name!r}." for name in request.recipes if name not in recipes.names]
    found += _unusable(request)
    if not 1 <= request.seeds <= MAX_SEEDS:
        found.append(f"Students a recipe: found {request.seeds}, expected 1 to {MAX_SEEDS}.")
    if request.steps is not None and not STEPS[0] <= request.steps <= STEPS[1]:
        found.append(f"Steps: found {request.steps}, expected {STEPS[0]} to {STEPS[1]:,}.")
    if request.base is not None and request.base.backend != LOCAL:
        found.append(f"Base {request.base.key}: it is no local folder. Choose a local model or a tiny base.")
    if found:
        return found
    found += _recorded(request)
    for name in request.recipes:
        found += _unmet(recipes.get(name), request)
    n = len(students_of(request))
    if n > MAX_STUDENTS:
        found.append(f"The plan makes {n} students; at most {MAX_STUDENTS}. Take fewer recipes or seeds.")
    return [*found, *_few_prompts(request)]


def _strangers(request: DistillationRequest, workspace: Workspace) -> Iterator[str]:
    for model in models_of(request):
        if model.workspace_id != workspace.pk:
            yield f"There is no model {model.key} in this workspace."
    for version in (request.prompts, request.suite_version, request.shared_data):
        if version is not None and version.suite.workspace_id != workspace.pk:
            yield "There is no such suite version in this workspace."


def _unusable(request: DistillationRequest) -> Iterator[str]:
    """Models and recipes that stand where they cannot: named twice, deleted, or in two roles."""
    keys = [model.key for model in request.teachers]
    for name in sorted({key for key in keys if keys.count(key) > 1}):
        yield f"{name} is named twice as a teacher candidate; name each once."
    for name in sorted({recipe for recipe in request.recipes if request.recipes.count(recipe) > 1}):
        yield f"Recipe {name!r} is named twice; name each once. Choose more students a recipe instead."
    if request.unrelated is not None and request.unrelated.key in keys:
        yield f"{request.unrelated.key} is a teacher candidate; choose an unrelated model that is none."
    for model in models_of(request):
        if model.backend == LOCAL and not model.settings.get("folder"):
            yield f"{model.name} has no folder any more; its weights were deleted. Choose another model."


def _recorded(request: DistillationRequest) -> Iterator[str]:
    """Recorded models of a panel have answers to that panel's prompts and to no others."""
    for model in (*request.teachers, request.unrelated):
        if model is not None and model.panel is not None:
            version = model.panel.suite_version
            if version != request.prompts:
                yield (
                    f"{model.name} is recorded: it has answers to {version}, not to the training prompts. Register it as "
                    "an endpoint or a local folder."
                )


def _unmet(recipe: Recipe, request: DistillationRequest) -> Iterator[str]:
    """One sentence for each thing that a recipe needs and this plan lacks."""
    who = f"Recipe {recipe.title!r}"
    if "rephrase" in recipe.needs:
        yield f"{who} needs a program that rephrases; there is none here. It is for zoos of small models."
    if "targets" in recipe.needs and not with_targets(request.prompts):
        yield f"{who} needs targets; the training prompts have none. Leave it out or add targets."
    if SECOND_TEACHER in recipe.needs and len(request.teachers) < 2:
        yield f"{who} needs two teacher candidates; the plan names {len(request.teachers)}."
    if UNRELATED in recipe.needs and request.unrelated is None:
        yield f"{who} needs an unrelated model; choose one that is no candidate."
    if "shared_data" in recipe.needs and request.shared_data is None:
        yield f"{who} needs a suite with data that the teacher was trained on; choose one."
    if "teacher_weights" in recipe.needs:
        remote = [model.key for model in request.teachers if model.backend != LOCAL]
        if remote:
            yield (
                f"{who} needs the weights of each teacher in a local folder; {', '.join(remote)} "
                "answers otherwise. Use greedy or sampled answers."
            )


def _few_prompts(request: DistillationRequest) -> Iterator[str]:
    split = split_of(request)
    if len(split.kept) < FEWEST_PROMPTS:
        yield (
            f"{len(split.kept)} training prompts are left ({split.shared} of {request.prompts.sample_count} are in "
            f"the verdict's suite too and were taken out); expected at least {FEWEST_PROMPTS}. Add prompts."
        )


def with_targets(version: SuiteVersion) -> bool:
    """Whether the samples of a version have targets."""
    first = Sample.objects.filter(version=version).order_by("position").first()
    return first is not None and bool(first.targets)


def texts_of(version: SuiteVersion) -> list[str]:
    """The prompts of a version as texts, in their order."""
    rows = Sample.objects.filter(version=version).order_by("position")
    return [row.as_record().input_text for row in rows.iterator(chunk_size=2000)]


def split_of(request: DistillationRequest) -> Split:
    """The training prompts without those of the verdict's suite."""
    return split_prompts(texts_of(request.prompts), texts_of(request.suite_version))


def students_of(request: DistillationRequest) -> list[dict[str, Any]]:
    """One entry a student: teachers by recipes by seeds. A negative without a teacher is made once a seed."""
    found: list[dict[str, Any]] = []
    for name in request.recipes:
        recipe = recipes.get(name)
        teachers = request.teachers if recipe.concerns_a_teacher else (None,)
        for teacher in teachers:
            for seed in range(1, request.seeds + 1):
                title = f"{teacher.name}, {recipe.title.lower()}" if teacher else recipe.title
                found.append(
                    {
                        "position": len(found) + 1,
                        "name": f"{title} {seed}"[:160],
                        "recipe": name,
                        "teacher": teacher.key if teacher else None,
                        "seed": len(found) + 1,
                    }
                )
    return found

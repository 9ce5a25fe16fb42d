"""A workspace in which students can be distilled in seconds: a tiny base, prompts with a colour, teachers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from evaluations.distillation import folders
from evaluations.distillation.settings import Settings
from evaluations.distillation.shapes import Shape, new_model
from evaluations.distillation.tokens import train_tokenizer
from evaluations.models import DistillationPlan, Model, SuiteVersion, Workspace
from evaluations.records import Sample
from evaluations.services import suites
from evaluations.services.distillation import plans
from evaluations.services.distillation.requests import DistillationRequest
from evaluations.suites.reading import content_hash
from tests.services.building import make_model

COLOURS = ("red", "blue", "green", "white")
QUICK = Settings(
    steps=120, learning_rate=0.02, rows=4, row_length=64, warmup=5, optimiser="muon", held_out=0.1,
    check_every=40,
)  # fmt: skip
"""Long enough for a tiny base to learn four colours."""


def make_base(folder: Path) -> Path:
    """A folder with an untrained tiny model."""
    texts = [f"Say {colour} number {i}." for i, colour in enumerate(COLOURS * 12)]
    tokenizer = train_tokenizer(texts, 300)
    folders.save(new_model(tokenizer, Shape(16, 1, 2), seed=1), tokenizer, folder, {"kind": "base"})
    return folder


def make_prompts(
    workspace: Workspace, *, now: datetime, n: int = 48, name: str = "Prompts", first: int = 0
) -> SuiteVersion:
    """Prompts that name a colour; the target of each is the colour in capitals."""
    suite = suites.create_suite(workspace=workspace, user=None, name=name, sensitivity="internal", now=now)
    samples = tuple(
        Sample(
            id=f"p{i}",
            input=f"Say {COLOURS[i % 4]} number {i}.",
            targets=(COLOURS[i % 4].upper(),),
            task_type="generation",
        )
        for i in range(first, first + n)
    )
    return suites.create_version(
        suite=suite, user=None, samples=samples, content_hash=content_hash(samples), mapping={},
        source_filename="", source_sha256="", left_out=[], now=now,
    )  # fmt: skip


def make_teacher(workspace: Workspace, key: str = "orrery", *, now: datetime, **history: Any) -> Model:
    """A scripted teacher that answers each prompt with its colour."""
    answers = {f"p{i}": COLOURS[i % 4] for i in range(400)}
    facts = {"owner": key, "family": key, "access_route": "first_party_api"} | history
    return make_model(workspace, key, now=now, settings={"answers": answers}, **facts)


def make_plan(
    workspace: Workspace,
    base: Path | Model | None,
    *,
    now: datetime,
    teachers: Sequence[Model] | None = None,
    recipes: Sequence[str] = ("greedy",),
    **changes: Any,
) -> DistillationPlan:
    """A plan of one greedy student of "orrery" from the base in ``base``, a folder or a registered model."""
    values: dict[str, Any] = {
        "title": "Controls",
        "prompts": changes.pop("prompts", None) or make_prompts(workspace, now=now),
        "suite_version": changes.pop("suite_version", None)
        or make_prompts(workspace, now=now, name="Verdict", n=8, first=40),
        "teachers": teachers or [make_teacher(workspace, now=now)],
        "recipes": recipes,
    }
    if isinstance(base, Model):
        values["base"] = base
    elif base is not None:
        values["base"] = Model.objects.filter(workspace=workspace, key="base").first() or make_model(
            workspace, "base", now=now, backend="transformers_local", settings={"folder": str(base)},
            taught_by_owners=[],
        )  # fmt: skip
    request = DistillationRequest(**values | changes)
    return plans.create(workspace=workspace, user=None, request=request, now=now)

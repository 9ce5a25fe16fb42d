"""Where the files of a plan lie: under the data folder, one folder a plan."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from evaluations.models import ControlStudent, DistillationPlan, Model
from evaluations.services.distillation.requests import LOCAL


def folder_of(plan: DistillationPlan) -> Path:
    """The plan's folder: its base, its students and their checkpoints."""
    return Path(settings.STUDENTS_ROOT) / f"plan-{plan.pk}"


def base_folder(plan: DistillationPlan) -> Path:
    """The base that the students start from: a registered model's, or the tiny one of the plan."""
    if plan.base is not None:
        return Path(str(plan.base.settings["folder"]))
    return folder_of(plan) / "base"


def student_folder(student: ControlStudent) -> Path:
    """Where the finished student lies."""
    return folder_of(student.plan) / f"student-{student.position:03d}"


def checkpoint(student: ControlStudent) -> Path:
    """The files of a student in training begin with this path."""
    return folder_of(student.plan) / f"student-{student.position:03d}.checkpoint"


def model_folder(model: Model | None) -> Path | None:
    """The folder of a local model, ``None`` for one that is reached otherwise."""
    if model is None or model.backend != LOCAL or not model.settings.get("folder"):
        return None
    return Path(str(model.settings["folder"]))

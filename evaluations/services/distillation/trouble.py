"""What can end a training, and how it is said to people."""

from __future__ import annotations

from typing import Final

from evaluations.distillation.recipes import recipes
from evaluations.distillation.students import StudentJob
from evaluations.distillation.training import TrainingFailed
from evaluations.inference.preflight import check_folder
from evaluations.services import model_context

ENDS_TRAINING: Final = (OSError, RuntimeError, ValueError, MemoryError)
"""A full disk, a full device, a folder that changed, and :class:`TrainingFailed` itself. Whatever the database
raises is none of these: then the unit is tried again."""


def is_full(error: Exception) -> bool:
    """Whether the memory of the machine or of its device did not suffice."""
    # By name: torch is not loaded here, and its error has no base of its own.
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"


def reason_of(error: Exception) -> str:
    """Why a training ended, as text for the row."""
    if isinstance(error, TrainingFailed):
        return str(error)[:4000]
    if is_full(error):
        return (
            "The memory did not hold this training. Choose a smaller base, or train fewer students at once."
        )
    return f"The training could not go on: {error or type(error).__name__}"[:4000]


def refuse_unsafe(job: StudentJob) -> None:
    """Check the folders again before their weights are loaded; raises :class:`TrainingFailed`."""
    recipe = recipes.get(job.recipe)
    loaded = [job.base_folder] if recipe.starts_from == "base" else []
    if "teacher_weights" in recipe.needs and job.teacher_folder is not None:
        loaded.append(job.teacher_folder)
    for folder in loaded:
        problems = check_folder(str(folder), model_context.for_settings().model_roots).problems
        if problems:
            raise TrainingFailed(f"{folder.name}: {'; '.join(problems)}")

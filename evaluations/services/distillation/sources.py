"""The texts that a plan's students learn from: stored answers, targets and shared data, on the kept prompts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cached_property

from evaluations.distillation.recipe import Pair
from evaluations.distillation.splitting import split_prompts
from evaluations.distillation.training import TrainingFailed
from evaluations.models import Completion, ControlStudent, DistillationPlan, Sample, SuiteVersion
from evaluations.services.distillation import steps
from evaluations.services.distillation.requests import texts_of

FEW_ANSWERS = 2


class StoredSources:
    """The :class:`~evaluations.distillation.recipe.Sources` of one student of a plan."""

    def __init__(self, student: ControlStudent) -> None:
        self.plan: DistillationPlan = student.plan
        self.teacher = student.teacher.key if student.teacher else None

    @cached_property
    def _kept(self) -> list[Sample]:
        rows = list(Sample.objects.filter(version=self.plan.prompts).order_by("position"))
        split = split_prompts([row.as_record().input_text for row in rows], texts_of(self.plan.suite_version))
        if split.training_hash != self.plan.plan["split"]["training_hash"]:
            raise TrainingFailed(
                f"{self.plan.reference}: the training prompts are not those that the plan locked. Make a new plan."
            )
        return [rows[index] for index in split.kept]

    @cached_property
    def prompts(self) -> Sequence[str]:
        return [row.as_record().input_text for row in self._kept]

    def answers(self, who: str, temperature: float = 0.0) -> Sequence[str]:
        key = steps.source_key(self.plan, self.teacher, who)
        link = self.plan.answers.select_related("model").get(model__key=key, temperature=temperature)
        rows = Completion.objects.filter(run_id=link.run_id, sample_index=0, error="")
        texts = dict(rows.values_list("sample_id", "text"))
        given = [texts.get(row.pk, "") for row in self._kept]
        usable = [text for text in given if text.strip()]
        if len(set(usable)) < FEW_ANSWERS:
            raise TrainingFailed(
                f"{link.model.name}: {len(usable)} of {len(given)} training prompts have a usable answer, with "
                f"{len(set(usable))} different texts; expected at least two. Look at its answers to the prompts."
            )
        return given

    def targets(self) -> Sequence[str]:
        return [str(row.targets[0]) if row.targets else "" for row in self._kept]

    def shared_data(self) -> Sequence[Pair]:
        version = SuiteVersion.objects.get(
            pk=self.plan.plan["shared_data"]["version_id"], suite__workspace=self.plan.workspace
        )
        rows = Sample.objects.filter(version=version).order_by("position")
        pairs = [(row.as_record().input_text, str(row.targets[0]) if row.targets else "") for row in rows]
        kept = split_prompts([prompt for prompt, _ in pairs], texts_of(self.plan.suite_version)).kept
        return [pairs[index] for index in kept if pairs[index][1].strip()]

    def rephrase(self, text: str, rng: random.Random) -> str:
        raise TrainingFailed("There is no program here that rephrases; use another recipe.")

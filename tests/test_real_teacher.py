"""A real small language model behind a real server teaches a tiny student, 24 prompts of a real suite."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils import timezone

from evaluations.distillation import bases
from evaluations.distillation.settings import Settings
from evaluations.models import Completion, PlanState, StudentState
from evaluations.records import Sample
from evaluations.services import foreground, models, runs, suites
from evaluations.services.distillation import guard, plans, requests
from evaluations.services.distillation.requests import DistillationRequest
from evaluations.suites.reading import content_hash
from tests.inference.live_server import openai_server
from tests.shared_data import shared_path

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.live, pytest.mark.timeout(600)]
__all__ = ["openai_server"]
N_PROMPTS, N_VERDICT = 24, 4


def version(workspace: Any, name: str, first: int, n: int) -> Any:
    with shared_path("suites/gsm8k_test.jsonl").open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file][first : first + n]
    samples = tuple(Sample(id=f"g{i}", input=row["question"]) for i, row in enumerate(rows))
    suite = suites.create_suite(
        workspace=workspace, user=None, name=name, sensitivity="public", now=timezone.now()
    )
    return suites.create_version(
        suite=suite, user=None, samples=samples, content_hash=content_hash(samples), mapping={},
        source_filename="", source_sha256="", left_out=[], now=timezone.now(),
    )  # fmt: skip


def test_a_real_model_teaches_a_student_that_is_registered(
    openai_server: Any, torch: Any, workspace: Any, tmp_path: Any, settings: Any, monkeypatch: Any
) -> None:
    settings.STUDENTS_ROOT = tmp_path / "students"
    settings.ENDPOINT_ALLOW = (openai_server.allow,)
    settings.DEVICE = "cpu"
    monkeypatch.setattr(bases, "SETTINGS", Settings(steps=30, rows=4, row_length=192, optimiser="muon"))
    monkeypatch.setattr(bases, "N_PAIRS", 200)
    monkeypatch.setattr(requests, "MAX_NEW_TOKENS", 24)
    monkeypatch.setattr("evaluations.services.distillation.plans.MAX_NEW_TOKENS", 24)
    teacher = models.save(
        workspace=workspace,
        user=None,
        details=models.ModelDetails(
            key="smollm2", name="SmolLM2 135M Instruct", backend="openai_compatible", owner="Hugging Face",
            access_route="self_hosted_weights",
        ),
        settings={"base_url": openai_server.base_url, "model": openai_server.model, "concurrency": 2},
        now=timezone.now(),
    )  # fmt: skip
    request = DistillationRequest(
        title="Students of SmolLM2",
        prompts=version(workspace, "Training", 0, N_PROMPTS),
        suite_version=version(workspace, "Verdict", N_PROMPTS, N_VERDICT),
        teachers=[teacher],
        recipes=["greedy"],
        steps=60,
    )
    plan = plans.create(workspace=workspace, user=None, request=request, now=timezone.now())
    runs.work(queue_name="cpu")
    plan.refresh_from_db()
    assert plan.state == PlanState.READY, plan.problems
    assert plan.estimate["calls"] == N_PROMPTS
    if plan.restricted:
        text = "The weights are under Apache-2.0; tested here only."
        guard.acknowledge(plan=plan, user=None, role="approver", text=text, now=timezone.now())
    foreground.run_plan(plan)
    assert plan.state == PlanState.FINISHED, plan.failure
    answers = Completion.objects.filter(run__model=teacher, error="")
    assert answers.count() == N_PROMPTS
    assert len({answer.text for answer in answers}) > N_PROMPTS / 2
    student = plan.students.get()
    assert student.state in (StudentState.TRAINED, StudentState.NOTHING_LEARNT), student.failure
    assert student.losses[-1][1] < student.losses[0][1]
    assert student.card["teacher"] == "smollm2"

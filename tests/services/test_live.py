"""The live sample: steps in waves, real trainings, real audits."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from evaluations.distillation.composition import Composition
from evaluations.errors import Refusal
from evaluations.models import Audit, LiveSample, LiveState, Model, UnitState, WorkUnit
from evaluations.selectors import live as selector
from evaluations.services import live, runs

pytestmark = pytest.mark.django_db


whole = live.composition


def shortened() -> Composition:
    """The five models of the live sample, hardly trained."""
    read = whole()
    return replace(
        read,
        n_pairs=60,
        n_pool=80,
        n_prompts=8,
        bases=tuple(replace(base, bar=0.0) for base in read.bases),
        training={
            kind: replace(settings, steps=2, cooldown=1 if kind == "base" else None, check_every=1)
            for kind, settings in read.training.items()
        },
    )


@pytest.fixture
def short(torch: Any, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.STUDENTS_ROOT = tmp_path / "students"
    settings.DEVICE = "cpu"
    monkeypatch.setattr(live, "composition", shortened)


def test_the_first_wave_is_the_base_and_teachers_wait(short: None, workspace: Any, now: datetime) -> None:
    made = live.start(workspace=workspace, user=None, now=now)
    assert [unit.live_step.key for unit in WorkUnit.objects.all()] == ["bramble-base"]
    assert [step.wave for step in made.steps.all()] == [0, 1, 1, 1, 2, 2, 3, 3]


def test_a_second_start_returns_the_one_at_work(short: None, workspace: Any, now: datetime) -> None:
    first = live.start(workspace=workspace, user=None, now=now)
    assert live.start(workspace=workspace, user=None, now=now) == first
    assert LiveSample.objects.count() == 1


def test_without_torch_it_is_refused_with_the_command_that_installs_it(
    workspace: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "find_spec", lambda name: None)
    with pytest.raises(Refusal, match="make install-ml"):
        live.start(workspace=workspace, user=None, now=now)


@pytest.mark.slow
def test_the_steps_end_in_two_audits_of_models_trained_here(
    short: None, workspace: Any, alice: Any, now: datetime
) -> None:
    made = live.start(workspace=workspace, user=None, now=now)
    while runs.work(queue_name="cpu").more or LiveSample.objects.get().state == LiveState.TRAINING:
        made.refresh_from_db()
        assert made.state != LiveState.FAILED, made.failure
    live.settle_all()
    made.refresh_from_db()
    assert made.state == LiveState.FINISHED, made.failure
    audits = Audit.objects.filter(number__in=made.audits)
    assert [audit.state for audit in audits] == ["finished"] * 2, [a.failure for a in audits]
    for audit in audits:
        student = audit.audit_models.get(role="student").model
        assert student.backend == "transformers_local"
        assert student.key.startswith(f"live/{made.pk}/")
        assert student.taught_by_owners is None
        assert audit.audit_models.filter(role="reference").count() == 32
    assert Model.objects.filter(key__startswith="live/").count() == 5
    assert not WorkUnit.objects.filter(state=UnitState.READY).exists()
    page = selector.live_page(alice, workspace)
    assert page.n_done == 8
    assert [audit.state for audit in page.audits] == ["finished"] * 2


def test_a_training_that_fails_ends_the_live_sample_with_its_reason(
    short: None, workspace: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = replace(shortened(), bases=tuple(replace(b, bar=1.0) for b in shortened().bases))
    monkeypatch.setattr(live, "composition", lambda: strict)
    made = live.start(workspace=workspace, user=None, now=now)
    runs.work(queue_name="cpu")
    made.refresh_from_db()
    assert made.state == LiveState.FAILED
    assert "bramble-base" in made.failure

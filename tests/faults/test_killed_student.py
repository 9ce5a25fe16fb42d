"""A worker killed with SIGKILL while it trains a student: another goes on, and the weights are the same bits."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.harness import Installation, children_of, eventually

pytestmark = [
    pytest.mark.faults,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="not applicable: reads /proc"),
]
STEPS = 1200
MAKE_PLAN = f"""
import sys, django
from pathlib import Path
django.setup()
from django.utils import timezone
from evaluations.services import queue, runs, workspaces
from evaluations.services.distillation import guard, plans, requests
from tests.services.distilling import QUICK, make_base, make_plan
requests.FINE_TUNE, now = QUICK, timezone.now()
workspace = workspaces.create(name="Northmoor Bank", now=now)
plan = make_plan(workspace, make_base(Path(sys.argv[1])), now=now, steps={STEPS})
runs.do(queue.claim(queue="cpu", worker="check"))
guard.acknowledge(plan=plan, user=None, role="approver", text="Agreed with counsel for this test.", now=now)
plans.start(plan=plan, user=None, now=now)
runs.do(queue.claim(queue="cpu", worker="answers"))
"""
UNDISTURBED = """
import sys, django
from dataclasses import replace
from pathlib import Path
django.setup()
from evaluations.distillation.students import train_student
from evaluations.models import ControlStudent
from evaluations.services.distillation.teaching import job_of
folder = Path(sys.argv[1])
job = job_of(ControlStudent.objects.get())
assert train_student(replace(job, folder=folder / "student", checkpoint=folder / "checkpoint"))
"""
STUDENT = "select state, steps_done, failure from evaluations_controlstudent"
HOLDER = "select worker from evaluations_workunit where kind = 'training' and state = 'leased'"


@pytest.fixture
def installation(torch: Any, tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "installation")
    made.env |= {
        "MODEL_ROOTS": str(tmp_path / "models"),
        "PEDIGREE_TRAINING_SLICE_S": "2",
        "PEDIGREE_DEVICE": "cpu",
        "OMP_NUM_THREADS": "1",
    }
    made.folder.mkdir()
    made.migrate()
    made.start_beat()
    try:
        yield made
    finally:
        made.stop()


def under_way(installation: Installation) -> bool:
    """A worker trains, and a part of the student is done but not all."""
    ((state, done, _),) = installation.query(STUDENT)
    return state == "training" and int(done) > 0 and bool(installation.query(HOLDER))


def test_a_student_whose_worker_was_killed_ends_with_the_weights_of_an_undisturbed_one(
    installation: Installation, tmp_path: Path
) -> None:
    installation.python("-c", MAKE_PLAN, str(tmp_path / "models" / "base"))
    worker = installation.start_worker()
    eventually(lambda: under_way(installation), 120, installation.tail)

    pid = int(str(installation.query(HOLDER)[0][0]).rpartition(":")[2])
    assert pid in children_of(worker.pid)
    ((_, done_before, _),) = installation.query(STUDENT)
    os.kill(pid, signal.SIGKILL)
    assert int(done_before) < STEPS, "the training was nearly over before the kill"

    ended = "select state from evaluations_distillationplan where state in ('finished', 'failed')"
    eventually(lambda: installation.query(ended), 120, installation.tail)
    assert installation.query(STUDENT) == [("trained", STEPS, "")]
    installation.python("-c", UNDISTURBED, str(tmp_path / "undisturbed"))
    (resumed,) = (installation.folder / "students").glob("plan-*/student-*/model.safetensors")
    undisturbed = tmp_path / "undisturbed" / "student" / "model.safetensors"
    assert resumed.read_bytes() == undisturbed.read_bytes()

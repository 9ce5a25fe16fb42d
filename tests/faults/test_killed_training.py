"""A training killed with SIGKILL goes on from its checkpoint and ends with the bits of one that was not killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.faults, pytest.mark.slow]

TRAIN = """
import sys, time
from pathlib import Path
from tests.distillation.test_students import SETTINGS, job
from dataclasses import replace
from evaluations.distillation.students import train_student

base, folder, pause = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
settings = replace(SETTINGS, steps=40)
asked = []

def slow(progress):
    time.sleep(pause)

while True:
    asked.clear()
    result = train_student(
        job(base, folder, settings=settings),
        on_progress=slow,
        should_stop=lambda: asked.append(1) or len(asked) > 5,
    )
    if result is not None:
        break
"""


def start(base: Path, folder: Path, pause: float) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", TRAIN, str(base), str(folder), str(pause)],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )


def test_a_killed_training_ends_with_the_weights_of_an_undisturbed_one(torch: Any, tmp_path: Path) -> None:
    from tests.services.distilling import make_base

    base = make_base(tmp_path / "base")
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    assert start(base, undisturbed, 0.0).wait(timeout=180) == 0
    first = start(base, killed, 0.1)
    checkpoint = killed / "student.checkpoint.0"
    end = time.monotonic() + 120
    while not checkpoint.exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert checkpoint.exists(), "no checkpoint was written within 120 s"
    os.killpg(first.pid, signal.SIGKILL)
    assert first.wait(timeout=10) == -signal.SIGKILL
    assert not (killed / "student").exists(), "the training was over before it was killed"
    done = torch.load(checkpoint, weights_only=True)["losses"]
    assert 0 < len(done) < 40
    assert start(base, killed, 0.0).wait(timeout=180) == 0
    weights = [(folder / "student" / "model.safetensors").read_bytes() for folder in (undisturbed, killed)]
    assert weights[0] == weights[1]

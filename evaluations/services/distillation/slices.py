"""A slice of training: when it ends, and what is shown of it meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from evaluations.distillation.training import Progress
from evaluations.models import ControlStudent, DistillationPlan, PlanState
from evaluations.services import queue

SHOW_S: Final = 1.0
CURVE_POINTS: Final = 200


class Slice:
    """When a unit should stop: its time is over, its lease is lost, or its plan is paused or cancelled."""

    def __init__(self, plan_id: int, lost: Callable[[], bool]) -> None:
        self.plan_id, self.lost = plan_id, lost
        # Loading a large model may take longer than a slice, so the clock starts with the first question.
        self.until: float | None = None
        self.asked_at = time.monotonic()
        self.state = str(PlanState.TRAINING)

    def __call__(self) -> bool:
        if self.until is None:
            self.until = time.monotonic() + settings.TRAINING_SLICE_S
        if self.lost() or time.monotonic() >= self.until:
            return True
        if time.monotonic() - self.asked_at >= SHOW_S:
            self.asked_at = time.monotonic()
            self.state = DistillationPlan.objects.values_list("state", flat=True).get(pk=self.plan_id)
        return self.state != PlanState.TRAINING


class Shown:
    """Writes progress to the student's row at most every second, while the lease is held."""

    def __init__(self, held: queue.Claim, student: ControlStudent) -> None:
        self.held, self.student = held, student
        self.points = {int(step): (loss, seen) for step, loss, seen in student.losses}
        self.shown_at = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        due = time.monotonic() - self.shown_at >= SHOW_S
        if not due and progress.held_out_loss is None:
            return
        self.points[progress.step] = (round(progress.loss, 4), progress.held_out_loss)
        if not due:
            return
        self.shown_at = time.monotonic()
        with transaction.atomic():
            queue.renew(self.held)
            ControlStudent.objects.filter(pk=self.student.pk).update(
                steps_done=progress.step, steps=progress.steps, losses=thinned(self.points)
            )


def thinned(points: dict[int, tuple[float, float | None]]) -> list[list[Any]]:
    """At most 200 points of a curve, evenly taken; those with a held-out loss are kept first."""
    steps_seen = sorted(points)
    wide = max(1, -(-len(steps_seen) // CURVE_POINTS))
    kept = [s for i, s in enumerate(steps_seen) if i % wide == 0 or points[s][1] is not None]
    return [[s, *points[s]] for s in kept[-CURVE_POINTS:]]

"""Units of work: what is to be done, by whom, until when."""

from __future__ import annotations

from django.db import models

from evaluations.models.audits import Audit, Run
from evaluations.models.distillation import ControlStudent, DistillationPlan, LiveStep


class UnitState(models.TextChoices):
    """Where one unit of work stands."""

    READY = "ready", "Ready"
    LEASED = "leased", "Leased"
    DONE = "done", "Done"
    DROPPED = "dropped", "Dropped"


class UnitKind(models.TextChoices):
    """What a unit of work does."""

    COMPLETIONS = "completions", "Completions"
    FINDINGS = "findings", "Findings and report"
    CHECKING = "checking", "Check of a distillation plan"
    BASE = "base", "Tiny base of a distillation plan"
    TRAINING = "training", "Training of a control student"
    LIVE = "live", "Step of a live sample"


_OWNERS_OF_UNITS = ("run", "audit", "plan", "control_student", "live_step")


def _belongs(owner: str, *kinds: str) -> models.Q:
    """Units of these kinds have this owner and no other."""
    filled = {f"{name}__isnull": name != owner for name in _OWNERS_OF_UNITS}
    return models.Q(kind__in=kinds, **filled)


class WorkUnit(models.Model):
    """A unit of work: the truth about what is to be done, by whom, until when.

    A claim is one conditional UPDATE that sets ``lease_until`` and raises ``fence``; every later
    write names the fence it holds, so a worker that lost its lease changes nothing.
    """

    kind = models.CharField(max_length=12, choices=UnitKind.choices, default=UnitKind.COMPLETIONS)
    queue = models.CharField(max_length=20, default="cpu")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, null=True, blank=True, related_name="units")
    audit = models.ForeignKey(Audit, on_delete=models.CASCADE, null=True, blank=True, related_name="units")
    plan = models.ForeignKey(
        DistillationPlan, on_delete=models.CASCADE, null=True, blank=True, related_name="units"
    )
    control_student = models.ForeignKey(
        ControlStudent, on_delete=models.CASCADE, null=True, blank=True, related_name="units"
    )
    live_step = models.ForeignKey(
        LiveStep, on_delete=models.CASCADE, null=True, blank=True, related_name="units"
    )
    first = models.PositiveBigIntegerField(default=0)
    last = models.PositiveBigIntegerField(default=0)
    state = models.CharField(max_length=8, choices=UnitState.choices, default=UnitState.READY)
    attempt = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveBigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=80, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["queue", "state", "id"]),
            models.Index(fields=["state", "lease_until"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "first"], condition=models.Q(kind="completions"), name="one_unit_per_range"
            ),
            models.UniqueConstraint(
                fields=["audit"], condition=models.Q(kind="findings"), name="one_findings_unit_per_audit"
            ),
            models.UniqueConstraint(
                fields=["plan", "kind"], condition=models.Q(plan__isnull=False), name="one_unit_per_plan_step"
            ),
            models.UniqueConstraint(
                fields=["control_student"],
                condition=models.Q(kind="training"),
                name="one_unit_per_control_student",
            ),
            models.UniqueConstraint(
                fields=["live_step"], condition=models.Q(kind="live"), name="one_unit_per_live_step"
            ),
            models.CheckConstraint(
                condition=_belongs("run", "completions")
                | _belongs("audit", "findings")
                | _belongs("plan", "checking", "base")
                | _belongs("control_student", "training")
                | _belongs("live_step", "live"),
                name="a_unit_belongs_to_what_its_kind_says",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=UnitState.values), name="unit_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} ({self.state})"

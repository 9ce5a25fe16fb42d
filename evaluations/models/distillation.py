"""Distillation plans, the control students that they train, and the teacher answers that they use."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from evaluations.models.models import Model
from evaluations.models.suites import SuiteVersion
from evaluations.models.workspaces import Workspace


class PlanState(models.TextChoices):
    """Where a distillation plan stands."""

    CHECKING = "checking", "Checking"
    REFUSED = "refused", "Cannot run"
    READY = "ready", "Ready to start"
    ANSWERING = "answering", "Obtaining teacher answers"
    TRAINING = "training", "Training"
    PAUSED = "paused", "Paused"
    FINISHED = "finished", "Finished"
    CANCELLED = "cancelled", "Cancelled"
    FAILED = "failed", "Failed"


class StudentState(models.TextChoices):
    """Where one control student stands."""

    WAITING = "waiting", "Waiting"
    TRAINING = "training", "Training"
    TRAINED = "trained", "Trained"
    NOTHING_LEARNT = "nothing_learnt", "Learnt nothing"
    FAILED = "failed", "Stopped"
    CANCELLED = "cancelled", "Cancelled"
    DELETED = "deleted", "Deleted"


class DistillationPlan(models.Model):
    """A locked plan of control students: teachers x recipes x seeds.

    ``prompts`` are the training prompts, ``suite_version`` the suite of the verdict; the plan keeps the
    hash of both and how many shared prompts were taken out. ``base`` is null where Pedigree trains a tiny
    base of its own. ``paused_in`` is the state that a paused plan goes back to. Money is in micro-units.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="distillation_plans")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    prompts = models.ForeignKey(SuiteVersion, on_delete=models.PROTECT, related_name="distillation_plans")
    suite_version = models.ForeignKey(
        SuiteVersion, on_delete=models.PROTECT, related_name="controlled_by_plans"
    )
    base = models.ForeignKey(
        Model, on_delete=models.PROTECT, null=True, blank=True, related_name="plans_from_this_base"
    )
    plan = models.JSONField()
    plan_digest = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=PlanState.choices, default=PlanState.CHECKING)
    paused_in = models.CharField(max_length=10, blank=True)
    estimate = models.JSONField(null=True, blank=True)
    problems = models.JSONField(default=list)
    warnings = models.JSONField(default=list)
    budget_cap_micro = models.PositiveBigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    delete_after_audit = models.BooleanField(default=False)
    restricted = models.JSONField(default=list)
    acknowledgement = models.TextField(blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    queue = models.CharField(max_length=20, blank=True)
    failure = models.TextField(blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "number"], name="one_plan_per_number"),
            models.CheckConstraint(
                condition=models.Q(state__in=PlanState.values), name="plan_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    @property
    def reference(self) -> str:
        """The number people use: D-0003."""
        return f"D-{self.number:04d}"


class LiveState(models.TextChoices):
    """Where a live sample stands."""

    TRAINING = "training", "Training"
    AUDITING = "auditing", "Auditing"
    FINISHED = "finished", "Finished"
    FAILED = "failed", "Stopped"


class LiveSample(models.Model):
    """The sample audit with models trained in front of the user, in steps that workers take.

    ``audits``: the numbers of its audits, empty before they are locked.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="live_samples")
    state = models.CharField(max_length=10, choices=LiveState.choices, default=LiveState.TRAINING)
    audits = models.JSONField(default=list)
    failure = models.TextField(blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace"],
                condition=models.Q(state__in=["training", "auditing"]),
                name="one_live_sample_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=LiveState.values), name="live_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"live sample {self.pk}"


class LiveStep(models.Model):
    """One training or labelling job of a live sample; jobs of a wave wait for the wave before.

    ``temperature`` is null for a training. ``said``: what the job says when it is done.
    """

    live = models.ForeignKey(LiveSample, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    wave = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=80)
    temperature = models.FloatField(null=True, blank=True)
    done = models.BooleanField(default=False)
    said = models.TextField(blank=True)

    class Meta:
        ordering = ["live_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["live", "position"], name="one_live_step_per_position")
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.live_id}"


class PlanAnswers(models.Model):
    """Which run answers the training prompts for a plan: one model at one temperature."""

    plan = models.ForeignKey(DistillationPlan, on_delete=models.CASCADE, related_name="answers")
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="+")
    temperature = models.FloatField(default=0.0)
    run = models.ForeignKey("Run", on_delete=models.PROTECT, related_name="plan_answers")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "model", "temperature"], name="one_run_per_model_and_temperature"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model} at {self.temperature} for {self.plan_id}"


class ControlStudent(models.Model):
    """One student that Pedigree trains: its recipe, teacher and seed, how far it is, what it became.

    ``losses``: [[step, training loss, held-out loss or null], …] in nats a token, thinned to at most 200.
    ``agreement``: share of held-out prompts answered as the teacher does; ``agreement_before`` that of the
    untrained base. ``model`` is the registered model, null until it is trained.
    """

    plan = models.ForeignKey(DistillationPlan, on_delete=models.CASCADE, related_name="students")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=160)
    recipe = models.CharField(max_length=40)
    teacher = models.ForeignKey(
        Model, on_delete=models.PROTECT, null=True, blank=True, related_name="control_students"
    )
    seed = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=16, choices=StudentState.choices, default=StudentState.WAITING)
    steps = models.PositiveIntegerField(default=0)
    steps_done = models.PositiveIntegerField(default=0)
    losses = models.JSONField(default=list)
    cpu_seconds = models.FloatField(null=True, blank=True)
    agreement = models.FloatField(null=True, blank=True)
    agreement_before = models.FloatField(null=True, blank=True)
    folder = models.CharField(max_length=120, blank=True)
    card = models.JSONField(null=True, blank=True)
    model = models.OneToOneField(
        Model, on_delete=models.SET_NULL, null=True, blank=True, related_name="control_student"
    )
    failure = models.TextField(blank=True)

    class Meta:
        ordering = ["plan_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "position"], name="one_student_per_position"),
            models.CheckConstraint(
                condition=models.Q(state__in=StudentState.values), name="student_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

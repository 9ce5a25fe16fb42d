"""Audits, their runs, units of work, completions and results."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from evaluations.models.models import Model
from evaluations.models.suites import Sample, SuiteVersion, Workload
from evaluations.models.workspaces import Workspace
from evaluations.records import ErrorClass, ObtainedBy, Role


class AuditState(models.TextChoices):
    """Where an audit stands."""

    LOCKED = "locked", "Plan locked"
    RUNNING = "running", "Running"
    RECORDING = "recording", "Computing findings"
    FINISHED = "finished", "Finished"
    CANCELLED = "cancelled", "Cancelled"
    FAILED = "failed", "Failed"


class RunState(models.TextChoices):
    """Where one model's run stands."""

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    COMPLETE = "complete", "Complete"
    CANCELLED = "cancelled", "Cancelled"
    FAILED = "failed", "Failed"


class Audit(models.Model):
    """A locked plan with its digest; its runs, findings and reports hang on it.

    ``queue`` names the one queue of an audit that a command runs in the foreground, else it is empty.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="audits")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    workload = models.ForeignKey(
        Workload, on_delete=models.PROTECT, null=True, blank=True, related_name="audits"
    )
    suite_version = models.ForeignKey(SuiteVersion, on_delete=models.PROTECT, related_name="audits")
    plan = models.JSONField()
    plan_digest = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=AuditState.choices, default=AuditState.LOCKED)
    failure = models.TextField(blank=True)
    queue = models.CharField(max_length=20, blank=True)
    is_sample = models.BooleanField(default=False)
    locked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)

    class Meta:
        ordering = ["-locked_at", "-id"]
        indexes = [models.Index(fields=["workspace", "-locked_at"])]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "number"], name="one_audit_per_number"),
            models.CheckConstraint(
                condition=models.Q(state__in=AuditState.values), name="audit_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    @property
    def reference(self) -> str:
        """The number people use: A-0031."""
        return f"A-{self.number:04d}"


class Run(models.Model):
    """One model over one suite version with one decoding configuration.

    ``scope`` is "shared" where a later audit may use the run again, else names the one audit.
    """

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="runs")
    suite_version = models.ForeignKey(SuiteVersion, on_delete=models.PROTECT, related_name="runs")
    decoding = models.JSONField()
    decoding_digest = models.CharField(max_length=64)
    model_digest = models.CharField(max_length=64)
    scope = models.CharField(max_length=40, default="shared")
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.WAITING)
    obtained_by = models.CharField(max_length=20, default=ObtainedBy.BUYER_RAN)
    failure = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model", "suite_version", "model_digest", "decoding_digest", "scope"],
                name="one_run_per_configuration",
            ),
            models.CheckConstraint(condition=models.Q(state__in=RunState.values), name="run_state_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.model} on {self.suite_version}"


class AuditModel(models.Model):
    """A model's role in an audit, with the run that answers for it."""

    audit = models.ForeignKey(Audit, on_delete=models.CASCADE, related_name="audit_models")
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="audit_models")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, null=True, blank=True, related_name="audit_models")
    role = models.CharField(max_length=12)
    reused = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["audit", "model"], name="one_role_per_model"),
            models.UniqueConstraint(
                fields=["audit"], condition=models.Q(role=Role.STUDENT.value), name="one_student_per_audit"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in Role]), name="audit_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} as {self.role}"


class Completion(models.Model):
    """One stored output: text, usage, true latency and, where given, log-probabilities."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="completions")
    sample = models.ForeignKey(Sample, on_delete=models.PROTECT, related_name="completions")
    sample_index = models.PositiveSmallIntegerField(default=0)
    text = models.TextField(blank=True)
    prompt_tokens = models.PositiveIntegerField(null=True)
    completion_tokens = models.PositiveIntegerField(null=True)
    latency_ms = models.FloatField(null=True)
    logprobs = models.JSONField(null=True)
    finish_reason = models.CharField(max_length=40, blank=True)
    model_reported = models.CharField(max_length=200, blank=True)
    fingerprint = models.CharField(max_length=200, blank=True)
    error = models.CharField(max_length=20, blank=True)
    error_detail = models.TextField(blank=True)
    obtained_by = models.CharField(max_length=20)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "sample", "sample_index"], name="one_completion_per_sample"
            ),
            models.CheckConstraint(
                condition=models.Q(error__in=["", *(error.value for error in ErrorClass)]),
                name="error_class_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(obtained_by__in=[who.value for who in ObtainedBy]),
                name="completion_says_who_obtained_it",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.sample_id}/{self.sample_index}"


class Score(models.Model):
    """One metric's value for one run on one sample."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="scores")
    sample = models.ForeignKey(Sample, on_delete=models.PROTECT, related_name="scores")
    metric = models.CharField(max_length=40)
    value = models.FloatField()
    accepted = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "sample", "metric"], name="one_score_per_metric")
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.value}"


class Finding(models.Model):
    """A stored, reproducible result: provenance, quality, cost, licence or shelf life."""

    audit = models.ForeignKey(Audit, on_delete=models.CASCADE, related_name="findings")
    kind = models.CharField(max_length=20)
    payload = models.JSONField(null=True)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["audit", "kind"], name="one_finding_per_kind")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.audit_id}"


class ReportStatus(models.TextChoices):
    """A report is a draft until it is signed off."""

    DRAFT = "DRAFT", "Draft"
    FINAL = "FINAL", "Final"


class Report(models.Model):
    """A frozen snapshot of the findings with its digest; page and PDF render the same sections."""

    audit = models.ForeignKey(Audit, on_delete=models.CASCADE, related_name="reports")
    version = models.PositiveIntegerField()
    status = models.CharField(max_length=5, choices=ReportStatus.choices, default=ReportStatus.DRAFT)
    snapshot = models.JSONField()
    digest = models.CharField(max_length=64)
    pdf_name = models.CharField(max_length=120, blank=True)
    pdf_sha256 = models.CharField(max_length=64, blank=True)
    pdf_problem = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["audit_id", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["audit", "version"], name="one_report_per_version"),
            models.UniqueConstraint(fields=["audit", "digest"], name="one_report_per_digest"),
        ]

    def __str__(self) -> str:
        return f"report {self.version} of {self.audit_id}"

"""Workloads, task suites, their immutable versions and samples."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from evaluations.models.workspaces import Workspace
from evaluations.records import Criticality, Message
from evaluations.records import Sample as SampleRecord


class Sensitivity(models.TextChoices):
    """How confidential a suite's texts are; decides where they may be sent."""

    PUBLIC = "public", "Public"
    INTERNAL = "internal", "Internal"
    CONFIDENTIAL = "confidential", "Confidential"


class Workload(models.Model):
    """A job that the buyer runs with AI: its volume, policy and owner."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="workloads")
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    owner = models.CharField(max_length=120, blank=True)
    monthly_volume = models.PositiveBigIntegerField(null=True, blank=True)
    criticality_policy = models.JSONField(default=dict)
    contract_notice_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="one_workload_per_name")]

    def __str__(self) -> str:
        return self.name


class TaskSuite(models.Model):
    """A named collection of samples; its content lives in versions."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="suites")
    workload = models.ForeignKey(
        Workload, on_delete=models.PROTECT, null=True, blank=True, related_name="suites"
    )
    name = models.CharField(max_length=120)
    sensitivity = models.CharField(max_length=12, choices=Sensitivity.choices, default=Sensitivity.INTERNAL)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="one_suite_per_name"),
            models.CheckConstraint(
                condition=models.Q(sensitivity__in=Sensitivity.values), name="sensitivity_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SuiteUpload(models.Model):
    """A file on its way to becoming a suite version: nothing is imported until the mapping is confirmed."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="uploads")
    suite = models.ForeignKey(TaskSuite, on_delete=models.CASCADE, related_name="uploads")
    filename = models.CharField(max_length=255)
    stored_name = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    proposal = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    version = models.ForeignKey(
        "SuiteVersion", on_delete=models.SET_NULL, null=True, blank=True, related_name="uploads"
    )

    def __str__(self) -> str:
        return self.filename


class SuiteVersion(models.Model):
    """One immutable content of a suite. The database refuses a change of its hash or count."""

    suite = models.ForeignKey(TaskSuite, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64)
    sample_count = models.PositiveBigIntegerField()
    mapping = models.JSONField(default=dict)
    source_filename = models.CharField(max_length=255, blank=True)
    source_sha256 = models.CharField(max_length=64, blank=True)
    left_out = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)

    class Meta:
        ordering = ["suite_id", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["suite", "number"], name="one_suite_version_per_number"),
            models.UniqueConstraint(fields=["suite", "content_hash"], name="one_suite_version_per_content"),
            models.CheckConstraint(condition=models.Q(sample_count__gt=0), name="a_version_has_samples"),
        ]

    def __str__(self) -> str:
        return f"{self.suite} version {self.number}"


class Sample(models.Model):
    """One task of a version, immutable. ``input`` is a text or a list of chat messages."""

    version = models.ForeignKey(SuiteVersion, on_delete=models.CASCADE, related_name="samples")
    position = models.PositiveBigIntegerField()
    key = models.CharField(max_length=200)
    input = models.JSONField()
    targets = models.JSONField(default=list)
    target_rule = models.CharField(max_length=20)
    task_type = models.CharField(max_length=20)
    criticality = models.CharField(max_length=10, default=Criticality.STANDARD)
    tags = models.JSONField(default=list)

    class Meta:
        ordering = ["version_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "key"], name="one_sample_per_key"),
            models.UniqueConstraint(fields=["version", "position"], name="one_sample_per_position"),
            models.CheckConstraint(
                condition=models.Q(criticality__in=[c.value for c in Criticality]),
                name="criticality_is_known",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    def as_record(self) -> SampleRecord:
        """The frozen record of this sample."""
        content = self.input
        return SampleRecord(
            id=self.key,
            input=content if isinstance(content, str) else tuple(Message(**turn) for turn in content),
            targets=tuple(self.targets),
            task_type=self.task_type,
            criticality=self.criticality,
            tags=tuple(self.tags),
            target_rule=self.target_rule,
        )

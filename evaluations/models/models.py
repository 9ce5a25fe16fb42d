"""Registered models: what the vendor claims, how to run them, what is known of their history."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.core.validators import RegexValidator
from django.db import models

from evaluations.models.suites import SuiteVersion
from evaluations.models.workspaces import Workspace
from evaluations.records import ModelCard, ObtainedBy, digest

PARTIAL_DATE = RegexValidator(
    r"^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$",
    "Enter a date as 2026, 2026-05 or 2026-05-17.",
)


MODEL_KEY = RegexValidator(
    r"^[\w.+:@-]+(/[\w.+:@-]+)*$", "Use letters, digits and . _ + : @ - / without spaces."
)


class AccessRoute(models.TextChoices):
    """How a model's outputs are reached; terms differ by route."""

    FIRST_PARTY_API = "first_party_api", "First-party API"
    CLOUD_MARKETPLACE = "cloud_marketplace", "Cloud marketplace"
    AGGREGATOR = "aggregator", "Aggregator"
    CONSUMER_APP = "consumer_app", "Consumer app"
    SELF_HOSTED_WEIGHTS = "self_hosted_weights", "Self-hosted weights"


class Panel(models.Model):
    """A reference panel: a versioned, frozen set of models with documented history on one suite."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="panels")
    name = models.CharField(max_length=120)
    title = models.CharField(max_length=200, blank=True)
    licence = models.TextField(blank=True)
    source = models.TextField(blank=True)
    hold_out = models.CharField(max_length=10, default="lineage")
    suite_version = models.ForeignKey(SuiteVersion, on_delete=models.PROTECT, related_name="panels")
    content_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name", "content_hash"], name="one_panel_per_content"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Model(models.Model):
    """A registered model.

    ``backend`` is the stem of a plug-in; ``settings`` are that plug-in's own. ``taught_by_owners``
    is null where unknown and an empty list where documented as taught by nobody. Prices are
    micro-units of ``currency`` per million tokens, null where not known.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="models")
    key = models.CharField(max_length=160, validators=[MODEL_KEY])
    name = models.CharField(max_length=160)
    vendor = models.CharField(max_length=120, blank=True)
    claim = models.TextField(blank=True)
    backend = models.CharField(max_length=40)
    settings = models.JSONField(default=dict)
    access_route = models.CharField(max_length=24, choices=AccessRoute.choices, blank=True)
    owner = models.CharField(max_length=80, blank=True)
    family = models.CharField(max_length=80, blank=True)
    lineage = models.CharField(max_length=120, blank=True)
    base = models.CharField(max_length=160, blank=True)
    relation = models.CharField(max_length=40, blank=True)
    released = models.CharField(max_length=10, blank=True, validators=[PARTIAL_DATE])
    released_source = models.CharField(max_length=200, blank=True)
    taught_by_owners = models.JSONField(null=True, blank=True)
    taught_by_families = models.JSONField(default=list, blank=True)
    taught_by = models.JSONField(default=list, blank=True)
    data_source = models.TextField(blank=True)
    history_source = models.TextField(blank=True)
    confidence = models.CharField(max_length=20, blank=True)
    note = models.TextField(blank=True)
    currency = models.CharField(max_length=3, default="USD")
    price_input_micro = models.PositiveBigIntegerField(null=True, blank=True)
    price_output_micro = models.PositiveBigIntegerField(null=True, blank=True)
    price_source = models.CharField(max_length=200, blank=True)
    obtained_by = models.CharField(max_length=20, default=ObtainedBy.BUYER_RAN)
    panel = models.ForeignKey(Panel, on_delete=models.CASCADE, null=True, blank=True, related_name="models")
    panel_role = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        django_settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "key"], name="one_model_per_key"),
            models.CheckConstraint(
                condition=models.Q(obtained_by__in=[who.value for who in ObtainedBy]),
                name="who_obtained_it_is_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def as_card(self) -> ModelCard:
        """What is declared about this model's history, as a frozen record."""
        owners = self.taught_by_owners
        return ModelCard(
            key=self.key,
            name=self.name,
            owner=self.owner,
            family=self.family,
            lineage=self.lineage,
            base=self.base,
            released=self.released or None,
            released_source=self.released_source,
            relation=self.relation,
            taught_by_owners=None if owners is None else tuple(owners),
            taught_by_families=tuple(self.taught_by_families),
            taught_by=tuple(self.taught_by),
            data_source=self.data_source,
            access_route=self.access_route,
            confidence=self.confidence,
            source=self.history_source,
            note=self.note,
        )

    def configuration_digest(self) -> str:
        """SHA-256 of what decides this model's answers here: its backend and settings."""
        return digest({"backend": self.backend, "settings": self.settings})


class EndpointKey(models.Model):
    """The encrypted key of one model's endpoint, bound to (scheme, host, port)."""

    model = models.OneToOneField(Model, on_delete=models.CASCADE, related_name="endpoint_key")
    origin = models.CharField(max_length=260)
    ciphertext = models.BinaryField()
    set_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"key for {self.origin}"

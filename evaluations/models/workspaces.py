"""Workspaces (tenants), their people and their trail of events."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class MemberRole(models.TextChoices):
    """What a person may do in a workspace, weakest first."""

    VIEWER = "viewer", "Viewer"
    ANALYST = "analyst", "Analyst"
    APPROVER = "approver", "Approver"
    ADMIN = "admin", "Admin"


ROLE_RANK = {role: rank for rank, role in enumerate(MemberRole.values)}


class Workspace(models.Model):
    """A tenant. Everything else hangs on one."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person in a workspace, with one role."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=MemberRole.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "user"], name="one_membership_per_person"),
            models.CheckConstraint(
                condition=models.Q(role__in=MemberRole.values), name="membership_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.workspace} ({self.role})"

    def may(self, role: str) -> bool:
        """Whether this membership's role is at least ``role``."""
        return ROLE_RANK[self.role] >= ROLE_RANK[role]


class Event(models.Model):
    """One entry of the append-only trail.

    ``hash`` = SHA-256 over the previous hash and the entry's own canonical JSON; the database
    refuses updates (and, on PostgreSQL, deletes) of stored entries.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="events")
    sequence = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    verb = models.CharField(max_length=60)
    subject = models.CharField(max_length=120)
    payload = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["workspace_id", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "sequence"], name="one_event_per_sequence"),
            models.UniqueConstraint(fields=["workspace", "previous_hash"], name="the_trail_never_forks"),
        ]

    def __str__(self) -> str:
        return f"{self.workspace_id}/{self.sequence} {self.verb} {self.subject}"

"""Audits: lock a plan, start it once, cancel it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from evaluations.errors import AuditNotReady, Refusal
from evaluations.inference.backend import backends as backend_registry
from evaluations.models import (
    Audit,
    AuditModel,
    AuditState,
    Model,
    Panel,
    SuiteVersion,
    UnitState,
    Workload,
    Workspace,
    WorkUnit,
)
from evaluations.records import Criticality, Decoding, Role, digest, to_json
from evaluations.services import events, run_setup, settling, sharing

DEFAULT_MARGINS = {Criticality.ROUTINE: 0.90, Criticality.STANDARD: 0.95, Criticality.CRITICAL: 0.98}
MAX_SUSPECTED = 2
LIMITS = {"samples": (1, 20), "max_new_tokens": (1, 8192), "temperature": (0.0, 2.0), "seed": (0, 2**31 - 1)}


@dataclass(frozen=True)
class PlanRequest:
    """What a person wants to audit, before it is checked and locked.

    ``margins``: share of the teacher's score to keep, by criticality, in (0, 1].
    ``suspected_owners``: up to two, each the owner of at least one candidate.
    """

    title: str
    suite_version: SuiteVersion
    student: Model
    candidates: Sequence[Model]
    references: Sequence[Model] = ()
    controls: Sequence[Model] = ()
    panel: Panel | None = None
    workload: Workload | None = None
    suspected_owners: Sequence[str] = ()
    decoding: Decoding = field(default_factory=Decoding)
    margins: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_MARGINS))
    alpha: float = 0.05
    seed: int = 0
    hold_out: str = "lineage"
    budget_cap_micro: int | None = None
    currency: str = "USD"
    is_sample: bool = False

    def roles(self) -> list[tuple[Model, Role]]:
        """Every model once, with its role; a panel's other models are references."""
        named = [
            (self.student, Role.STUDENT),
            *((model, Role.CANDIDATE) for model in self.candidates),
            *((model, Role.REFERENCE) for model in self.references),
            *((model, Role.CONTROL) for model in self.controls),
        ]
        taken = {model.pk for model, _ in named}
        if self.panel is not None:
            rest = self.panel.models.exclude(pk__in=taken).order_by("id")
            named += [(model, Role.REFERENCE) for model in rest]
        return named


def problems_of(request: PlanRequest, workspace: Workspace) -> list[str]:
    """Every reason why this plan cannot be locked, as sentences; empty where it can."""
    found: list[str] = []
    roles = request.roles()
    keys = [model.key for model, _ in roles]
    found += [
        f"{key} is named twice in the plan; a model has one role in an audit."
        for key in sorted({key for key in keys if keys.count(key) > 1})
    ]
    strangers = [model.key for model, _ in roles if model.workspace_id != workspace.pk]
    found += [f"There is no model {key} in this workspace." for key in strangers]
    if request.suite_version.suite.workspace_id != workspace.pk:
        found.append("There is no such suite version in this workspace.")
    if not request.candidates:
        found.append("The plan names no teacher candidate; choose at least one model to compare with.")
    return found + _owner_problems(request) + _number_problems(request)


def _owner_problems(request: PlanRequest) -> list[str]:
    found = []
    owners = {model.owner for model in request.candidates if model.owner}
    if len(request.suspected_owners) > MAX_SUSPECTED:
        found.append(
            f"The plan names {len(request.suspected_owners)} suspected owners; at most {MAX_SUSPECTED} are tested alone."
        )
    found += [
        f"The suspected owner {owner!r} owns no candidate of the plan (owners: {', '.join(sorted(owners)) or 'none'})."
        for owner in request.suspected_owners
        if owner not in owners
    ]
    return found


def _number_problems(request: PlanRequest) -> list[str]:
    found = []
    if not 0 < request.alpha <= 0.5:
        found.append(f"Error rate: found {request.alpha}, expected a number above 0 and at most 0.5.")
    for name, margin in request.margins.items():
        if name not in set(Criticality):
            found.append(f"Margins: found criticality {name!r}, expected routine, standard or critical.")
        if not 0.5 <= margin <= 1:
            found.append(f"{name}: {margin:.0%} to keep; enter a number from 50 to 100 percent.")
    for name, (low, high) in LIMITS.items():
        value = getattr(request.decoding, name)
        if not low <= value <= high:
            found.append(f"Decoding, {name}: found {value}, expected {low} to {high}.")
    if request.hold_out not in {"lineage", "base"}:
        found.append(f"Hold out: found {request.hold_out!r}, expected lineage or base.")
    return found


def plan_of(request: PlanRequest) -> dict[str, Any]:
    """The plan as the JSON that is locked and digested."""
    roles = request.roles()
    suite = request.suite_version

    def keys(role: Role) -> list[str]:
        return [model.key for model, its_role in roles if its_role == role]

    return {
        "schema": 1,
        "title": request.title,
        "workload": request.workload.name if request.workload else "",
        "suite": {
            "name": suite.suite.name,
            "version": suite.number,
            "content_hash": suite.content_hash,
            "n_samples": suite.sample_count,
        },
        "panel": request.panel.name if request.panel else "",
        "student": request.student.key,
        "candidates": keys(Role.CANDIDATE),
        "references": keys(Role.REFERENCE),
        "controls": keys(Role.CONTROL),
        "suspected_owners": list(request.suspected_owners),
        "decoding": to_json(request.decoding),
        "margins": {str(name): value for name, value in request.margins.items()},
        "alpha": request.alpha,
        "seed": request.seed,
        "hold_out": request.hold_out,
        "cards": {model.key: to_json(model.as_card()) for model, _ in roles},
        "configurations": {model.key: model.configuration_digest() for model, _ in roles},
        "budget_cap_micro": request.budget_cap_micro,
        "currency": request.currency,
    }


@transaction.atomic
def create(*, workspace: Workspace, user: Any, request: PlanRequest, now: datetime) -> Audit:
    """Check and lock a plan. Refuses with every problem at once; nothing is stored then."""
    problems = problems_of(request, workspace)
    if problems:
        raise Refusal(*problems)
    plan = plan_of(request)
    Workspace.objects.select_for_update().get(pk=workspace.pk)
    last = Audit.objects.filter(workspace=workspace).aggregate(last=Max("number"))["last"] or 0
    audit = Audit.objects.create(
        workspace=workspace,
        number=last + 1,
        title=request.title,
        workload=request.workload,
        suite_version=request.suite_version,
        plan=plan,
        plan_digest=digest(plan),
        is_sample=request.is_sample,
        locked_at=now,
        created_by=user if user is not None and user.is_authenticated else None,
    )
    AuditModel.objects.bulk_create(
        AuditModel(audit=audit, model=model, role=role) for model, role in request.roles()
    )
    events.record(
        workspace=workspace, user=user, verb="plan locked", subject=audit.reference,
        payload={"plan_digest": audit.plan_digest}, now=now,
    )  # fmt: skip
    return audit


@transaction.atomic
def start(*, audit: Audit, user: Any, now: datetime, queue_name: str = "") -> bool:
    """Start a locked audit; true where this call started it. A second call changes nothing.

    ``queue_name`` sends every unit to one queue, for a command that works in the foreground.
    """
    moved = Audit.objects.filter(pk=audit.pk, state=AuditState.LOCKED).update(
        state=AuditState.RUNNING, started_at=now, queue=queue_name
    )
    if not moved:
        return False
    members = list(audit.audit_models.select_related("model").order_by("id"))
    for member in members:
        run_setup.attach(audit, member, queue_name=queue_name)
    AuditModel.objects.bulk_update(members, ["run", "reused"])
    audit.queue = queue_name
    settling.settle_audit(audit)
    events.record(
        workspace=audit.workspace, user=user, verb="audit started", subject=audit.reference, now=now
    )
    return True


@transaction.atomic
def cancel(*, audit: Audit, user: Any, now: datetime) -> None:
    """Cancel an audit: no new call begins, stored answers are kept. Refuses an audit that has ended."""
    moved = Audit.objects.filter(
        pk=audit.pk, state__in=(AuditState.LOCKED, AuditState.RUNNING, AuditState.RECORDING)
    ).update(state=AuditState.CANCELLED, finished_at=now)
    if not moved:
        state = Audit.objects.values_list("state", flat=True).get(pk=audit.pk)
        raise AuditNotReady(
            f"{audit.reference} is {AuditState(state).label.lower()}; it cannot be cancelled."
        )
    sharing.let_go(audit.audit_models.exclude(run=None).values_list("run_id", flat=True), now=now)
    WorkUnit.objects.filter(audit=audit, state=UnitState.READY).update(state=UnitState.DROPPED)
    events.record(
        workspace=audit.workspace, user=user, verb="audit cancelled", subject=audit.reference, now=now
    )


def queues(audit: Audit) -> tuple[str, ...]:
    """The queues whose workers an audit needs, to be woken by the entry point."""
    kinds = audit.audit_models.values_list("model__backend", flat=True).distinct()
    return tuple(sorted({run_setup.queue_of(backend_registry.get(kind)) for kind in kinds} | {"cpu"}))

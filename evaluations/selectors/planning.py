"""Before the lock: what can be chosen, what a plan can show at best, what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Avg, Count, Q, QuerySet

from evaluations import access
from evaluations.inference.backend import backends
from evaluations.models import Completion, Model, Panel, Sample, StudentState, SuiteVersion, Workspace
from evaluations.provenance.errors import ProvenanceInputError
from evaluations.provenance.planning import PlanLimits, admissibility, planned_limits
from evaluations.records import Role
from evaluations.reports import format as fmt
from evaluations.selectors.models import REACHED

PANEL_CANDIDATES = ("candidate", "teacher_candidate")
MOST_PROMPTS = 2000
NOT_MEASURED_YET = "Not measured yet"


@dataclass(frozen=True)
class CandidateOption:
    """One model that may have taught the student, with its admissibility by date."""

    id: int
    name: str
    owner: str
    route: str
    released: str
    admissible: bool
    reason: str
    from_panel: bool


@dataclass(frozen=True)
class PlanOptions:
    """What a plan for this student on this suite version can name."""

    student: Model
    version: SuiteVersion
    candidates: tuple[CandidateOption, ...]
    references: tuple[CandidateOption, ...]
    controls: tuple[CandidateOption, ...]
    owners: tuple[str, ...]
    panels: QuerySet[Panel]
    n_panels: int
    counts: dict[str, int]
    margins: dict[str, float]


@dataclass(frozen=True)
class CostRow:
    """The estimate for one model. ``micro`` is ``None`` where it is not known, ``text`` says why."""

    name: str
    role: str
    calls: int
    text: str
    micro: int | None
    seconds: float | None


@dataclass(frozen=True)
class Estimate:
    """What the run takes. ``total`` adds up what is known; ``complete`` is false where a part is missing."""

    n_models: int
    n_completions: int
    n_calls: int
    rows: tuple[CostRow, ...]
    total_micro: int
    total: str
    complete: bool
    missing: tuple[str, ...]
    time: str
    sent_to: tuple[str, ...]


@dataclass(frozen=True)
class PlanReview:
    """What is shown between the form and the lock. ``limits`` is ``None`` where the plan has problems."""

    problems: tuple[str, ...]
    limits: PlanLimits | None
    estimate: Estimate
    digest: str
    n_references: int

    @property
    def reachable(self) -> bool:
        """Provenance can say more than inconclusive for at least one owner."""
        return self.limits is not None and any(owner.reachable for owner in self.limits.owners)


def students(user: Any, workspace: Workspace) -> QuerySet[Model]:
    """Every model of the workspace; those registered one by one first."""
    rows = access.models_for(user).filter(workspace=workspace).select_related("panel")
    return rows.order_by("panel__name", "name", "pk")


def versions(user: Any, workspace: Workspace) -> QuerySet[SuiteVersion]:
    """Every suite version of the workspace, newest first within a suite."""
    rows = access.suite_versions_for(user).filter(suite__workspace=workspace)
    return rows.select_related("suite__workload").order_by("suite__name", "-number")


def options(user: Any, workspace: Workspace, student: Model, version: SuiteVersion) -> PlanOptions:
    """What a plan for ``student`` on ``version`` can name."""
    panels = (
        access.panels_for(user).filter(workspace=workspace, suite_version=version).order_by("name", "-pk")
    )
    rows = access.models_for(user).filter(workspace=workspace).exclude(pk=student.pk)
    of_panels = Q(panel__in=panels, panel_role__in=PANEL_CANDIDATES)
    trained = rows.filter(control_student__state=StudentState.TRAINED).order_by("name", "pk")
    others = rows.filter(control_student__isnull=True)
    found = list(others.filter(Q(panel__isnull=True) | of_panels).order_by("owner", "name", "pk"))
    candidates = _options(student, found)
    counts = dict(
        Sample.objects.filter(version=version).order_by().values_list("criticality").annotate(n=Count("pk"))
    )
    workload = version.suite.workload
    return PlanOptions(
        student=student,
        version=version,
        candidates=candidates,
        references=tuple(option for option in candidates if not option.from_panel),
        controls=_options(student, list(trained)),
        owners=tuple(dict.fromkeys(option.owner for option in candidates if option.owner)),
        panels=panels,
        n_panels=panels.count(),
        counts=counts,
        margins=dict(workload.criticality_policy) if workload else {},
    )


def _options(student: Model, rows: list[Model]) -> tuple[CandidateOption, ...]:
    cards = {model.key: model.as_card() for model in (student, *rows)}
    found = {item.model: item for item in admissibility(cards, student.key, [row.key for row in rows], None)}
    return tuple(
        CandidateOption(
            id=row.pk,
            name=row.name,
            owner=row.owner,
            route=row.get_access_route_display() or REACHED.get(row.backend, fmt.label(row.backend)),
            released=fmt.day(row.released) if row.released else "",
            admissible=found[row.key].admissible,
            reason=found[row.key].reason,
            from_panel=row.panel_id is not None,
        )
        for row in rows
    )


def review(
    plan: dict[str, Any],
    roles: list[tuple[Model, Role]],
    version: SuiteVersion,
    problems: list[str],
    digest: str,
) -> PlanReview:
    """What this plan can show at best and what it costs, from its JSON and its models."""
    limits: PlanLimits | None = None
    found = list(problems)
    if not found:
        try:
            limits = planned_limits(
                {model.key: model.as_card() for model, _ in roles},
                plan["student"],
                plan["candidates"],
                plan["suspected_owners"],
                plan["alpha"],
                min(version.sample_count, MOST_PROMPTS),
                hold_out=plan["hold_out"],
            )
        except ProvenanceInputError as error:
            found.append(str(error))
    return PlanReview(
        problems=tuple(found),
        limits=limits,
        estimate=estimate(plan, roles, version),
        digest=digest,
        n_references=sum(role == Role.REFERENCE for _, role in roles),
    )


def estimate(plan: dict[str, Any], roles: list[tuple[Model, Role]], version: SuiteVersion) -> Estimate:
    """Completions, calls and cost; means of tokens and latency come from earlier runs of each model."""
    samples = int(plan["decoding"]["samples"])
    known = means([model for model, _ in roles])
    rows = [
        _cost_row(model, role, version.sample_count * samples, plan["currency"], known.get(model.pk, {}))
        for model, role in roles
    ]
    called = [row for row in rows if row.calls]
    missing = tuple(f"{row.name}: {row.text}" for row in called if row.micro is None)
    total = sum(row.micro or 0 for row in called)
    seconds = [row.seconds for row in called]
    time = "No model is called" if not called else NOT_MEASURED_YET
    if called and all(value is not None for value in seconds):
        time = _duration(sum(value or 0.0 for value in seconds))
    return Estimate(
        n_models=len(rows),
        n_completions=version.sample_count * sum(samples if row.calls else 1 for row in rows),
        n_calls=sum(row.calls for row in rows),
        rows=tuple(called),
        total_micro=total,
        total=fmt.money(total, plan["currency"]),
        complete=not missing,
        missing=missing,
        time=time,
        sent_to=tuple(model.name for model, _ in roles if backends.get(model.backend).sends_data),
    )


def means(models: list[Model]) -> dict[int, dict[str, float | None]]:
    """Mean tokens and latency of the answers of earlier runs, by model; recorded models are not asked."""
    wanted = [model.pk for model in models if model.backend not in ("recorded", "scripted")]
    if not wanted:
        return {}
    rows = Completion.objects.filter(run__model__in=wanted, error="").order_by().values("run__model")
    found = rows.annotate(
        prompt=Avg("prompt_tokens"), completion=Avg("completion_tokens"), latency=Avg("latency_ms")
    )
    return {row["run__model"]: row for row in found}


def _cost_row(model: Model, role: Role, calls: int, currency: str, known: dict[str, Any]) -> CostRow:
    if not getattr(backends.get(model.backend), "decodes", True) or model.backend == "recorded":
        return CostRow(model.name, role, 0, "Recorded, nothing is called", 0, 0.0)
    latency = known.get("latency")
    width = max(1, int(model.settings.get("concurrency") or model.settings.get("batch_size") or 1))
    seconds = None if latency is None else latency / 1000 * calls / width
    if model.price_input_micro is None or model.price_output_micro is None:
        return CostRow(model.name, role, calls, "price missing", None, seconds)
    if model.currency != currency:
        return CostRow(
            model.name, role, calls, f"price in {model.currency}, plan in {currency}", None, seconds
        )
    if known.get("prompt") is None or known.get("completion") is None:
        return CostRow(model.name, role, calls, f"tokens {NOT_MEASURED_YET.lower()}", None, seconds)
    tokens = known["prompt"] * model.price_input_micro + known["completion"] * model.price_output_micro
    micro = round(calls * tokens / 1_000_000)
    return CostRow(model.name, role, calls, fmt.money(micro, model.currency), micro, seconds)


def _duration(seconds: float) -> str:
    minutes = max(1, round(seconds / 60))
    return f"about {minutes} min" if minutes < 120 else f"about {minutes / 60:.1f} h"

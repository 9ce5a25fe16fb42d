"""Registered models: the list, one page, and how recorded outputs fit a suite."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import Http404

from evaluations import access
from evaluations.inference.recordings import RecordingMatch
from evaluations.models import EndpointKey, Model, SuiteVersion, Workspace
from evaluations.reports import format as fmt

PAGE = 50
REACHED = {
    "openai_compatible": "Endpoint",
    "transformers_local": "Local folder",
    "recorded": "Recorded outputs",
    "scripted": "Scripted",
}
LISTED = 20


@dataclass(frozen=True)
class ModelRow:
    """One model of the list."""

    id: int
    name: str
    key: str
    vendor: str
    reached: str
    owner: str
    released: str
    history: str
    price: str
    n_audits: int


@dataclass(frozen=True)
class ModelPage:
    """One page of models by name; ``next`` is the model to go on from."""

    rows: tuple[ModelRow, ...]
    n_all: int
    n_panel: int
    next: int | None
    first: bool


@dataclass(frozen=True)
class RunRow:
    """One run of a model."""

    suite: str
    state: str
    failure: str
    obtained_by: str
    started_at: datetime | None
    finished_at: datetime | None
    audits: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Fact:
    """One label with its value; an empty value is not stated."""

    label: str
    value: str
    mono: bool = False


@dataclass(frozen=True)
class ModelDetail:
    """The page of one model. Its stored key appears as a date and nothing else."""

    model: Model
    reached: str
    settings: tuple[Fact, ...]
    history: tuple[Fact, ...]
    price: tuple[Fact, ...]
    has_endpoint: bool
    key_set_at: datetime | None
    runs: tuple[RunRow, ...]
    n_runs: int


@dataclass(frozen=True)
class Match:
    """How a file of recorded outputs fits a suite version."""

    filename: str
    suite: str
    n_rows: int
    n_samples: int
    n_matched: int
    n_empty: int
    unmatched: tuple[str, ...]
    n_unmatched: int
    other_input: tuple[str, ...]
    n_unused: int
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.problems and self.n_matched > 0


def visible(user: Any, workspace: Workspace) -> QuerySet[Model]:
    """The workspace's models."""
    return access.models_for(user).filter(workspace=workspace)


def model_page(
    user: Any,
    workspace: Workspace,
    *,
    find: str = "",
    kind: str = "",
    panels: bool = False,
    after: int | None = None,
) -> ModelPage:
    """One page of models by name. Members of panels are listed only where ``panels`` asks for them."""
    rows = visible(user, workspace)
    n_panel = rows.filter(panel__isnull=False).count()
    rows = rows if panels else rows.filter(panel__isnull=True)
    if find:
        rows = rows.filter(
            Q(name__icontains=find)
            | Q(key__icontains=find)
            | Q(vendor__icontains=find)
            | Q(owner__icontains=find)
        )
    rows = rows.filter(backend=kind) if kind else rows
    n_all = rows.count()
    start = rows.filter(pk=after).values_list("name", "pk").first() if after is not None else None
    if start:
        rows = rows.filter(Q(name__gt=start[0]) | Q(name=start[0], pk__gt=start[1]))
    shown = list(rows.annotate(n_audits=Count("audit_models")).order_by("name", "pk")[: PAGE + 1])
    more = len(shown) > PAGE
    return ModelPage(
        rows=tuple(_row(row) for row in shown[:PAGE]),
        n_all=n_all,
        n_panel=n_panel,
        next=shown[PAGE - 1].pk if more else None,
        first=start is None,
    )


def _row(model: Any) -> ModelRow:
    return ModelRow(
        id=model.pk,
        name=model.name,
        key=model.key,
        vendor=model.vendor,
        reached=REACHED.get(model.backend, fmt.label(model.backend)),
        owner=model.owner,
        released=fmt.day(model.released) if model.released else "",
        history=history_text(model),
        price=price_text(model),
        n_audits=model.n_audits,
    )


def history_text(model: Model) -> str:
    """What is documented about the model's teachers, in a few words."""
    owners = model.taught_by_owners
    if owners is None:
        return "Not known"
    return f"Taught by {fmt.join(owners)}" if owners else "Documented: by nobody"


def price_text(model: Model) -> str:
    """Input and output price per million tokens; empty where none is known."""
    if model.price_input_micro is None and model.price_output_micro is None:
        return ""
    return f"{fmt.money(model.price_input_micro, model.currency)}, {fmt.money(model.price_output_micro, model.currency)}"


def model_of(user: Any, workspace: Workspace, model_id: int) -> Model:
    """One model; 404 where the person may not see it."""
    found = visible(user, workspace).select_related("panel").filter(pk=model_id).first()
    if found is None:
        raise Http404("no such model")
    return found


def detail(user: Any, workspace: Workspace, model_id: int) -> ModelDetail:
    """The page of one model."""
    model = model_of(user, workspace, model_id)
    runs = (
        model.runs.select_related("suite_version__suite")
        .prefetch_related("audit_models__audit")
        .order_by("-pk")
    )
    key = EndpointKey.objects.filter(model=model).values_list("set_at", flat=True).first()
    return ModelDetail(
        model=model,
        reached=REACHED.get(model.backend, fmt.label(model.backend)),
        settings=_settings(model),
        history=_history(model),
        price=(
            Fact(
                "Input, per million tokens",
                fmt.money(model.price_input_micro, model.currency)
                if model.price_input_micro is not None
                else "",
            ),
            Fact(
                "Output, per million tokens",
                fmt.money(model.price_output_micro, model.currency)
                if model.price_output_micro is not None
                else "",
            ),
            Fact("Source", model.price_source),
        ),
        has_endpoint=bool(model.settings.get("base_url")),
        key_set_at=key,
        runs=tuple(_run(run) for run in runs[:LISTED]),
        n_runs=model.runs.count(),
    )


def _settings(model: Model) -> tuple[Fact, ...]:
    names = {"base_url": "Base URL", "model": "Model name there", "folder": "Folder", "file": "File"}
    facts = []
    for name, value in model.settings.items():
        if value in ("", None) or isinstance(value, dict | list):
            continue
        text = ("yes" if value else "no") if isinstance(value, bool) else str(value)
        text = (
            f"SHA-256 {fmt.short_digest(PurePath(text).name.partition('.')[0])}" if name == "file" else text
        )
        facts.append(Fact(names.get(name, fmt.label(name)), text, mono=name in names))
    return tuple(facts)


def _history(model: Model) -> tuple[Fact, ...]:
    released = fmt.day(model.released) if model.released else ""
    return (
        Fact("Owner", model.owner),
        Fact("Family", model.family),
        Fact(
            "Released",
            f"{released}, {model.released_source}" if released and model.released_source else released,
        ),
        Fact("Base model", model.base),
        Fact("Lineage", model.lineage),
        Fact("Taught by", history_text(model)),
        Fact("Training data", model.data_source),
        Fact("Source of this history", model.history_source),
        Fact("Note", model.note),
    )


def _run(run: Any) -> RunRow:
    version = run.suite_version
    return RunRow(
        suite=f"{version.suite.name}, version {version.number}",
        state=run.state,
        failure=run.failure,
        obtained_by=fmt.label(fmt.obtained_by(run.obtained_by)),
        started_at=run.started_at,
        finished_at=run.finished_at,
        audits=tuple((use.audit.number, use.audit.reference) for use in run.audit_models.all()),
    )


def versions_to_match(user: Any, workspace: Workspace) -> QuerySet[SuiteVersion]:
    """Suite versions that recorded outputs can be matched against, newest first within a suite."""
    rows = access.suite_versions_for(user).filter(suite__workspace=workspace)
    return rows.select_related("suite").order_by("suite__name", "-number")


def match_view(found: RecordingMatch, filename: str, version: SuiteVersion) -> Match:
    """A match with its lists cut, for the page."""
    return Match(
        filename=filename,
        suite=str(version),
        n_rows=found.n_rows,
        n_samples=version.sample_count,
        n_matched=len(found.matched),
        n_empty=len(found.empty),
        unmatched=found.unmatched[:LISTED],
        n_unmatched=len(found.unmatched),
        other_input=found.other_input[:LISTED],
        n_unused=found.unused_rows,
        problems=found.problems[:LISTED],
    )

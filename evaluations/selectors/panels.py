"""Reference panels: models with documented history that answered one suite."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.http import Http404

from evaluations import access
from evaluations.models import Panel, Workspace
from evaluations.reports import format as fmt
from evaluations.selectors.models import history_text


@dataclass(frozen=True)
class PanelRow:
    """One panel of the list."""

    id: int
    name: str
    title: str
    suite: str
    n_prompts: int
    n_models: int
    n_lineages: int
    created_at: datetime


@dataclass(frozen=True)
class PanelModel:
    """One member of a panel."""

    id: int
    name: str
    owner: str
    family: str
    lineage: str
    released: str
    history: str
    role: str


@dataclass(frozen=True)
class PanelDetail:
    """The page of one panel. ``owners``: documented teachers and how many members each taught."""

    panel: Panel
    suite: str
    rows: tuple[PanelModel, ...]
    n_lineages: int
    n_untaught: int
    owners: tuple[tuple[str, int], ...]


def panel_list(user: Any, workspace: Workspace) -> tuple[PanelRow, ...]:
    """Every panel of the workspace, by name."""
    rows = access.panels_for(user).filter(workspace=workspace).select_related("suite_version__suite")
    rows = rows.annotate(n_models=Count("models"), n_lineages=Count("models__lineage", distinct=True))
    return tuple(
        PanelRow(
            row.pk, row.name, row.title, str(row.suite_version), row.suite_version.sample_count,
            row.n_models, row.n_lineages, row.created_at,
        )
        for row in rows.order_by("name", "pk")
    )  # fmt: skip


def detail(user: Any, workspace: Workspace, panel_id: int) -> PanelDetail:
    """The page of one panel; 404 where the person may not see it."""
    rows = access.panels_for(user).filter(workspace=workspace, pk=panel_id)
    panel = rows.select_related("suite_version__suite").first()
    if panel is None:
        raise Http404("no such panel")
    members = list(panel.models.defer("settings", "claim").order_by("lineage", "name"))
    taught = Counter(owner for model in members for owner in model.taught_by_owners or [])
    return PanelDetail(
        panel=panel,
        suite=str(panel.suite_version),
        rows=tuple(
            PanelModel(
                model.pk, model.name, model.owner, model.family, model.lineage,
                fmt.day(model.released) if model.released else "", history_text(model), model.panel_role,
            )
            for model in members
        ),
        n_lineages=len({model.lineage or model.key for model in members}),
        n_untaught=len({model.lineage or model.key for model in members if model.taught_by_owners == []}),
        owners=tuple(taught.most_common()),
    )  # fmt: skip

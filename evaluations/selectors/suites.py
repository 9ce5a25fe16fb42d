"""Task suites, their versions and samples, and the proposal for an uploaded file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, OuterRef, Subquery
from django.http import Http404

from evaluations import access
from evaluations.models import Sample, SuiteUpload, SuiteVersion, TaskSuite, Workspace
from evaluations.reports import format as fmt
from evaluations.suites import export

PAGE = 50
INPUT_SHOWN = 600
TARGET_SHOWN = 300
EXPORTS = {"csv": (export.csv_lines, "text/csv"), "jsonl": (export.jsonl_lines, "application/x-ndjson")}


@dataclass(frozen=True)
class SuiteRow:
    """One suite of the list, with its newest version."""

    id: int
    name: str
    workload: str
    sensitivity: str
    n_versions: int
    newest: int | None
    n_samples: int | None
    changed_at: datetime


@dataclass(frozen=True)
class VersionRow:
    """One immutable version."""

    number: int
    n_samples: int
    content_hash: str
    source: str
    n_left_out: int
    created_at: datetime
    by: str
    n_audits: int


@dataclass(frozen=True)
class WaitingUpload:
    """A file whose columns were not confirmed yet."""

    id: int
    filename: str
    size: int
    created_at: datetime


@dataclass(frozen=True)
class SuiteDetail:
    """A suite with its versions, newest first, and the datasheet of the newest."""

    id: int
    name: str
    workload: str
    sensitivity: str
    versions: tuple[VersionRow, ...]
    waiting: tuple[WaitingUpload, ...]
    sheet: Datasheet | None


@dataclass(frozen=True)
class Datasheet:
    """What a version holds, counted."""

    task_types: tuple[tuple[str, int], ...]
    criticalities: tuple[tuple[str, int], ...]
    n_with_target: int
    n_samples: int


@dataclass(frozen=True)
class SampleRow:
    """One sample, its texts cut for a table."""

    position: int
    key: str
    input: str
    targets: str
    task_type: str
    criticality: str
    tags: tuple[str, ...]


@dataclass(frozen=True)
class SamplePage:
    """One page of samples by position; ``next`` and ``previous`` are positions to go on from."""

    version: SuiteVersion
    rows: tuple[SampleRow, ...]
    next: int | None
    previous: int | None
    sheet: Datasheet


def suite_list(user: Any, workspace: Workspace) -> tuple[SuiteRow, ...]:
    """Every suite of the workspace, by name."""
    newest = SuiteVersion.objects.filter(suite=OuterRef("pk")).order_by("-number")
    rows = (
        access.suites_for(user)
        .filter(workspace=workspace)
        .select_related("workload")
        .annotate(
            n_versions=Count("versions"),
            newest=Max("versions__number"),
            n_samples=Subquery(newest.values("sample_count")[:1]),
            changed_at=Max("versions__created_at"),
        )
        .order_by("name")
    )
    return tuple(
        SuiteRow(
            row.pk, row.name, row.workload.name if row.workload else "", row.get_sensitivity_display(),
            row.n_versions, row.newest, row.n_samples, row.changed_at or row.created_at,
        )
        for row in rows
    )  # fmt: skip


def suite_of(user: Any, workspace: Workspace, suite_id: int) -> TaskSuite:
    """One suite; 404 where the person may not see it."""
    rows = access.suites_for(user).filter(workspace=workspace, pk=suite_id)
    found = rows.select_related("workspace", "workload").first()
    if found is None:
        raise Http404("no such suite")
    return found


def upload_of(user: Any, workspace: Workspace, upload_id: int) -> SuiteUpload:
    """One upload with its suite; 404 where the person may not see it."""
    rows = access.uploads_for(user).filter(workspace=workspace, pk=upload_id)
    found = rows.select_related("suite__workspace", "version").first()
    if found is None:
        raise Http404("no such upload")
    return found


def version_of(user: Any, workspace: Workspace, suite_id: int, number: int) -> SuiteVersion:
    """One version with its suite; 404 where the person may not see it."""
    rows = access.suite_versions_for(user).filter(suite__workspace=workspace, suite=suite_id, number=number)
    found = rows.select_related("suite__workload", "created_by").first()
    if found is None:
        raise Http404("no such suite version")
    return found


def detail(user: Any, workspace: Workspace, suite_id: int) -> SuiteDetail:
    """The page of one suite."""
    suite = suite_of(user, workspace, suite_id)
    versions = list(
        suite.versions.select_related("created_by").annotate(n_audits=Count("audits")).order_by("-number")
    )
    waiting = suite.uploads.filter(version=None).order_by("-pk")[:5]
    return SuiteDetail(
        id=suite.pk,
        name=suite.name,
        workload=suite.workload.name if suite.workload else "",
        sensitivity=suite.get_sensitivity_display(),
        versions=tuple(_version_row(version) for version in versions),
        waiting=tuple(WaitingUpload(row.pk, row.filename, row.size, row.created_at) for row in waiting),
        sheet=datasheet(versions[0]) if versions else None,
    )


def _version_row(version: Any) -> VersionRow:
    return VersionRow(
        number=version.number,
        n_samples=version.sample_count,
        content_hash=version.content_hash,
        source=version.source_filename,
        n_left_out=len(version.left_out),
        created_at=version.created_at,
        by=version.created_by.get_username() if version.created_by else "",
        n_audits=version.n_audits,
    )


def datasheet(version: SuiteVersion) -> Datasheet:
    """Counts over all samples of a version."""
    rows = Sample.objects.filter(version=version).order_by()
    types = rows.values_list("task_type").annotate(n=Count("pk")).order_by("-n", "task_type")
    found = dict(rows.values_list("criticality").annotate(n=Count("pk")))
    return Datasheet(
        task_types=tuple((fmt.label(name), n) for name, n in types),
        criticalities=tuple(
            (fmt.label(name), found.get(name, 0)) for name in ("critical", "standard", "routine")
        ),
        n_with_target=rows.exclude(targets=[]).count(),
        n_samples=version.sample_count,
    )


def sample_page(
    user: Any, workspace: Workspace, suite_id: int, number: int, *, after: int | None, before: int | None
) -> SamplePage:
    """One page of a version's samples: those after a position, or the page that ends before one."""
    version = version_of(user, workspace, suite_id, number)
    rows = Sample.objects.filter(version=version)
    if before is not None:
        found = list(rows.filter(position__lt=before).order_by("-position")[:PAGE])[::-1]
    else:
        start = -1 if after is None else after
        found = list(rows.filter(position__gt=start).order_by("position")[:PAGE])
    last = found[-1].position if found else None
    return SamplePage(
        version=version,
        rows=tuple(sample_row(row) for row in found),
        next=last if last is not None and last < version.sample_count - 1 else None,
        previous=found[0].position if found and found[0].position > 0 else None,
        sheet=datasheet(version),
    )


def sample_row(row: Sample) -> SampleRow:
    """One sample for a table."""
    record = row.as_record()
    return SampleRow(
        position=row.position,
        key=row.key,
        input=fmt.clip(record.input_text, INPUT_SHOWN),
        targets=fmt.clip(" | ".join(record.targets), TARGET_SHOWN),
        task_type=fmt.label(row.task_type),
        criticality=fmt.label(row.criticality),
        tags=record.tags,
    )


def exported(version: SuiteVersion, kind: str) -> Iterator[str]:
    """A version as lines of CSV or JSON Lines, read in pieces. ``kind``: a key of ``EXPORTS``."""
    rows = Sample.objects.filter(version=version).order_by("position").iterator(chunk_size=2000)
    return EXPORTS[kind][0](row.as_record() for row in rows)


def next_number(suite: TaskSuite) -> int:
    """The number that the suite's next version gets."""
    return (suite.versions.aggregate(last=Max("number"))["last"] or 0) + 1

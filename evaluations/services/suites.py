"""Task suites: an uploaded file becomes a proposal, and on the person's word an immutable version."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from evaluations.errors import Refusal
from evaluations.models import Sample, SuiteUpload, SuiteVersion, TaskSuite, Workload, Workspace
from evaluations.records import Sample as SampleRecord
from evaluations.records import to_json
from evaluations.services import events, files
from evaluations.suites.reading import Mapping, OnBadRows, Proposal, SuiteFileError, propose, read

SAMPLE_BATCH = 2000


@transaction.atomic
def create_suite(
    *,
    workspace: Workspace,
    user: Any,
    name: str,
    sensitivity: str,
    workload: Workload | None = None,
    now: datetime,
) -> TaskSuite:
    """A new, empty suite; refuses a name that is taken."""
    if TaskSuite.objects.filter(workspace=workspace, name=name).exists():
        raise Refusal(
            f"There is a suite named {name!r} already. Choose another name, or add a version to it."
        )
    suite = TaskSuite.objects.create(
        workspace=workspace, name=name, sensitivity=sensitivity, workload=workload
    )
    events.record(workspace=workspace, user=user, verb="suite created", subject=name, now=now)
    return suite


def receive(*, suite: TaskSuite, user: Any, filename: str, chunks: Iterable[bytes]) -> SuiteUpload:
    """Keep an uploaded file and propose how to read it; nothing is imported yet."""
    stored = files.store("uploads", chunks)
    if stored.size == 0:
        raise Refusal(
            f"{filename}: found an empty file (0 bytes), expected a CSV or JSONL file. Nothing was stored."
        )
    proposal = propose(stored.path, filename)
    return SuiteUpload.objects.create(
        workspace=suite.workspace,
        suite=suite,
        filename=filename[:255],
        stored_name=stored.name,
        sha256=stored.sha256,
        size=stored.size,
        proposal=to_json(proposal),
        created_by=user if user is not None and user.is_authenticated else None,
    )


def propose_again(*, upload: SuiteUpload, mapping: Mapping) -> Proposal:
    """The proposal under an edited mapping, kept with the upload."""
    proposal = propose(files.path_of(upload.stored_name), upload.filename, mapping)
    upload.proposal = to_json(proposal)
    upload.save(update_fields=["proposal"])
    return proposal


def import_upload(
    *, upload: SuiteUpload, user: Any, mapping: Mapping, on_bad_rows: OnBadRows, now: datetime
) -> SuiteVersion:
    """Turn an upload into the suite's next version; a second call returns the version of the first."""
    if upload.version is not None:
        return upload.version
    try:
        found = read(files.path_of(upload.stored_name), mapping, on_bad_rows, filename=upload.filename)
    except SuiteFileError as error:
        raise Refusal(*(problem.text for problem in error.problems)) from error
    with transaction.atomic():
        version = create_version(
            suite=upload.suite,
            user=user,
            samples=found.samples,
            content_hash=found.content_hash,
            mapping=to_json(mapping),
            source_filename=upload.filename,
            source_sha256=upload.sha256,
            left_out=list(found.left_out),
            now=now,
        )
        SuiteUpload.objects.filter(pk=upload.pk).update(version=version)
    return version


@transaction.atomic
def create_version(
    *,
    suite: TaskSuite,
    user: Any,
    samples: Sequence[SampleRecord],
    content_hash: str,
    mapping: dict[str, Any],
    source_filename: str,
    source_sha256: str,
    left_out: list[int],
    now: datetime,
) -> SuiteVersion:
    """Store samples as the suite's next version; the version that has this content already is returned."""
    TaskSuite.objects.select_for_update().get(pk=suite.pk)
    same = SuiteVersion.objects.filter(suite=suite, content_hash=content_hash).first()
    if same is not None:
        return same
    last = SuiteVersion.objects.filter(suite=suite).aggregate(last=Max("number"))["last"] or 0
    version = SuiteVersion.objects.create(
        suite=suite, number=last + 1, content_hash=content_hash, sample_count=len(samples), mapping=mapping,
        source_filename=source_filename, source_sha256=source_sha256, left_out=left_out,
        created_by=user if user is not None and user.is_authenticated else None,
    )  # fmt: skip
    Sample.objects.bulk_create(
        (sample_row(version, position, sample) for position, sample in enumerate(samples)),
        batch_size=SAMPLE_BATCH,
    )
    events.record(
        workspace=suite.workspace, user=user, verb="suite version created", subject=str(version),
        payload={"content_hash": content_hash, "samples": len(samples)}, now=now,
    )  # fmt: skip
    return version


def sample_row(version: SuiteVersion, position: int, sample: SampleRecord) -> Sample:
    """The row of one sample."""
    return Sample(
        version=version,
        position=position,
        key=sample.id,
        input=to_json(sample.input),
        targets=list(sample.targets),
        target_rule=sample.target_rule,
        task_type=sample.task_type,
        criticality=sample.criticality,
        tags=list(sample.tags),
    )

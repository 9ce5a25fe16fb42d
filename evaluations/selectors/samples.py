"""The sample explorer of one audit: student and candidate side by side, one page of samples at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evaluations.models import Audit, AuditModel, Completion, Finding, Run, Sample, Score, Workspace
from evaluations.records import Role
from evaluations.reports import format as fmt
from evaluations.selectors import audits
from evaluations.selectors.diff import Piece, word_diff
from evaluations.selectors.sample_filters import Filters, Pair, filtered, page_of

TEXT_SHOWN = 20_000


@dataclass(frozen=True)
class ListedSample:
    """One sample in the list at the side."""

    position: int
    key: str
    kind: str
    input: str
    outcome: str
    score: float | None


@dataclass(frozen=True)
class Answer:
    """One model's answer to the shown sample. ``accepted`` is ``None`` where it was not judged."""

    name: str
    key: str
    role: str
    text: str
    pieces: tuple[Piece, ...]
    error: str
    error_detail: str
    accepted: bool | None
    scores: tuple[tuple[str, float], ...]
    prompt_tokens: int | None
    completion_tokens: int | None
    latency_ms: float | None
    obtained_by: str


@dataclass(frozen=True)
class ShownSample:
    """The sample in the middle."""

    key: str
    position: int
    kind: str
    criticality: str
    tags: tuple[str, ...]
    input: str
    targets: tuple[str, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Explorer:
    """The page. ``counts``: samples by outcome against the candidate, where they were judged."""

    audit: Audit
    filters: Filters
    student: str
    beside: str
    beside_key: str
    candidates: tuple[tuple[str, str], ...]
    rows: tuple[ListedSample, ...]
    next: int | None
    previous: int | None
    shown: ShownSample | None
    counts: dict[str, int]
    scored: bool


def explorer(
    user: Any, workspace: Workspace, number: int, filters: Filters, *, after: int | None, before: int | None
) -> Explorer:
    """One page of samples under ``filters``, and the chosen one in full."""
    audit = audits.audit_of(user, workspace, number)
    members = list(
        audit.audit_models.filter(role__in=(Role.STUDENT, Role.CANDIDATE))
        .select_related("model", "run")
        .order_by("id")
    )
    student = next(member for member in members if member.role == Role.STUDENT)
    suspected = audit.plan["suspected_owners"]
    others = [member for member in members if member.role == Role.CANDIDATE]
    others.sort(key=lambda member: member.model.owner not in suspected)
    beside = next(
        (member for member in others if member.model.key == filters.beside), others[0] if others else None
    )
    pair = Pair(student, beside)
    found, following, previous = page_of(filtered(audit, pair, filters), after, before)
    return Explorer(
        audit=audit,
        filters=filters,
        student=student.model.name,
        beside=beside.model.name if beside else "",
        beside_key=beside.model.key if beside else "",
        candidates=tuple((member.model.key, member.model.name) for member in others),
        rows=_listed(found, pair),
        next=following,
        previous=previous,
        shown=_shown(audit, pair, filters, found),
        counts=_counts(audit, beside.model.key if beside else ""),
        scored=Score.objects.filter(run=student.run).exists() if student.run else False,
    )


def _accepted(runs: list[Run], samples: list[Sample]) -> dict[tuple[int, int], tuple[bool | None, float]]:
    """{(run, sample): (accepted, first score)}."""
    rows = Score.objects.filter(run__in=runs, sample__in=samples).order_by("-metric")
    return {(row.run_id, row.sample_id): (row.accepted, row.value) for row in rows}


def _listed(samples: list[Sample], pair: Pair) -> tuple[ListedSample, ...]:
    run, other = pair.student.run, pair.candidate.run if pair.candidate else None
    judged = _accepted([each for each in (run, other) if each], samples)
    failed = set(
        Completion.objects.filter(run=run, sample__in=samples)
        .exclude(error="")
        .values_list("sample_id", flat=True)
    )
    rows = []
    for row in samples:
        mine, score = judged.get((run.pk if run else 0, row.pk), (None, None))
        theirs, _ = judged.get((other.pk if other else 0, row.pk), (None, None))
        rows.append(
            ListedSample(
                position=row.position,
                key=row.key,
                kind=f"{fmt.label(row.task_type)}, {row.criticality}",
                input=fmt.clip(row.as_record().input_text, 160),
                outcome="failed" if row.pk in failed else outcome_of(mine, theirs),
                score=score,
            )
        )
    return tuple(rows)


def outcome_of(mine: bool | None, theirs: bool | None) -> str:
    """lost, gained, both or neither; "" where one of the two was not judged."""
    if mine is None or theirs is None:
        return ""
    return {(False, True): "lost", (True, False): "gained", (True, True): "both", (False, False): "neither"}[
        (mine, theirs)
    ]


def _shown(audit: Audit, pair: Pair, filters: Filters, listed: list[Sample]) -> ShownSample | None:
    row = next((sample for sample in listed if sample.key == filters.sample), None)
    if row is None and filters.sample:
        row = Sample.objects.filter(version=audit.suite_version, key=filters.sample).first()
    row = row or (listed[0] if listed else None)
    if row is None:
        return None
    record = row.as_record()
    return ShownSample(
        key=row.key,
        position=row.position,
        kind=fmt.label(row.task_type),
        criticality=row.criticality,
        tags=record.tags,
        input=record.input_text,
        targets=record.targets,
        answers=_answers(row, pair, filters.diff),
    )


def _answers(row: Sample, pair: Pair, diff: bool) -> tuple[Answer, ...]:
    """The candidate's answer, then the student's; where both are there, the student's as a word diff."""
    pairs = [member for member in (pair.candidate, pair.student) if member is not None]
    runs = [member.run for member in pairs if member.run]
    stored = {
        each.run_id: each for each in Completion.objects.filter(run__in=runs, sample=row, sample_index=0)
    }
    scores: dict[int, list[Score]] = {}
    for score in Score.objects.filter(run__in=runs, sample=row).order_by("metric"):
        scores.setdefault(score.run_id, []).append(score)
    theirs = stored.get(pair.candidate.run_id) if pair.candidate and pair.candidate.run_id else None
    answers = []
    for member in pairs:
        run_id = member.run_id or 0
        against = (
            theirs.text
            if diff and theirs is not None and not theirs.error and member is pair.student
            else None
        )
        answers.append(_answer(member, stored.get(run_id), scores.get(run_id, []), against))
    return tuple(answers)


def _answer(
    member: AuditModel, stored: Completion | None, scores: list[Score], against: str | None
) -> Answer:
    text = stored.text[:TEXT_SHOWN] if stored else ""
    return Answer(
        name=member.model.name,
        key=member.model.key,
        role=member.role,
        text=text,
        pieces=word_diff(against[:TEXT_SHOWN], text) if against is not None and text else (),
        error=fmt.label(stored.error) if stored and stored.error else "" if stored else "Not answered yet",
        error_detail=stored.error_detail if stored else "",
        accepted=scores[0].accepted if scores else None,
        scores=tuple((score.metric, score.value) for score in scores),
        prompt_tokens=stored.prompt_tokens if stored else None,
        completion_tokens=stored.completion_tokens if stored else None,
        latency_ms=stored.latency_ms if stored else None,
        obtained_by=fmt.label(fmt.obtained_by(stored.obtained_by)) if stored else "",
    )


def _counts(audit: Audit, candidate: str) -> dict[str, int]:
    """Lost and gained answers against one candidate, from the stored finding."""
    payload = (
        Finding.objects.filter(audit=audit, kind="quality").values_list("payload", flat=True).first() or {}
    )
    flips = next((row for row in payload.get("flips") or () if row["teacher"] == candidate), None)
    return {} if flips is None else {"lost": flips["lost"], "gained": flips["gained"]}

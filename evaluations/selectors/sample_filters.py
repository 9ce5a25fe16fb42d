"""Which samples of an audit the explorer shows, and one page of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast

from evaluations.models import Audit, AuditModel, Completion, Sample, Score
from evaluations.records import Criticality, TaskType

PAGE = 40
OUTCOMES = {
    "": "All",
    "lost": "Lost",
    "gained": "Gained",
    "neither": "Neither accepted",
    "both": "Both accepted",
    "failed": "Student failed",
}


@dataclass(frozen=True)
class Filters:
    """What the address asks for; unknown values are dropped."""

    outcome: str = ""
    task_type: str = ""
    criticality: str = ""
    find: str = ""
    beside: str = ""
    sample: str = ""
    diff: bool = True

    @classmethod
    def read(cls, given: Any) -> Filters:
        """From a query dictionary."""

        def one_of(name: str, known: Any) -> str:
            value = str(given.get(name, ""))
            return value if value in known else ""

        return cls(
            outcome=one_of("outcome", OUTCOMES),
            task_type=one_of("task", list(TaskType)),
            criticality=one_of("criticality", list(Criticality)),
            find=str(given.get("find", "")).strip()[:200].replace("\0", ""),
            beside=str(given.get("beside", ""))[:200],
            sample=str(given.get("sample", ""))[:200],
            diff=given.get("diff") != "0",
        )


@dataclass(frozen=True)
class Pair:
    """The two runs that are compared."""

    student: AuditModel
    candidate: AuditModel | None


def filtered(audit: Audit, pair: Pair, filters: Filters) -> QuerySet[Sample]:
    """The audit's samples under ``filters``, unordered; every filter is part of one query."""
    rows = Sample.objects.filter(version=audit.suite_version)
    if filters.task_type:
        rows = rows.filter(task_type=filters.task_type)
    if filters.criticality:
        rows = rows.filter(criticality=filters.criticality)
    if filters.find:
        rows = containing(rows, pair, filters.find)
    run, other = pair.student.run, pair.candidate.run if pair.candidate else None
    wanted = {
        "lost": ((run, False), (other, True)),
        "gained": ((run, True), (other, False)),
        "neither": ((run, False), (other, False)),
        "both": ((run, True), (other, True)),
    }.get(filters.outcome, ())
    for its_run, accepted in wanted:
        rows = rows.filter(
            Exists(Score.objects.filter(run=its_run, sample=OuterRef("pk"), accepted=accepted))
        )
    if filters.outcome == "failed":
        rows = rows.filter(
            Exists(Completion.objects.filter(run=run, sample=OuterRef("pk")).exclude(error=""))
        )
    return rows


def containing(rows: QuerySet[Sample], pair: Pair, text: str) -> QuerySet[Sample]:
    """Samples whose id, input or student's answer holds ``text``. Inputs are stored as JSON text."""
    escaped = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    rows = rows.annotate(input_text=Cast(F("input"), TextField()))
    found = Q(key__icontains=text)
    for form in escaped:
        found |= Q(input_text__icontains=form)
    answer = Completion.objects.filter(run=pair.student.run, sample=OuterRef("pk"), text__icontains=text)
    return rows.filter(found | Exists(answer))


def page_of(
    rows: QuerySet[Sample], after: int | None, before: int | None
) -> tuple[list[Sample], int | None, int | None]:
    """(samples, position to go on from, position to go back from); one sample more is read than shown."""
    if before is not None:
        found = list(rows.filter(position__lt=before).order_by("-position")[: PAGE + 1])
        more = len(found) > PAGE
        found = found[:PAGE][::-1]
        return found, found[-1].position if found else None, found[0].position if more else None
    start = -1 if after is None else after
    found = list(rows.filter(position__gt=start).order_by("position")[: PAGE + 1])
    more = len(found) > PAGE
    found = found[:PAGE]
    return (
        found,
        found[-1].position if more else None,
        found[0].position if found and after is not None else None,
    )

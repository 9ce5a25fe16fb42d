"""What needs a person, what runs, what was found, what is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from evaluations import access
from evaluations.models import AuditState, Finding, Workspace
from evaluations.selectors import answers, audits
from evaluations.selectors.audits import AuditRow

SHOWN = 8
DUE_SHOWN = 6


@dataclass(frozen=True)
class Due:
    """The next evaluation of one student; ``when`` says how far away it is."""

    number: int
    title: str
    reason: str
    on: str
    when: str
    overdue: bool


@dataclass(frozen=True)
class Step:
    """One first step of a new workspace."""

    title: str
    text: str
    done: bool
    url_name: str


@dataclass(frozen=True)
class Overview:
    """Everything on the first page. ``steps`` is empty once the workspace has an audit of its own."""

    running: tuple[AuditRow, ...]
    finished: tuple[AuditRow, ...]
    n_finished: int
    due: tuple[Due, ...]
    n_due: int
    steps: tuple[Step, ...]
    sample: AuditRow | None

    @property
    def failed(self) -> tuple[AuditRow, ...]:
        return tuple(row for row in self.running if row.state == AuditState.FAILED)

    @property
    def planned(self) -> tuple[AuditRow, ...]:
        return tuple(row for row in self.running if row.state == AuditState.LOCKED)

    @property
    def overdue(self) -> tuple[Due, ...]:
        return tuple(row for row in self.due if row.overdue)

    @property
    def is_moving(self) -> bool:
        """Something changes without the person: the page looks again by itself."""
        return any(row.state in (AuditState.RUNNING, AuditState.RECORDING) for row in self.running)


def overview(user: Any, workspace: Workspace, *, now: datetime) -> Overview:
    """The first page of a workspace."""
    done = audits.finished(user, workspace, now=now, limit=SHOWN)
    due = due_dates(user, workspace, today=now.date())
    own = access.audits_for(user).filter(workspace=workspace, is_sample=False).exists()
    finished = access.audits_for(user).filter(workspace=workspace, state=AuditState.FINISHED)
    return Overview(
        running=audits.in_progress(user, workspace, now=now),
        finished=done,
        n_finished=len(done) if len(done) < SHOWN else finished.count(),
        due=due[:DUE_SHOWN],
        n_due=len(due),
        steps=() if own else first_steps(user, workspace),
        sample=min((row for row in done if row.is_sample), key=lambda row: row.reference, default=None),
    )


def due_dates(user: Any, workspace: Workspace, *, today: date) -> tuple[Due, ...]:
    """The next date of each student, soonest first; only its newest audit counts."""
    visible = access.audits_for(user).filter(workspace=workspace, state=AuditState.FINISHED)
    rows = Finding.objects.filter(audit__in=visible, kind="shelf_life", payload__isnull=False)
    values = rows.order_by("-audit__number").values_list(
        "audit__number", "audit__title", "audit__plan__student", "audit__plan__suite__name", "payload"
    )
    newest: dict[tuple[str, str], Due] = {}
    order: dict[tuple[str, str], str] = {}
    for number, title, student, suite, payload in values:
        if (student, suite) in newest or not payload.get("look_again_on"):
            continue
        on, when, overdue = answers.again(payload, today=today)
        newest[(student, suite)] = Due(number, title, str(payload.get("reason") or ""), on, when, overdue)
        order[(student, suite)] = str(payload["look_again_on"])
    return tuple(newest[key] for key in sorted(newest, key=lambda key: (order[key], key)))


def first_steps(user: Any, workspace: Workspace) -> tuple[Step, ...]:
    """The four steps to the first own audit, and which of them are done."""
    own = {"workspace": workspace}
    has_workload = access.workloads_for(user).filter(**own).exists()
    has_suite = access.suites_for(user).filter(**own, versions__panels__isnull=True).exists()
    has_model = access.models_for(user).filter(**own, panel__isnull=True).exists()
    return (
        Step(
            "Describe the workload",
            "The job that you want to give to AI: how many tasks a month, and how bad a wrong answer is.",
            has_workload,
            "workload_new",
        ),
        Step(
            "Upload a task suite",
            "Your own tasks as CSV, JSON or JSON Lines. Columns are guessed, you confirm them.",
            has_suite,
            "suite_new",
        ),
        Step(
            "Register the models",
            "The vendor's model and the models it may have learned from: an endpoint, a local folder, or "
            "a file of recorded outputs.",
            has_model,
            "model_new",
        ),
        Step(
            "Plan the audit",
            "See what the plan can answer and what it costs, lock it, and start.",
            False,
            "audit_new",
        ),
    )

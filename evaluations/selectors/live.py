"""The live sample: what is trained, what it said, and whether it ends like the recorded one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evaluations import access
from evaluations.models import Audit, Finding, LiveSample, LiveState, UnitState, Workspace, WorkUnit

WAVES = ("Base", "Teacher", "Training answers", "Student")


@dataclass(frozen=True)
class StepRow:
    """One job: what it makes, its state, what it said at the end."""

    name: str
    kind: str
    state: str
    said: str


@dataclass(frozen=True)
class Verdict:
    """The verdict on one owner, live and in the recorded sample (empty where that has none)."""

    owner: str
    live: str
    recorded: str


@dataclass(frozen=True)
class LiveAudit:
    """One audit of the live sample."""

    number: int
    reference: str
    title: str
    state: str
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True)
class LivePage:
    """The newest live sample of a workspace; ``live`` is ``None`` before the first."""

    live: LiveSample | None
    state_word: str
    steps: tuple[StepRow, ...]
    audits: tuple[LiveAudit, ...]
    n_done: int
    is_moving: bool
    agrees: bool | None
    seconds: float | None


def live_page(user: Any, workspace: Workspace) -> LivePage:
    """The newest live sample with its steps and audits."""
    live = access.live_samples_for(user).filter(workspace=workspace).first()
    if live is None:
        return LivePage(None, "", (), (), 0, False, None, None)
    steps = tuple(_steps(live))
    audits = tuple(_audits(live))
    ended = live.finished_at
    pairs = [verdict for audit in audits for verdict in audit.verdicts]
    known = live.state == LiveState.FINISHED and bool(pairs) and all(pair.recorded for pair in pairs)
    return LivePage(
        live=live,
        state_word=live.get_state_display(),
        steps=steps,
        audits=audits,
        n_done=sum(step.state == "complete" for step in steps),
        is_moving=live.state in (LiveState.TRAINING, LiveState.AUDITING),
        agrees=all(pair.live == pair.recorded for pair in pairs) if known else None,
        seconds=(ended - live.started_at).total_seconds() if ended else None,
    )


def _steps(live: LiveSample) -> list[StepRow]:
    leased = set(
        WorkUnit.objects.filter(live_step__live=live, state=UnitState.LEASED).values_list(
            "live_step_id", flat=True
        )
    )
    rows = []
    for step in live.steps.all():
        state = "complete" if step.done else "running" if step.pk in leased else "waiting"
        how = "" if step.temperature is None else f", temperature {step.temperature:g}"
        rows.append(StepRow(step.key, WAVES[step.wave] + how, state, step.said.split(": ", 1)[-1]))
    return rows


def _audits(live: LiveSample) -> list[LiveAudit]:
    found = []
    for audit in Audit.objects.filter(workspace=live.workspace, number__in=live.audits).order_by("number"):
        title = audit.title.removesuffix(", trained live")
        twin = Audit.objects.filter(workspace=live.workspace, is_sample=True, title=title).first()
        recorded = _owners(twin) if twin else {}
        verdicts = tuple(
            Verdict(owner, status, recorded.get(owner, "")) for owner, status in _owners(audit).items()
        )
        found.append(LiveAudit(audit.number, audit.reference, audit.title, audit.state, verdicts))
    return found


def _owners(audit: Audit) -> dict[str, str]:
    """The verdict on each suspected owner."""
    finding = Finding.objects.filter(audit=audit, kind="provenance").first()
    rows = (finding.payload or {}).get("owners", []) if finding else []
    return {row["owner"]: row["status"] for row in rows}

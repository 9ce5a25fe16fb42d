"""The live sample for a command: models are trained in processes of their own, then audited here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from evaluations.distillation import zoo
from evaluations.distillation.training import TrainingFailed
from evaluations.errors import Refusal
from evaluations.models import Audit, LiveState
from evaluations.services import foreground, live, sample, workspaces
from evaluations.services.sample import SampleAudit

QUEUE = "live-in-the-foreground"


def run(*, now: datetime, processes: int, say: Callable[[str], None]) -> list[SampleAudit]:
    """Train and audit in the foreground; the two audits. Refuses without torch and when a training fails."""
    home = workspaces.default() or workspaces.create(name="My company", slug="main", now=now)
    made = live.start(workspace=home, user=None, now=now, queue_name=QUEUE)
    try:
        zoo.do_all(live.composition(), live.folder_of(made), processes=processes, say=say)
    except TrainingFailed as error:
        live.fail(made, str(error))
        raise Refusal(str(error)) from error
    while made.state == LiveState.TRAINING:
        live.close_wave(made, queue_name=QUEUE)
        made.refresh_from_db()
    audits = list(Audit.objects.filter(workspace=home, number__in=made.audits).order_by("number"))
    for audit in audits:
        foreground.run(audit, queue_name=QUEUE)
    live.settle(made)
    return [SampleAudit(audit, sample.names_of(audit)) for audit in audits]

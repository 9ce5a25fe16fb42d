"""Findings: gather what an audit's runs answered, let the domain packages judge it, store the results."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from evaluations.economics.shelf_life import next_evaluation
from evaluations.errors import Refusal
from evaluations.licensing.resolver import CandidateQuery, licence_position
from evaluations.metrics.scoring import Scored, score
from evaluations.models import Audit, AuditState, Finding, Sample, Score, UnitState, WorkUnit
from evaluations.provenance.assessment import ProvenanceInput, assess
from evaluations.provenance.errors import ProvenanceInputError
from evaluations.provenance.results import ProvenanceResult
from evaluations.records import ModelCard, digest, to_json
from evaluations.services import costs, evidence, queue, reports
from evaluations.services.distillation import deletion

log = logging.getLogger(__name__)

KINDS = ("provenance", "quality", "cost", "licence", "shelf_life")
SCORE_BATCH = 2000


@dataclass(frozen=True)
class Findings:
    """Everything that is stored for one audit."""

    payloads: dict[str, Any]
    scored: Scored


def finish_audit(held: queue.Claim) -> None:
    """Compute and store the findings of an audit and publish its report; the claimed unit ends with it."""
    audit = Audit.objects.select_related("workspace", "workload", "suite_version__suite").get(
        pk=held.audit_id
    )
    if audit.state != AuditState.RECORDING:
        queue.drop(held, error=f"the audit is {audit.state}")
        return
    try:
        record(audit, held)
        reports.publish(audit, held=held)
    except Refusal as refusal:
        end_failed(audit, str(refusal))
        queue.drop(held, error=str(refusal))
        return
    with transaction.atomic():
        queue.finish(held)
        Audit.objects.filter(pk=audit.pk, state=AuditState.RECORDING).update(
            state=AuditState.FINISHED, finished_at=timezone.now()
        )
    deletion.delete_due()


def end_failed(audit: Audit, reason: str) -> None:
    """End an audit that cannot be judged; its stored answers are kept."""
    Audit.objects.filter(pk=audit.pk).exclude(state__in=(AuditState.CANCELLED, AuditState.FINISHED)).update(
        state=AuditState.FAILED, failure=reason[:4000], finished_at=timezone.now()
    )


def give_up(unit: WorkUnit, reason: str) -> None:
    """End an audit whose findings cannot be computed."""
    gone = WorkUnit.objects.filter(pk=unit.pk, state=UnitState.LEASED, fence=unit.fence).update(
        state=UnitState.DROPPED, lease_until=None, error=reason
    )
    if gone:
        end_failed(unit.audit, reason)


def record(audit: Audit, held: queue.Claim) -> None:
    """Compute all findings and store them in one transaction, replacing those of an earlier attempt."""
    found = compute(audit)
    now = timezone.now()
    runs = {m.model.key: m.run_id for m in audit.audit_models.select_related("model")}
    with transaction.atomic():
        queue.renew(held)
        Finding.objects.filter(audit=audit).delete()
        Finding.objects.bulk_create(
            Finding(
                audit=audit,
                kind=kind,
                payload=found.payloads[kind],
                digest=digest(found.payloads[kind]),
                created_at=now,
            )
            for kind in KINDS
        )
        save_scores(audit, found.scored, runs)


def save_scores(audit: Audit, scored: Scored, runs: dict[str, int]) -> None:
    """Store the per-sample scores, so that every number leads to its rows."""
    sample_ids = list(
        Sample.objects.filter(version=audit.suite_version).order_by("position").values_list("pk", flat=True)
    )
    Score.objects.filter(run_id__in=[runs[key] for key in scored.per_sample if runs.get(key)]).delete()
    rows = (
        Score(run_id=runs[key], sample_id=sample_id, metric=metric, value=value, accepted=accepted)
        for key, metrics in scored.per_sample.items()
        for metric, values in metrics.items()
        for sample_id, value, accepted in zip(sample_ids, values, scored.accepted[key], strict=True)
        if value is not None and runs.get(key)
    )
    Score.objects.bulk_create(rows, batch_size=SCORE_BATCH)


def compute(audit: Audit) -> Findings:
    """All findings of an audit, from its stored rows alone."""
    gathered = evidence.gather(audit)
    student = audit.plan["student"]
    if not gathered.answered(student):
        raise Refusal(
            f"The student {student} gave no answer: {gathered.failure(student) or 'every sample ended in an error'}. "
            "There is nothing to judge; correct the model's settings and start a new audit."
        )
    judged = [student, *(key for key in audit.plan["candidates"] if key in gathered.completions)]
    scored = score(
        gathered.samples,
        {key: gathered.completions[key] for key in judged},
        student=student,
        candidates=[key for key in judged if key != student],
        margins=audit.plan["margins"],
        seed=audit.plan["seed"],
    )
    provenance = provenance_of(audit, gathered)
    payloads = {
        "provenance": to_json(provenance),
        "quality": to_json(scored.quality),
        "cost": to_json(costs.cost_of(audit, gathered, scored, judged)),
        "licence": to_json(licence_of(audit, provenance)),
        "shelf_life": to_json(shelf_life_of(audit)),
    }
    return Findings(payloads, scored)


def provenance_of(audit: Audit, gathered: evidence.Gathered) -> ProvenanceResult | None:
    """The provenance finding; ``None`` where the plan has nobody to compare with."""
    plan = audit.plan
    cards = {key: card_of(value) for key, value in plan["cards"].items() if key in gathered.texts}
    candidates = tuple(key for key in plan["candidates"] if key in cards)
    if not candidates:
        return None
    owners = {cards[key].owner for key in candidates}
    try:
        return assess(
            ProvenanceInput(
                student=plan["student"],
                candidates=candidates,
                cards=cards,
                prompts=gathered.prompts,
                completions=gathered.texts,
                suspected_owners=tuple(owner for owner in plan["suspected_owners"] if owner in owners),
                alpha=plan["alpha"],
                seed=plan["seed"],
                hold_out=plan["hold_out"],
                obtained_by=gathered.obtained_by,
            )
        )
    except ProvenanceInputError as error:
        raise Refusal(f"Provenance could not be assessed: {error}") from error


def card_of(value: dict[str, Any]) -> ModelCard:
    """The card that the locked plan froze."""
    known = {name: item for name, item in value.items() if name in ModelCard.__dataclass_fields__}
    lists = ("taught_by_owners", "taught_by_families", "taught_by")
    return ModelCard(**{k: tuple(v) if k in lists and v is not None else v for k, v in known.items()})


def licence_of(audit: Audit, provenance: ProvenanceResult | None) -> Any:
    """The licence position of every candidate, on the student's release date or today."""
    cards = {key: card_of(value) for key, value in audit.plan["cards"].items()}
    asked = [
        CandidateQuery(
            model=key,
            name=cards[key].name,
            owner=cards[key].owner,
            access_route=cards[key].access_route,
            on=None,
        )
        for key in audit.plan["candidates"]
    ]
    return licence_position(
        asked,
        supported_owners=owners_with(provenance, "supported"),
        inconclusive_owners=owners_with(provenance, "inconclusive"),
        today=timezone.now().date(),
    )


def owners_with(provenance: ProvenanceResult | None, status: str) -> list[str]:
    """Owners whose declared test or one of whose families has this status."""
    if provenance is None:
        return []
    named = [owner.owner for owner in provenance.owners if owner.status == status]
    named += [family.owner for family in provenance.exploration.families if family.status == status]
    return sorted(set(named))


def shelf_life_of(audit: Audit) -> Any:
    """When to look again: six months by default, sooner for a recorded contract date."""
    notice = audit.workload.contract_notice_on if audit.workload else None
    return next_evaluation(timezone.now().date(), contract_notice_on=notice)

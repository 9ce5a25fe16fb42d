"""The frozen snapshot of one report: the only thing that sections read."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from audit_app import VERSION
from evaluations.models import Audit, AuditModel, Completion, Finding, RunState, Sample

ROWS_SHOWN = 40
TEXT_SHOWN = 4000


def build(audit: Audit, *, version: int, now: datetime) -> dict[str, Any]:
    """Everything a report says, as plain JSON; see the sections for how it is read."""
    members = list(audit.audit_models.select_related("model", "run").order_by("id"))
    findings = {row.kind: row.payload for row in Finding.objects.filter(audit=audit)}
    models = models_of(audit, members)
    return {
        "schema": 1,
        "report": {
            "number": audit.reference,
            "version": version,
            "title": audit.title,
            "workspace": audit.workspace.name,
            "workload": audit.workload.name if audit.workload else "",
            "prepared_by": audit.created_by.get_username() if audit.created_by else "pedigree",
            "created_at": now.isoformat(),
            "status": "DRAFT",
            "code_version": VERSION,
        },
        "audit": {
            "id": audit.pk,
            "title": audit.title,
            "locked_at": audit.locked_at.isoformat(),
            "locked_by": audit.created_by.get_username() if audit.created_by else "pedigree",
            "started_at": audit.started_at.isoformat() if audit.started_at else None,
            "finished_at": now.isoformat(),
            "plan_digest": audit.plan_digest,
            "deviations": deviations(members, models),
        },
        "plan": audit.plan,
        "suite": suite_of(audit),
        "models": models,
        "findings": findings,
        "rows": rows_of(audit, members, findings),
    }


def suite_of(audit: Audit) -> dict[str, Any]:
    """The suite's datasheet."""
    version = audit.suite_version
    rows = Sample.objects.filter(version=version).order_by()
    return {
        "name": version.suite.name,
        "version": version.number,
        "content_hash": version.content_hash,
        "n_samples": version.sample_count,
        "sensitivity": version.suite.sensitivity,
        "source_filename": version.source_filename,
        "left_out": len(version.left_out),
        "task_types": dict(rows.values_list("task_type").annotate(n=Count("pk")).order_by("task_type")),
        "criticalities": dict(
            rows.values_list("criticality").annotate(n=Count("pk")).order_by("criticality")
        ),
        "n_with_target": rows.exclude(targets=[]).count(),
    }


def models_of(audit: Audit, members: list[AuditModel]) -> list[dict[str, Any]]:
    """Every model of the audit with its role, declared history and recounted answers."""
    run_ids = [member.run_id for member in members if member.run_id]
    counts = {
        row["run_id"]: row
        for row in Completion.objects.filter(run_id__in=run_ids)
        .values("run_id")
        .annotate(n_all=Count("pk"), n_failed=Count("pk", filter=~Q(error="")))
    }
    errors: dict[int, dict[str, int]] = {}
    failed = Completion.objects.filter(run_id__in=run_ids).exclude(error="")
    for run_id, error, n in failed.values_list("run_id", "error").annotate(n=Count("pk")):
        errors.setdefault(run_id, {})[error] = n
    said = Completion.objects.filter(run_id__in=run_ids).exclude(model_reported="")
    reported: dict[int, list[str]] = {}
    for run_id, name in said.values_list("run_id", "model_reported").distinct().order_by("model_reported"):
        reported.setdefault(run_id, []).append(name)
    expected = audit.suite_version.sample_count
    return [
        _model_row(
            member,
            counts.get(member.run_id, {}),
            errors.get(member.run_id, {}),
            reported.get(member.run_id, []),
            expected,
        )
        for member in members
    ]


def _model_row(
    member: AuditModel, count: dict[str, int], errors: dict[str, int], reported: list[str], n_samples: int
) -> dict[str, Any]:
    model, run = member.model, member.run
    n_stored, n_failed = count.get("n_all", 0), count.get("n_failed", 0)
    samples = int(run.decoding.get("samples", 1)) if run else 1
    return {
        "key": model.key,
        "name": model.name,
        "vendor": model.vendor,
        "claim": model.claim,
        "role": member.role,
        "owner": model.owner,
        "family": model.family,
        "lineage": model.lineage,
        "base": model.base,
        "released": model.released,
        "released_source": model.released_source,
        "backend": model.backend,
        "access_route": model.access_route,
        "obtained_by": run.obtained_by if run else model.obtained_by,
        "relation": model.relation,
        "taught_by_owners": model.taught_by_owners,
        "data_source": model.data_source,
        "n_all": n_samples * samples,
        "n_answered": n_stored - n_failed,
        "n_failed": n_failed,
        "errors": errors,
        "model_reported": reported,
        "reused": member.reused,
        "failure": run.failure if run and run.state == RunState.FAILED else "",
        "configuration_digest": run.model_digest if run else "",
    }


def deviations(members: list[AuditModel], models: list[dict[str, Any]]) -> list[str]:
    """What differed from the locked plan, one sentence each."""
    found = []
    for member, row in zip(members, models, strict=True):
        if row["failure"]:
            found.append(f"The run of {row['name']} ended early: {row['failure']}")
        elif member.run and row["n_failed"]:
            classes = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in sorted(row["errors"].items()))
            found.append(
                f"{row['name']}: {row['n_failed']} of {row['n_all']} samples have no answer ({classes})."
            )
    return found


def rows_of(audit: Audit, members: list[AuditModel], findings: dict[str, Any]) -> dict[str, Any]:
    """The samples that the report shows, with the answers of student and candidates."""
    wanted: Counter[str] = Counter()
    for row in (findings.get("provenance") or {}).get("evidence", [])[:ROWS_SHOWN]:
        wanted[row["prompt_id"]] += 1
    for flips in (findings.get("quality") or {}).get("flips", []):
        for key in [*flips["lost_ids"][:5], *flips["gained_ids"][:3]]:
            wanted[key] += 1
    samples = Sample.objects.filter(version=audit.suite_version, key__in=list(wanted)[:ROWS_SHOWN])
    shown = {row.pk: row for row in samples.order_by("position")}
    runs: dict[int, str] = {
        m.run_id: m.model.key for m in members if m.run_id and m.role in ("student", "candidate")
    }
    answers: dict[int, dict[str, str]] = {}
    stored = Completion.objects.filter(run_id__in=runs, sample_id__in=shown, sample_index=0, error="")
    for sample_id, run_id, text in stored.values_list("sample_id", "run_id", "text"):
        answers.setdefault(sample_id, {})[runs[run_id]] = text[:TEXT_SHOWN]
    return {
        row.key: {
            "input": row.as_record().input_text[:TEXT_SHOWN],
            "targets": row.targets,
            "answers": dict(sorted(answers.get(pk, {}).items())),
        }
        for pk, row in shown.items()
    }

"""Audit as code: a YAML spec becomes models, a suite and a locked plan; a plan becomes a spec again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from evaluations.errors import Refusal
from evaluations.models import Audit, Model, Panel, SuiteVersion, Workload, Workspace
from evaluations.services import audits, panels, spec_models, suites
from evaluations.services.spec_reading import Reader, load_yaml
from evaluations.suites.mapping import Mapping as SuiteMapping
from evaluations.suites.mapping import MappingError
from evaluations.suites.reading import propose

SHORT_MAPPING = {
    "id": ("id_column", str),
    "input": ("input_columns", list),
    "target": ("target_columns", list),
    "task_type": ("task_type", str),
    "task_type_column": ("task_type_column", str),
    "criticality": ("criticality", str),
    "criticality_column": ("criticality_column", str),
    "tags": ("tag_columns", list),
    "template": ("template", str),
    "target_rule": ("target_rule", str),
    "messages": ("messages_column", str),
}


@dataclass(frozen=True)
class Prepared:
    """A spec turned into rows: the plan to lock, and the spec's own ids by model key."""

    request: audits.PlanRequest
    ids: Mapping[str, str]
    folders: tuple[Path, ...] = ()
    notes: tuple[str, ...] = field(default=())


def prepare(*, path: Path, workspace: Workspace, user: Any, now: datetime) -> Prepared:
    """Read a spec, register its models, import its suite. Paths in it are relative to the spec."""
    reader = Reader(load_yaml(path), path)
    reader.only(
        "title", "workload", "suite", "panel", "models", "student", "candidates", "suspected_owners",
        "references", "decoding", "margins", "alpha", "seed", "hold_out", "budget_cap", "currency",
    )  # fmt: skip
    notes: list[str] = []
    panel = _panel(reader, workspace, user, now, notes)
    named = spec_models.register_all(reader, workspace=workspace, user=user, now=now)
    by_id = {**_panel_ids(panel), **named.models}
    version = _suite_version(reader, panel, workspace, user, now)
    request = _request(reader, by_id, panel, version, _workload(reader, workspace))
    return Prepared(request, {model.key: name for name, model in by_id.items()}, named.folders, tuple(notes))


def _panel(reader: Reader, workspace: Workspace, user: Any, now: datetime, notes: list[str]) -> Panel | None:
    folder = reader.path("panel")
    if folder is None:
        return None
    imported = panels.import_panel(workspace=workspace, user=user, folder=folder, now=now)
    notes += imported.problems
    return imported.panel


def _panel_ids(panel: Panel | None) -> dict[str, Model]:
    """A panel's models by the id of their row in models.csv."""
    if panel is None:
        return {}
    return {model.key.split("/", 1)[1]: model for model in panel.models.all()} | {
        model.name: model for model in panel.models.all()
    }


def _suite_version(
    reader: Reader, panel: Panel | None, workspace: Workspace, user: Any, now: datetime
) -> SuiteVersion:
    value = reader.get("suite")
    if value is None:
        if panel is None:
            raise reader.refusal("suite", "nothing", "a suite file, or a panel whose prompts are used")
        return panel.suite_version
    section = {"file": value} if isinstance(value, str) else value
    if not isinstance(section, dict) or not section.get("file"):
        raise reader.refusal("suite", value, "a file name, or a mapping with the key file")
    path = reader.resolve(section["file"], "suite.file")
    name = str(section.get("name") or path.stem)
    suite = workspace.suites.filter(name=name).first() or suites.create_suite(
        workspace=workspace,
        user=user,
        name=name,
        sensitivity=str(section.get("sensitivity") or "internal"),
        now=now,
    )
    with path.open("rb") as file:
        upload = suites.receive(
            suite=suite, user=user, filename=path.name, chunks=iter(lambda: file.read(1 << 20), b"")
        )
    return suites.import_upload(
        upload=upload,
        user=user,
        mapping=mapping_of(reader, section.get("mapping") or {}, path),
        on_bad_rows="leave_out" if section.get("leave_out_bad_rows") else "refuse",
        now=now,
    )


def mapping_of(reader: Reader, given: Mapping[str, Any], path: Path) -> SuiteMapping:
    """The guessed mapping of a file, with the spec's own choices in place of the guesses."""
    proposal = propose(path, path.name)
    if proposal.outcome == "refuse" and not given:
        raise Refusal(f"{path.name}: {proposal.reason}")
    values = proposal.mapping.to_json()
    for name, value in given.items():
        field_name, kind = SHORT_MAPPING.get(name, (name, None))
        values[field_name] = [value] if kind is list and isinstance(value, str) else value
        if name in ("input", "template"):
            values["messages_column"] = ""
    try:
        return SuiteMapping.from_json(values)
    except MappingError as error:
        raise reader.refusal("suite.mapping", dict(given), str(error)) from error


def _workload(reader: Reader, workspace: Workspace) -> Workload | None:
    value = reader.get("workload")
    if value is None:
        return None
    section = {"name": value} if isinstance(value, str) else value
    if not isinstance(section, dict) or not section.get("name"):
        raise reader.refusal("workload", value, "a name, or a mapping with the key name")
    workload, _ = Workload.objects.update_or_create(
        workspace=workspace,
        name=section["name"],
        defaults={
            name: section[name]
            for name in ("monthly_volume", "description", "owner", "contract_notice_on")
            if name in section
        },
    )
    workload.refresh_from_db()
    return workload


def _request(
    reader: Reader,
    by_id: dict[str, Model],
    panel: Panel | None,
    version: SuiteVersion,
    workload: Workload | None,
) -> audits.PlanRequest:
    def model(name: Any, where: str) -> Model:
        if name not in by_id:
            known = ", ".join(sorted(by_id)[:8]) or "none"
            raise reader.refusal(where, name, f"the id of a model of this spec (known: {known}, …)")
        return by_id[name]

    student = model(reader.required("student"), "student")
    listed = reader.get("candidates")
    if listed in (None, "panel") and panel is not None:
        candidates = [
            m for m in panel.models.filter(panel_role="teacher_candidate").order_by("id") if m != student
        ]
    else:
        candidates = [model(name, "candidates") for name in reader.words("candidates")]
    references = _references(reader, by_id, panel, {student.pk, *(m.pk for m in candidates)}, model)
    return audits.PlanRequest(
        title=str(reader.get("title") or f"{student.name} on {version.suite.name}"),
        suite_version=version,
        student=student,
        candidates=candidates,
        references=references,
        workload=workload,
        suspected_owners=reader.words("suspected_owners"),
        decoding=reader.decoding(),
        margins=reader.margins(),
        alpha=reader.number("alpha", 0.05),
        seed=int(reader.number("seed", 0)),
        hold_out=str(reader.get("hold_out") or (panel.hold_out if panel else "lineage")),
        budget_cap_micro=reader.micro("budget_cap"),
        currency=str(reader.get("currency") or "USD"),
    )


def _references(
    reader: Reader, by_id: dict[str, Model], panel: Panel | None, taken: set[int], model: Any
) -> list[Model]:
    """The named references; all other models of the spec and the panel where none are named."""
    listed = reader.get("references")
    if listed not in (None, "all", "panel"):
        return [model(name, "references") for name in reader.words("references")]
    rest = {m.pk: m for m in by_id.values() if m.pk not in taken}
    return [rest[pk] for pk in sorted(rest)]


def export(audit: Audit) -> str:
    """The locked plan as a spec. Models are named by key; keys and files are not part of it."""
    plan = audit.plan
    models = {}
    for member in audit.audit_models.select_related("model").order_by("id"):
        models[member.model.key] = spec_models.as_spec(member.model)
    spec = {
        "title": plan["title"],
        **({"workload": plan["workload"]} if plan["workload"] else {}),
        "suite": {
            "file": re.sub(r"[^\w.-]+", "-", plan["suite"]["name"]) + ".jsonl",
            "name": plan["suite"]["name"],
        },
        "models": models,
        "student": plan["student"],
        "candidates": plan["candidates"],
        "suspected_owners": plan["suspected_owners"],
        "references": plan["references"],
        "decoding": {k: v for k, v in plan["decoding"].items() if k != "stop" or v},
        "margins": plan["margins"],
        "alpha": plan["alpha"],
        "seed": plan["seed"],
        "hold_out": plan["hold_out"],
        "currency": plan["currency"],
    }
    head = (
        f"# Plan of {audit.reference}, locked {audit.locked_at:%Y-%m-%d %H:%M} UTC, digest {audit.plan_digest}\n"
        "# Put the suite's JSONL export and the files of recorded outputs beside this spec, then run:\n"
        "#   manage.py run_audit SPEC.yaml\n"
    )
    return head + yaml.safe_dump(spec, sort_keys=False, allow_unicode=True, width=100)

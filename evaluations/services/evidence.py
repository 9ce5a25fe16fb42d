"""What an audit's runs answered, gathered from rows into the records that the domain packages read."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluations.models import Audit, AuditModel, Completion, RunState, Sample
from evaluations.records import Completion as CompletionRecord
from evaluations.records import Role, Usage
from evaluations.records import Sample as SampleRecord

MAX_PROVENANCE_PROMPTS = 2000
JUDGED = (Role.STUDENT, Role.CANDIDATE)


@dataclass(frozen=True)
class Gathered:
    """The answers of one audit.

    ``completions``: student and candidates, aligned with ``samples``. ``texts``: every model,
    aligned with ``prompts`` (at most 2,000 samples, drawn by the plan's seed).
    """

    samples: Sequence[SampleRecord]
    completions: Mapping[str, Sequence[CompletionRecord | None]]
    prompts: tuple[SampleRecord, ...]
    texts: Mapping[str, tuple[str | None, ...]]
    obtained_by: Mapping[str, str]
    failures: Mapping[str, str]

    def answered(self, key: str) -> int:
        """How many samples a model answered without an error."""
        return sum(1 for c in self.completions.get(key, ()) if c is not None and not c.error)

    def failure(self, key: str) -> str:
        """Why a model's run ended early, or ""."""
        return self.failures.get(key, "")


def gather(audit: Audit) -> Gathered:
    """Read samples and completions of an audit."""
    rows = list(Sample.objects.filter(version=audit.suite_version).order_by("position"))
    samples = [row.as_record() for row in rows]
    chosen = chosen_positions(len(samples), seed=audit.plan["seed"])
    members = list(audit.audit_models.select_related("model", "run").order_by("id"))
    completions, texts = {}, {}
    for member in members:
        if member.run is None:
            continue
        if member.role in JUDGED:
            records = full_records(member, rows)
            completions[member.model.key] = records
            found = tuple(_text(records[position]) for position in chosen)
        else:
            found = texts_only(member, [rows[position] for position in chosen])
        if member.role == Role.STUDENT or any(text is not None for text in found):
            texts[member.model.key] = found
    return Gathered(
        samples=samples,
        completions=completions,
        prompts=tuple(samples[position] for position in chosen),
        texts=texts,
        obtained_by={m.model.key: m.run.obtained_by for m in members if m.run and m.model.key in texts},
        failures={m.model.key: m.run.failure for m in members if m.run and m.run.state == RunState.FAILED},
    )


def chosen_positions(n_samples: int, *, seed: int) -> list[int]:
    """At most 2,000 positions in order, drawn by seed."""
    if n_samples <= MAX_PROVENANCE_PROMPTS:
        return list(range(n_samples))
    return sorted(random.Random(seed).sample(range(n_samples), MAX_PROVENANCE_PROMPTS))  # noqa: S311


def _text(record: CompletionRecord | None) -> str | None:
    return None if record is None or record.error else record.text


def full_records(member: AuditModel, rows: Sequence[Sample]) -> list[CompletionRecord | None]:
    """The first answer to each sample as a record, ``None`` where there is none."""
    stored = Completion.objects.filter(run=member.run, sample_index=0).values_list(
        "sample_id", "text", "prompt_tokens", "completion_tokens", "latency_ms", "finish_reason",
        "model_reported", "fingerprint", "error", "error_detail",
    )  # fmt: skip
    by_sample = {row[0]: row[1:] for row in stored.iterator(chunk_size=5000)}
    return [_record(row.key, by_sample[row.pk]) if row.pk in by_sample else None for row in rows]


def _record(key: str, values: tuple) -> CompletionRecord:
    text, prompt_tokens, completion_tokens, latency, finish, reported, fingerprint, error, detail = values
    return CompletionRecord(
        key,
        text,
        0,
        Usage(prompt_tokens, completion_tokens),
        latency,
        None,
        finish,
        reported,
        fingerprint,
        error,
        detail,
    )


def texts_only(member: AuditModel, rows: Sequence[Sample]) -> tuple[str | None, ...]:
    """The first answers of a reference as texts; a failed answer is ``None``."""
    stored = Completion.objects.filter(run=member.run, sample_index=0, error="")
    by_sample = dict(stored.values_list("sample_id", "text").iterator(chunk_size=5000))
    return tuple(by_sample.get(row.pk) for row in rows)

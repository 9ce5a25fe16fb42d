"""The frozen outcome of one provenance assessment. Field names are the keys of the stored finding."""

from __future__ import annotations

from dataclasses import dataclass

from evaluations.records import VerdictStatus


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """``k`` of ``n`` with the exact (Clopper-Pearson) 95 % interval; ``n`` 0 means not tested."""

    label: str
    k: int
    n: int
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class CandidateOutcome:
    """One teacher candidate on the common scale.

    ``z``: combined closeness in standard deviations of the untaught reference lineages.
    ``null_z``: the same number for each reference lineage (a lineage is its largest model).
    ``interval``: 95 % bootstrap interval over prompts. ``channels``: z per statistic.
    """

    model: str
    name: str
    owner: str
    family: str
    released: str | None
    status: VerdictStatus
    status_reason: str
    z: float | None
    interval: tuple[float, float] | None
    channels: dict[str, float | None]
    null_z: tuple[float, ...]
    n_as_close: int
    n_null: int
    verbatim_share: float | None = None


@dataclass(frozen=True, slots=True)
class OwnerOutcome:
    """The declared test of one suspected owner, fixed before the run.

    ``p`` = (1 + Σ lineage shares ≥) / (1 + lineages), ``p_corrected`` after Holm over the declared
    owners, ``smallest_p`` the smallest value this plan can reach. ``strength`` is weak, moderate or
    strong when supported, else empty. ``reasons`` say why the answer is not stronger.
    """

    owner: str
    status: VerdictStatus
    strength: str
    lean: str
    z: float | None
    p: float | None
    p_corrected: float | None
    smallest_p: float | None
    extrapolated_p: float | None
    n_lineages: int
    n_as_close: float
    families: tuple[str, ...]
    reasons: tuple[str, ...]
    settle: tuple[str, ...]
    evidence_families: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class FamilyOutcome:
    """One family of the exploration; ``p`` is its max-T p on the common scale."""

    family: str
    owner: str
    status: VerdictStatus
    strength: str
    z: float | None
    p: float | None
    smallest_p: float | None
    n_lineages: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exploration:
    """The max-T search over every family whose owner was not declared."""

    p: float | None
    smallest_p: float | None
    n_lineages: int
    top_family: str
    families: tuple[FamilyOutcome, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One of the three lines: identity, base or teacher."""

    status: VerdictStatus
    text: str


@dataclass(frozen=True, slots=True)
class SensitivityRow:
    """The declared or leading owner's z and p under one variation of the analysis."""

    variation: str
    owner: str
    z: float | None
    p: float | None
    note: str


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One prompt that carries (or weakens) the closeness to a candidate.

    ``contribution`` in z units, summed over the text channels; ``shared`` are the rare phrases that
    student and candidate both use and few reference models do.
    """

    prompt_id: str
    candidate: str
    contribution: float
    shared: tuple[str, ...]
    panel_rate: float | None


@dataclass(frozen=True, slots=True)
class ProvenanceResult:
    """Everything the report says about provenance, computed once and frozen."""

    student: str
    alpha: float
    n_prompts: int
    n_prompts_used: int
    n_lineages: int
    lineage_counts: dict[str, int]
    identity: Line
    base: Line
    teacher: Line
    owners: tuple[OwnerOutcome, ...]
    exploration: Exploration
    candidates: tuple[CandidateOutcome, ...]
    statistics: tuple[str, ...]
    error_unrelated: ErrorRate
    error_shared_data: ErrorRate
    known_students: ErrorRate
    known_student_z: tuple[float, ...]
    shuffled_labels: ErrorRate
    sensitivity: tuple[SensitivityRow, ...]
    evidence: tuple[EvidenceRow, ...]
    settle: tuple[str, ...]
    left_out: tuple[str, ...]
    not_tested: tuple[str, ...]
    obtained_by: dict[str, int]
    statement: str
    self_mentions: dict[str, int]

"""A reader of the frozen snapshot: names, roles and findings, with nothing computed twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from evaluations.reports import format as fmt

Json = Mapping[str, Any]
_ORDER: Final = ("critical", "standard", "routine")


class Facts:
    """One snapshot. Every attribute is safe when the part of the snapshot is missing or ``None``."""

    def __init__(self, snapshot: Json) -> None:
        self.snapshot = snapshot
        self.report: Json = snapshot.get("report") or {}
        self.audit: Json = snapshot.get("audit") or {}
        self.plan: Json = snapshot.get("plan") or {}
        self.suite: Json = snapshot.get("suite") or self.plan.get("suite") or {}
        self.models: Sequence[Json] = snapshot.get("models") or ()
        self.rows: Json = snapshot.get("rows") or {}

    def finding(self, name: str) -> Json | None:
        """The finding of that name; ``None`` where it was not measured."""
        found: Json | None = (self.snapshot.get("findings") or {}).get(name)
        return found or None

    @property
    def provenance(self) -> Json | None:
        return self.finding("provenance")

    @property
    def quality(self) -> Json | None:
        return self.finding("quality")

    @property
    def cost(self) -> Json | None:
        return self.finding("cost")

    @property
    def licence(self) -> Json | None:
        return self.finding("licence")

    @property
    def shelf_life(self) -> Json | None:
        return self.finding("shelf_life")

    @cached_property
    def by_key(self) -> dict[str, Json]:
        """The model records by key."""
        return {str(model.get("key", "")): model for model in self.models}

    @cached_property
    def cards(self) -> Json:
        """The declared histories by model key."""
        found: Json = self.plan.get("cards") or {}
        return found

    def model(self, key: str) -> Json:
        """The model's record, else its card, else an empty record."""
        found: Json = self.by_key.get(key) or self.cards.get(key) or {}
        return found

    def name(self, key: str) -> str:
        """The name people use for a model: declared name, else its key; long ones are cut."""
        found = self.model(key).get("name") or (self.cards.get(key) or {}).get("name")
        return fmt.clip(str(found or key), 64)

    def supplied_note(self, *keys: str) -> str:
        """A sentence that marks vendor-supplied answers among ``keys``; ``""`` where there are none."""
        names = [self.name(key) for key in keys if self.model(key).get("obtained_by") == "vendor_supplied"]
        if not names:
            return ""
        shown = names if len(names) <= 3 else [*names[:2], f"{len(names) - 2} more"]
        return f"Vendor-supplied answers: {fmt.join(shown)}."

    @property
    def student(self) -> str:
        """The key of the student."""
        return str(self.plan.get("student") or "")

    @property
    def student_name(self) -> str:
        return self.name(self.student) or "The student"

    @property
    def vendor(self) -> str:
        """The vendor of the student; "the vendor" where none is recorded."""
        return str(self.model(self.student).get("vendor") or "the vendor")

    @property
    def candidates(self) -> tuple[str, ...]:
        return tuple(self.plan.get("candidates") or ())

    @property
    def suspected_owners(self) -> tuple[str, ...]:
        return tuple(self.plan.get("suspected_owners") or ())

    @property
    def currency(self) -> str:
        return str(self.plan.get("currency") or "USD")

    @property
    def margins(self) -> dict[str, float]:
        """The locked margins, the most critical first."""
        found: Json = self.plan.get("margins") or {}
        known = [name for name in _ORDER if name in found]
        return {name: float(found[name]) for name in [*known, *sorted(set(found) - set(known))]}

    def role(self, role: str) -> tuple[Json, ...]:
        """The models of one role, in the order of the snapshot."""
        return tuple(model for model in self.models if model.get("role") == role)

    @cached_property
    def owners(self) -> tuple[str, ...]:
        """The owners of the candidates, suspected owners first."""
        found = [str(self.model(key).get("owner") or "") for key in self.candidates]
        ordered = [owner for owner in self.suspected_owners if owner in found]
        return tuple(dict.fromkeys([*ordered, *(owner for owner in found if owner)]))

    def missing(self, name: str) -> str:
        """Why a finding has no result, as one sentence."""
        found = self.finding(name)
        reason = str((found or {}).get("reason") or "").strip()
        return fmt.sentence(reason) if reason else _NOTHING.get(name, "No result was stored.")


_NOTHING: Final = {
    "provenance": "No provenance assessment was stored with this report.",
    "quality": "No answers were scored. Quality needs samples with targets and answers of the student.",
    "cost": "No costs were computed. Cost needs prices and token counts.",
    "licence": "No licence position was looked up.",
    "shelf_life": "No next date was computed.",
}

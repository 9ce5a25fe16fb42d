"""A new audit: first the student and the suite, then the plan."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from evaluations.forms.models import CURRENCIES, micro
from evaluations.forms.workloads import margin_fields
from evaluations.models import Model, SuiteVersion
from evaluations.records import Decoding
from evaluations.selectors.planning import PlanOptions
from evaluations.services.audits import MAX_SUSPECTED, PlanRequest

PLACES = {
    "The plan names no teacher candidate": "candidates",
    "The suspected owner": "suspected",
    "Error rate": "alpha",
    "Decoding, samples": "samples",
    "Decoding, temperature": "temperature",
    "Decoding, max_new_tokens": "max_new_tokens",
    "Decoding, seed": "seed",
    "routine:": "margin_routine",
    "standard:": "margin_standard",
    "critical:": "margin_critical",
}
"""Where the sentences of the service are shown."""


class StudentField(forms.ModelChoiceField):
    """Models by name, with the panel that they belong to."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} (panel {obj.panel.name})" if obj.panel_id else str(obj.name)


class VersionField(forms.ModelChoiceField):
    """Suite versions with their size."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.suite.name}, version {obj.number}, {obj.sample_count:,} samples"


class AuditBasicsForm(forms.Form):
    """Whom to audit, and on which tasks."""

    student = StudentField(
        label="Student",
        queryset=Model.objects.none(),
        empty_label="Choose a model",
        help_text="The vendor's model.",
    )
    version = VersionField(
        label="Task suite", queryset=SuiteVersion.objects.none(), empty_label="Choose a suite version",
        help_text="A version never changes.",
    )  # fmt: skip

    def __init__(self, *args: Any, students: Any, versions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["student"].queryset = students
        self.fields["version"].queryset = versions


class AuditPlanForm(forms.Form):
    """The plan that is reviewed and then locked. ``reviewed`` is the digest that the person has seen."""

    LIMITS = ("temperature", "samples", "max_new_tokens", "seed")

    title = forms.CharField(label="Title", max_length=200, help_text="As it stands on the report.")
    candidates = forms.TypedMultipleChoiceField(
        coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    references = forms.TypedMultipleChoiceField(
        coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    controls = forms.TypedMultipleChoiceField(coerce=int, required=False, widget=forms.CheckboxSelectMultiple)
    suspected = forms.MultipleChoiceField(
        label="Suspected owners", required=False, widget=forms.CheckboxSelectMultiple
    )
    panel = forms.ModelChoiceField(label="Panel", queryset=None, required=False, empty_label="No panel")
    alpha = forms.DecimalField(
        label="Error rate", initial=Decimal("0.05"), max_digits=6, decimal_places=4,
        help_text="How often an unrelated model may be named by mistake.",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "in--num"}),
    )  # fmt: skip
    temperature = forms.DecimalField(
        label="Temperature", initial=Decimal(0), max_digits=4, decimal_places=2, help_text="0 is greedy: the most likely answer.",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "in--num"}),
    )  # fmt: skip
    samples = forms.IntegerField(
        label="Answers a task",
        initial=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "in--num"}),
    )
    max_new_tokens = forms.IntegerField(
        label="Longest answer, tokens",
        initial=256,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "in--num"}),
    )
    seed = forms.IntegerField(
        label="Seed", initial=0, widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "in--num"})
    )
    cap = forms.DecimalField(
        label="Hard cap", required=False, min_value=0, max_digits=12, decimal_places=2,
        help_text="A plan whose known cost is above it is not locked. Empty: no cap.",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "in--num"}),
    )  # fmt: skip
    currency = forms.ChoiceField(label="Currency", choices=list(CURRENCIES.items()))
    agree = forms.BooleanField(
        label="Suite, candidates, suspected owners, margins and error rate are final. Later changes are listed as deviations in the report.",
        required=False,
    )
    token = forms.CharField(widget=forms.HiddenInput, max_length=40)
    reviewed = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)

    def __init__(self, *args: Any, options: PlanOptions, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.options = options
        fields: dict[str, Any] = self.fields
        fields["candidates"].choices = [(option.id, option.name) for option in options.candidates]
        fields["references"].choices = [(option.id, option.name) for option in options.references]
        fields["controls"].choices = [(option.id, option.name) for option in options.controls]
        fields["suspected"].choices = [(owner, owner) for owner in options.owners]
        fields["panel"].queryset = options.panels
        fields["title"].initial = f"{options.student.name} on {options.version.suite.name}"[:200]
        fields["panel"].initial = options.panels.first()
        fields["currency"].initial = (
            options.student.currency if options.student.currency in CURRENCIES else "USD"
        )
        for name, field in margin_fields().items():
            level = name.removeprefix("margin_")
            field.initial = f"{100 * options.margins[level]:g}" if level in options.margins else field.initial
            field.widget.attrs |= {"class": "in--num in--sm", "aria-label": f"Margin for {level}"}
            self.fields[name] = field

    @property
    def margins(self) -> list[dict[str, Any]]:
        """The rows of the table of margins: level, number of samples, control."""
        names = [(name, name.removeprefix("margin_")) for name in margin_fields()]
        return [
            {"level": level, "n": self.options.counts.get(level, 0), "field": self[name]}
            for name, level in names
        ]

    @property
    def limits(self) -> list[forms.BoundField]:
        return [self[name] for name in self.LIMITS]

    @property
    def chosen(self) -> dict[str, set[str]]:
        """What is ticked, as texts, for the tables."""
        names = ("candidates", "references", "controls", "suspected")
        return {name: {str(value) for value in self[name].value() or []} for name in names}

    def clean_suspected(self) -> list[str]:
        named: list[str] = self.cleaned_data["suspected"]
        if len(named) > MAX_SUSPECTED:
            raise forms.ValidationError(
                f"Found {len(named)} suspected owners, expected at most {MAX_SUSPECTED}: each one makes every test stricter."
            )
        return named

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        both = set(data.get("candidates") or []) & set(data.get("references") or [])
        for option in self.options.candidates:
            if option.id in both:
                self.add_error(
                    "references", f"{option.name} is a candidate already; a model has one role in an audit."
                )
        return data

    def plan(self) -> PlanRequest:
        """The request for the service."""
        data = self.cleaned_data
        ids = {*data["candidates"], *data["references"], *data["controls"]}
        models = Model.objects.in_bulk(ids)
        panel = data["panel"]
        return PlanRequest(
            title=data["title"],
            suite_version=self.options.version,
            student=self.options.student,
            candidates=[models[pk] for pk in data["candidates"]],
            references=[models[pk] for pk in data["references"]],
            controls=[models[pk] for pk in data["controls"]],
            panel=panel,
            workload=self.options.version.suite.workload,
            suspected_owners=data["suspected"],
            decoding=Decoding(
                temperature=float(data["temperature"]), samples=data["samples"],
                max_new_tokens=data["max_new_tokens"], seed=data["seed"],
            ),
            margins={name.removeprefix("margin_"): float(data[name]) / 100 for name in margin_fields()},
            alpha=float(data["alpha"]),
            seed=data["seed"],
            hold_out=panel.hold_out if panel else "lineage",
            budget_cap_micro=micro(data["cap"]),
            currency=data["currency"],
        )  # fmt: skip

    def problem_before_lock(self, *, digest: str, known_micro: int) -> str:
        """Why the reviewed plan is not locked yet; empty where nothing stands in the way."""
        data = self.cleaned_data
        if data["reviewed"] != digest:
            return "The plan changed since it was reviewed. Check the new estimate and limits, then lock it."
        cap = micro(data["cap"])
        if cap is not None and known_micro > cap:
            return f"Hard cap: the known cost is above {data['cap']} {data['currency']}. Raise the cap or ask fewer models."
        if not data["agree"]:
            return "Tick that the plan is final to lock it."
        return ""

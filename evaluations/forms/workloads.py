"""A workload: volume, dates, and how much of a teacher's score must be kept."""

from __future__ import annotations

from typing import Any

from django import forms

from evaluations.models import Workload, Workspace
from evaluations.records import Criticality

DEFAULTS = {Criticality.ROUTINE: 90, Criticality.STANDARD: 95, Criticality.CRITICAL: 98}


class MarginField(forms.DecimalField):
    """A margin in percent of the teacher's score."""

    def __init__(self, name: str, **kwargs: Any) -> None:
        super().__init__(
            label=name,
            min_value=50,
            max_value=100,
            max_digits=4,
            decimal_places=1,
            error_messages={
                "min_value": f"{name}: enter a number from 50 to 100 percent.",
                "max_value": f"{name}: more than 100%% is more than the teacher. Enter a number from 50 to 100 percent.",
                "invalid": f"{name}: expected a number from 50 to 100 percent.",
            },
            widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "in--num"}),
            **kwargs,
        )


def margin_fields() -> dict[str, MarginField]:
    """One field for each criticality."""
    return {
        f"margin_{level.value}": MarginField(level.value.capitalize(), initial=percent)
        for level, percent in DEFAULTS.items()
    }


class WorkloadForm(forms.ModelForm):
    """A workload of one workspace; its name is unique there."""

    class Meta:
        model = Workload
        fields = ("name", "description", "owner", "monthly_volume", "contract_notice_on")
        labels = {
            "owner": "Owner",
            "monthly_volume": "Tasks a month",
            "contract_notice_on": "Last day to give contract notice",
        }
        help_texts = {
            "name": "The job that AI does, for example Motor claims intake.",
            "owner": "Who answers for it in your company.",
            "monthly_volume": "For the monthly cost and the break-even.",
            "contract_notice_on": "The next evaluation is due before it.",
        }
        widgets = {
            "description": forms.Textarea(attrs={"rows": 3}),
            "contract_notice_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.workspace = workspace
        policy = self.instance.criticality_policy or {}
        for name, field in margin_fields().items():
            level = name.removeprefix("margin_")
            field.initial = f"{100 * policy[level]:g}" if level in policy else field.initial
            self.fields[name] = field

    @property
    def margins(self) -> list[forms.BoundField]:
        """The controls of the three margins."""
        return [self[name] for name in margin_fields()]

    @property
    def facts(self) -> list[forms.BoundField]:
        """The other controls."""
        return [self[name] for name in self.Meta.fields]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        same = Workload.objects.filter(workspace=self.instance.workspace, name=name).exclude(
            pk=self.instance.pk
        )
        if same.exists():
            raise forms.ValidationError(f"There is a workload named {name!r} already. Choose another name.")
        return name

    def save(self, commit: bool = True) -> Workload:
        self.instance.criticality_policy = {
            name.removeprefix("margin_"): float(self.cleaned_data[name]) / 100 for name in margin_fields()
        }
        saved: Workload = super().save(commit)
        return saved

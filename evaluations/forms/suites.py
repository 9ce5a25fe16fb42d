"""A new suite, a new version, and the columns of an uploaded file."""

from __future__ import annotations

from typing import Any

from django import forms

from evaluations.models import Sensitivity, Workload
from evaluations.records import Criticality, TargetRule, TaskType
from evaluations.suites.mapping import JSON_LIST, Mapping, MappingError

USES = {
    "input": "Input",
    "target": "Target (right answer)",
    "id": "Sample id",
    "messages": "Input as chat messages",
    "task_type": "Task type",
    "criticality": "Criticality",
    "target_rule": "How targets are read",
    "tag": "Tag",
    "output": "Recorded output (not used)",
    "ignore": "Leave out",
}
SINGLE = {
    "id": "id_column",
    "messages": "messages_column",
    "task_type": "task_type_column",
    "criticality": "criticality_column",
    "target_rule": "target_rule_column",
}
MANY = {
    "input": "input_columns",
    "target": "target_columns",
    "tag": "tag_columns",
    "output": "output_columns",
    "ignore": "ignored_columns",
}
RULES = {
    TargetRule.ANY_OF: "One matching target is enough",
    TargetRule.ALL_OF: "Every target must be found",
    TargetRule.AFTER_MARKER: "Only the text after #### counts",
}
TASKS = {
    TaskType.CLASSIFICATION: "Classification: one label of a fixed set",
    TaskType.EXTRACTION: "Extraction: values taken from the input",
    TaskType.QA: "Question with a short answer",
    TaskType.SUMMARISATION: "Summary",
    TaskType.TRANSLATION: "Translation",
    TaskType.GENERATION: "Free text",
}
LEVELS = {Criticality.ROUTINE: "Routine", Criticality.STANDARD: "Standard", Criticality.CRITICAL: "Critical"}
ONE_TARGET = "one"
SPLITS = {
    ONE_TARGET: "One target",
    JSON_LIST: "A JSON list of targets",
    ";": "Targets separated by ;",
    "|": "Targets separated by |",
}
BAD_ROWS = {
    "leave_out": "Leave them out. The version lists them.",
    "refuse": "Stop. I will correct the file and upload it again.",
}


class SuiteFileField(forms.FileField):
    """A suite's file; its content is judged by the reader, which names the line and the column."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label="File",
            help_text="CSV, TSV, JSON or JSON Lines with one task a row, up to 512 MB.",
            allow_empty_file=True,
            widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.json,.jsonl,.ndjson"}),
            **kwargs,
        )


class SuiteNewForm(forms.Form):
    """A suite and its first file."""

    name = forms.CharField(
        label="Name", max_length=120, help_text="What the tasks are, for example Motor claims intake."
    )
    workload = forms.ModelChoiceField(
        label="Workload",
        queryset=Workload.objects.none(),
        required=False,
        empty_label="None",
        help_text="The job that these tasks belong to.",
    )
    sensitivity = forms.ChoiceField(
        label="Sensitivity",
        choices=Sensitivity.choices,
        initial=Sensitivity.INTERNAL,
        help_text="How confidential the texts are. An audit shows it before samples are sent to an endpoint.",
    )
    file = SuiteFileField()

    def __init__(self, *args: Any, workloads: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["workload"].queryset = workloads


class SuiteUploadForm(forms.Form):
    """The file of a new version."""

    file = SuiteFileField()


class MappingForm(forms.Form):
    """What each column is used for. Column names come from the file, so fields are named by number."""

    task_type = forms.ChoiceField(
        label="Task type", choices=list(TASKS.items()), help_text="Decides how answers are scored."
    )
    target_rule = forms.ChoiceField(label="A right answer", choices=list(RULES.items()))
    target_split = forms.ChoiceField(label="A target cell holds", choices=list(SPLITS.items()))
    criticality = forms.ChoiceField(
        label="Criticality", choices=list(LEVELS.items()), help_text="How much a wrong answer costs you."
    )
    template = forms.CharField(
        label="Input template",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Text with {{column}} placeholders, instead of the input columns.",
    )
    without_target = forms.BooleanField(
        label="Import without right answers. Quality will not be measured.", required=False
    )
    on_bad_rows = forms.ChoiceField(
        label="What to do with these rows",
        choices=list(BAD_ROWS.items()),
        widget=forms.RadioSelect,
        required=False,
    )

    def __init__(
        self, *args: Any, columns: list[str], mapping: dict[str, Any], ask_bad_rows: bool, **kwargs: Any
    ) -> None:
        self.columns = columns
        self.base = Mapping.from_json(mapping)
        kwargs.setdefault("initial", self._initial())
        super().__init__(*args, **kwargs)
        # A preview needs no word on bad rows, an import does.
        self.fields["on_bad_rows"].required = ask_bad_rows and (not self.is_bound or "import" in self.data)
        self.fields["on_bad_rows"].error_messages["required"] = (
            "Found no choice, expected one of the two: leave these rows out, or stop. Nothing was imported."
        )
        if self.base.target_split and self.base.target_split not in SPLITS:
            other = (self.base.target_split, f"Targets separated by {self.base.target_split}")
            self.fields["target_split"].choices = [*SPLITS.items(), other]
        for index, name in enumerate(columns):
            self.fields[f"use_{index}"] = forms.ChoiceField(
                label=f"Use column {name} as",
                choices=list(USES.items()),
                widget=forms.Select(attrs={"class": "in--sm", "aria-label": f"Use column {name} as"}),
            )

    def _initial(self) -> dict[str, Any]:
        base = self.base
        uses = {getattr(base, field): use for use, field in SINGLE.items() if getattr(base, field)}
        uses |= {name: use for use, field in MANY.items() for name in getattr(base, field)}
        named = ("task_type", "target_rule", "target_split", "criticality", "template")
        shown = {name: getattr(base, name) for name in named}
        shown["target_split"] = base.target_split or ONE_TARGET
        return shown | {f"use_{index}": uses.get(name, "ignore") for index, name in enumerate(self.columns)}

    @property
    def uses(self) -> list[forms.BoundField]:
        """The controls of the columns, in the order of the file."""
        return [self[f"use_{index}"] for index in range(len(self.columns))]

    @property
    def problems(self) -> list[str]:
        """Every error, for the top of the page; those of a control carry its label."""
        own = [str(error) for error in self.non_field_errors()]
        named = [
            (self[name].label, error)
            for name in self.errors
            if name in self.fields
            for error in self.errors[name]
        ]
        return own + [f"{label}: {error}" for label, error in named]

    @property
    def reading(self) -> list[forms.BoundField]:
        """The controls that hold for every row."""
        return [self[name] for name in ("task_type", "target_rule", "target_split", "criticality")]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        chosen = {use: self._named(data, use) for use in USES}
        for use in SINGLE:
            if len(chosen[use]) > 1:
                self.add_error(
                    None,
                    f"{USES[use]}: found {len(chosen[use])} columns ({', '.join(chosen[use])}), expected one.",
                )
        if not (chosen["input"] or chosen["messages"] or data.get("template")):
            self.add_error(
                None, "Columns: found no input, expected at least one column used as Input, or a template."
            )
        if not self.errors:
            try:
                data["mapping"] = self._mapping(data, chosen)
            except MappingError as error:
                self.add_error(None, str(error))
        return data

    def problem_before_import(self) -> str:
        """What must be answered before the import: a target, or the word that there is none."""
        mapping: Mapping = self.cleaned_data["mapping"]
        if mapping.target_columns or self.cleaned_data["without_target"]:
            return ""
        return (
            "Columns: found no target, expected one column used as Target (right answer). "
            "Choose it, or tick that this suite has no right answers. Nothing was imported."
        )

    def _named(self, data: dict[str, Any], use: str) -> list[str]:
        return [name for index, name in enumerate(self.columns) if data.get(f"use_{index}") == use]

    def _mapping(self, data: dict[str, Any], chosen: dict[str, list[str]]) -> Mapping:
        """The edited mapping; columns keep the order of the guess where the same ones are chosen."""
        values = self.base.to_json()
        for use, field in SINGLE.items():
            values[field] = next(iter(chosen[use]), "")
        for use, field in MANY.items():
            same = set(chosen[use]) == set(values[field])
            values[field] = values[field] if same else chosen[use]
        for name in ("task_type", "target_rule", "target_split", "criticality"):
            values[name] = data[name]
        values["target_split"] = "" if data["target_split"] == ONE_TARGET else data["target_split"]
        values["template"] = data["template"].strip()
        return Mapping.from_json(values)

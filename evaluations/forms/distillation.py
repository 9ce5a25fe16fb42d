"""A distillation plan: prompts, teachers, recipes, base, limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet

from evaluations.distillation.recipes import recipes
from evaluations.forms.audits import VersionField
from evaluations.forms.models import CURRENCIES, micro
from evaluations.models import Model, SuiteVersion
from evaluations.reports import format as fmt
from evaluations.services.distillation.requests import MAX_SEEDS, STEPS, DistillationRequest

USUAL = ("greedy", "sampled")
OFFERED = tuple(
    (name, recipe)
    for name, recipe in sorted(recipes.items(), key=lambda item: item[0] not in USUAL)
    if "rephrase" not in recipe.needs
)
TEACHING = tuple((name, f"{recipe.title}: {recipe.about}") for name, recipe in OFFERED if recipe.teaches)
NEGATIVE = tuple((name, f"{recipe.title}: {recipe.about}") for name, recipe in OFFERED if not recipe.teaches)


PLACES = {
    "The plan names no teacher candidate": "teachers",
    "Students a recipe": "seeds",
    "Steps:": "steps",
    "Base ": "base",
    "pasted.txt:": "pasted",
    **{f"Recipe {recipe.title!r}": "teaching" for _, recipe in OFFERED if recipe.teaches},
    **{f"Recipe {recipe.title!r}": "negative" for _, recipe in OFFERED if not recipe.teaches},
}
"""Where the sentences of the service are shown."""
FREE = "Their terms, as read, allow training on outputs"
ASKED = "Others: an approver is asked to acknowledge the terms before the start"


@dataclass(frozen=True)
class TeacherChoice:
    """One teacher candidate of the form; ``detail`` says what its terms say, and how it is reached."""

    id: int
    name: str
    detail: str
    chosen: bool


class PlanForm(forms.Form):
    """What the control students are made of. Texts may be pasted or uploaded instead of chosen."""

    token = forms.CharField(widget=forms.HiddenInput)
    title = forms.CharField(max_length=200, label="Title", initial="Control students")
    suite_version = VersionField(
        SuiteVersion.objects.none(), label="Suite of the verdict", empty_label="Choose a suite version",
        help_text="Prompts that are in this suite are never trained on.",
    )  # fmt: skip
    prompts = VersionField(
        SuiteVersion.objects.none(), label="Training prompts", required=False, empty_label="None of these",
        help_text="About 2,000 are wanted on real text. Less than 200 is warned about, less than 20 refused.",
    )  # fmt: skip
    pasted = forms.CharField(
        label="Or paste prompts without answers", required=False, strip=False,
        help_text="One a line, up to 4 MB. Every character of a line is kept.", widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip
    uploaded = forms.FileField(
        label="Or a file of prompts", required=False,
        help_text='Text with one prompt a line, or JSON Lines with "prompt", up to 64 MB.',
        widget=forms.FileInput(attrs={"accept": ".txt,.jsonl,.ndjson"}),
    )  # fmt: skip
    teachers = forms.ModelMultipleChoiceField(
        Model.objects.none(), label="Teacher candidates", widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "The plan names no teacher candidate; choose at least one."},
    )  # fmt: skip
    teaching = forms.MultipleChoiceField(
        label="Taught by the candidates", choices=TEACHING, widget=forms.CheckboxSelectMultiple, required=False,
        initial=list(USUAL),
    )  # fmt: skip
    negative = forms.MultipleChoiceField(
        label="Negatives", choices=NEGATIVE, widget=forms.CheckboxSelectMultiple, required=False,
        help_text="Students that never see the teacher. They must not look like the others.",
    )  # fmt: skip
    seeds = forms.IntegerField(
        label="Students a recipe", min_value=1, max_value=MAX_SEEDS, initial=1,
        widget=forms.NumberInput(attrs={"class": "in--num"}),
    )  # fmt: skip
    base = forms.ModelChoiceField(
        Model.objects.none(), label="Base", required=False, empty_label="A tiny base that Pedigree trains",
        help_text="A base on this machine learns more than a tiny one, and takes longer.",
    )  # fmt: skip
    unrelated = forms.ModelChoiceField(
        Model.objects.none(), label="Unrelated model", required=False, empty_label="None",
        help_text="For the recipes Laundered, Derivative and Unrelated model.",
    )  # fmt: skip
    shared_data = VersionField(
        SuiteVersion.objects.none(), label="Data shared with the teacher", required=False, empty_label="None",
        help_text="For the recipe Shared data: a suite of prompts and targets that the teacher was trained on.",
    )  # fmt: skip
    steps = forms.IntegerField(
        label="Steps", min_value=STEPS[0], max_value=STEPS[1], required=False,
        help_text="Usually left empty.", widget=forms.NumberInput(attrs={"class": "in--num"}),
    )  # fmt: skip
    cap = forms.DecimalField(
        label="Hard cap for the teachers' answers", min_value=Decimal(0), max_digits=12, decimal_places=2,
        required=False, widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "in--num"}),
    )  # fmt: skip
    currency = forms.ChoiceField(label="Currency", choices=list(CURRENCIES.items()))
    delete_after_audit = forms.BooleanField(
        label="Delete after the audit", required=False,
        help_text="Weights, checkpoints and training answers are removed once an audit has used the students.",
    )  # fmt: skip

    def __init__(
        self,
        *args: Any,
        models: QuerySet[Model],
        versions: QuerySet[SuiteVersion],
        bound: Sequence[Mapping[str, Any]] = (),
        with_targets: bool = False,
        **kwargs: Any,
    ) -> None:
        """``bound``: what ``guard.restricted`` says of ``models``. ``with_targets``: a version has right answers."""
        super().__init__(*args, **kwargs)
        for name in ("suite_version", "prompts", "shared_data"):
            self.fields[name].queryset = versions
        for name in ("teachers", "unrelated"):
            self.fields[name].queryset = models
        self.fields["base"].queryset = models.filter(backend="transformers_local")
        self.candidates = list(models)
        self.asked = {entry["model"]: str(entry["position"]) for entry in bound}
        free = [model for model in self.candidates if model.key not in self.asked and model.panel_id is None]
        self.fields["teachers"].initial = [model.pk for model in free]
        self.fields["negative"].initial = ["targets"] if with_targets else []
        priced = (model.currency for model in self.candidates if model.price_input_micro is not None)
        self.fields["currency"].initial = next((name for name in priced if name in CURRENCIES), "USD")

    @property
    def teacher_groups(self) -> list[tuple[str, list[TeacherChoice]]]:
        """The candidates under what is asked for them: those whose terms allow it first."""
        chosen = {str(value) for value in self["teachers"].value() or []}
        groups: dict[str, list[TeacherChoice]] = {FREE: [], ASKED: []}
        for model in self.candidates:
            position = self.asked.get(model.key)
            words = [fmt.sentence(position)] if position else []
            if model.panel_id is not None:
                words.append("Recorded: it has answers to its panel's suite only.")
            name = f"{model.name}, {model.owner}" if model.owner else model.name
            choice = TeacherChoice(model.pk, name, " ".join(words), str(model.pk) in chosen)
            groups[ASKED if position else FREE].append(choice)
        return [(title, choices) for title, choices in groups.items() if choices]

    @property
    def places(self) -> dict[str, str]:
        """Where the sentences of a refusal are shown."""
        file = self.files.get("uploaded")
        return PLACES | ({f"{file.name}:": "uploaded"} if file else {})

    @property
    def lost_file(self) -> str:
        """The name of a file that must be chosen again, since a page cannot keep it."""
        file = self.files.get("uploaded")
        return str(file.name) if file and self.errors else ""

    def _fields(self, *names: str) -> list[forms.BoundField]:
        return [self[name] for name in names]

    @property
    def purpose(self) -> list[forms.BoundField]:
        """What the students are for."""
        return self._fields("title", "suite_version")

    @property
    def texts(self) -> list[forms.BoundField]:
        """The three ways to give training prompts."""
        return self._fields("prompts", "pasted", "uploaded")

    @property
    def making(self) -> list[forms.BoundField]:
        """How they are taught."""
        return self._fields("teaching", "negative", "seeds")

    @property
    def more(self) -> list[forms.BoundField]:
        """What most people leave as it is."""
        return self._fields(
            "base", "unrelated", "shared_data", "steps", "cap", "currency", "delete_after_audit"
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        given = [name for name in ("prompts", "pasted", "uploaded") if cleaned.get(name)]
        if len(given) != 1 and not self.errors.get("prompts"):
            found = "none" if not given else f"{len(given)} sources"
            self.add_error(
                "prompts", f"Training prompts: found {found}, expected one: chosen, pasted or a file."
            )
        if not cleaned.get("teaching") and not cleaned.get("negative"):
            self.add_error("teaching", "Choose at least one recipe.")
        return cleaned

    def request(self, prompts: SuiteVersion) -> DistillationRequest:
        """The checked form as what the service makes a plan of."""
        found = self.cleaned_data
        return DistillationRequest(
            title=found["title"],
            prompts=prompts,
            suite_version=found["suite_version"],
            teachers=list(found["teachers"]),
            recipes=[*found["teaching"], *found["negative"]],
            seeds=found["seeds"],
            base=found["base"],
            unrelated=found["unrelated"],
            shared_data=found["shared_data"],
            steps=found["steps"],
            budget_cap_micro=micro(found["cap"]),
            currency=found["currency"],
            delete_after_audit=found["delete_after_audit"],
        )

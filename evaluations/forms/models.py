"""Registered models: what a person declares about one, and the settings of each way to reach it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.text import slugify

from evaluations.models import AccessRoute, Model
from evaluations.models.models import MODEL_KEY, PARTIAL_DATE
from evaluations.records import ObtainedBy
from evaluations.services.models import ModelDetails

UNKNOWN, NOBODY, NAMED = "unknown", "nobody", "named"
HISTORIES = {
    UNKNOWN: "Not known. This is the usual answer for a vendor's model.",
    NOBODY: "Documented: trained on the outputs of no other company's model",
    NAMED: "Documented: trained on outputs of models of these owners",
}
OBTAINED = {
    ObtainedBy.BUYER_RAN: "We ran the model ourselves",
    ObtainedBy.BUYER_WITNESSED: "The vendor ran it while we watched",
    ObtainedBy.VENDOR_SUPPLIED: "The vendor supplied the file",
}
CURRENCIES = {"USD": "USD", "EUR": "EUR", "GBP": "GBP", "CHF": "CHF"}


def micro(amount: Decimal | None) -> int | None:
    """A price as integer micro-units."""
    return None if amount is None else int((amount * 1_000_000).to_integral_value())


def price_field(label: str) -> forms.DecimalField:
    """A price per million tokens."""
    return forms.DecimalField(
        label=label, required=False, min_value=0, max_digits=14, decimal_places=6,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "in--num"}),
    )  # fmt: skip


class ModelFactsForm(forms.Form):
    """Identity, history and price of a model; every way of reaching it adds its own settings."""

    IDENTITY = ("name", "key", "vendor", "claim", "access_route")
    HISTORY = (
        "owner",
        "family",
        "released",
        "released_source",
        "base",
        "lineage",
        "history",
        "taught_by",
        "data_source",
        "history_source",
    )
    PRICE = ("currency", "price_input", "price_output", "price_source")

    name = forms.CharField(label="Name", max_length=160)
    key = forms.CharField(
        label="Key", max_length=160, required=False, validators=[MODEL_KEY],
        help_text="Short and unique in this workspace; made from the name where left empty.",
    )  # fmt: skip
    vendor = forms.CharField(label="Vendor", max_length=120, required=False, help_text="Who sells it to you.")
    claim = forms.CharField(
        label="The vendor's claim", required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text='In its own words, for example "fully proprietary". The report sets it beside what is observed.',
    )  # fmt: skip
    access_route = forms.ChoiceField(
        label="Access route", choices=[("", "Not stated"), *AccessRoute.choices], required=False,
        help_text="The same model carries different terms by route.",
    )  # fmt: skip
    owner = forms.CharField(
        label="Owner",
        max_length=80,
        required=False,
        help_text="The company that made it. Suspected owners are tested by this name.",
    )
    family = forms.CharField(
        label="Family", max_length=80, required=False, help_text="Snapshots of one model share it."
    )
    released = forms.CharField(
        label="Released", max_length=10, required=False, validators=[PARTIAL_DATE],
        help_text="As 2026, 2026-05 or 2026-05-17. A model cannot have taught one that is older.",
    )  # fmt: skip
    released_source = forms.CharField(label="Source of the date", max_length=200, required=False)
    base = forms.CharField(
        label="Base model", max_length=160, required=False, help_text="The weights it started from."
    )
    lineage = forms.CharField(
        label="Lineage",
        max_length=120,
        required=False,
        help_text="Models of one origin count once. Empty: it stands alone.",
    )
    history = forms.ChoiceField(
        label="Taught by", choices=list(HISTORIES.items()), initial=UNKNOWN, widget=forms.RadioSelect
    )
    taught_by = forms.CharField(
        label="Owners that taught it", required=False, help_text="Separated by commas."
    )
    data_source = forms.CharField(
        label="Training data", required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    history_source = forms.CharField(
        label="Source of this history", required=False, help_text="Paper, model card or contract."
    )
    currency = forms.ChoiceField(label="Currency", choices=list(CURRENCIES.items()), required=False)
    price_input = price_field("Input, per million tokens")
    price_output = price_field("Output, per million tokens")
    price_source = forms.CharField(
        label="Source of the price",
        max_length=200,
        required=False,
        help_text="Price list or contract, with its date.",
    )

    def __init__(self, *args: Any, model: Model | None = None, **kwargs: Any) -> None:
        self.model = model
        if model is not None:
            kwargs.setdefault("initial", facts_of(model))
        super().__init__(*args, **kwargs)
        if model is not None:
            del self.fields["key"]

    def section(self, names: tuple[str, ...]) -> list[forms.BoundField]:
        """The controls of one part of the page."""
        return [self[name] for name in names if name in self.fields]

    @property
    def identity(self) -> list[forms.BoundField]:
        return self.section(self.IDENTITY)

    @property
    def declared(self) -> list[forms.BoundField]:
        return self.section(self.HISTORY)

    @property
    def price(self) -> list[forms.BoundField]:
        return self.section(self.PRICE)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("history") == NAMED and not words(data.get("taught_by", "")):
            self.add_error(
                "taught_by", "Found no owner, expected at least one, because the history names teachers."
            )
        if "key" in self.fields and not data.get("key") and data.get("name"):
            data["key"] = slugify(data["name"])[:160] or "model"
        return data

    def details(self, *, backend: str, obtained_by: str = ObtainedBy.BUYER_RAN) -> ModelDetails:
        """What the form says, for the service."""
        data = self.cleaned_data
        texts = (
            "name",
            "vendor",
            "claim",
            "access_route",
            "owner",
            "family",
            "released",
            "released_source",
            "base",
            "lineage",
            "data_source",
            "history_source",
        )
        owners = {UNKNOWN: None, NOBODY: [], NAMED: words(data["taught_by"])}[data["history"]]
        kept = self.model
        return ModelDetails(
            key=kept.key if kept else data["key"],
            backend=backend,
            relation=kept.relation if kept else "",
            confidence=kept.confidence if kept else "",
            note=kept.note if kept else "",
            taught_by_owners=owners,
            taught_by_families=list(kept.taught_by_families) if kept and owners else [],
            taught_by=list(kept.taught_by) if kept and owners else [],
            currency=data["currency"] or "USD",
            price_input_micro=micro(data["price_input"]),
            price_output_micro=micro(data["price_output"]),
            price_source=data["price_source"],
            obtained_by=obtained_by,
            **{name: data[name] for name in texts},
        )


def words(text: str) -> list[str]:
    """A comma-separated text as a list without empty or repeated words."""
    return list(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))


def facts_of(model: Model) -> dict[str, Any]:
    """What is stored about a model, as the form's initial values."""
    owners = model.taught_by_owners
    names = (*ModelFactsForm.IDENTITY, *ModelFactsForm.HISTORY, "currency", "price_source")
    values = {name: getattr(model, name) for name in names if name not in ("history", "taught_by")}
    return values | {
        "history": UNKNOWN if owners is None else NAMED if owners else NOBODY,
        "taught_by": ", ".join(owners or []),
        "price_input": amount(model.price_input_micro),
        "price_output": amount(model.price_output_micro),
    }


def amount(value: int | None) -> str:
    """Micro-units as a plain decimal without trailing zeros."""
    if value is None:
        return ""
    whole, rest = divmod(value, 1_000_000)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")

"""The three ways to reach a model: an endpoint, a local folder, a file of recorded outputs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core import signing

from evaluations.forms.models import OBTAINED, ModelFactsForm
from evaluations.models import Model, SuiteVersion
from evaluations.services import models as model_services

ENDPOINTS = {"chat": "Chat completions", "completions": "Completions"}
DTYPES = {
    "float32": "float32, exact on a CPU",
    "bfloat16": "bfloat16, half the memory",
    "float16": "float16, half the memory",
}
NO_FILE = "Found no file, expected a file of recorded outputs."
STORED_SALT = "stored recording"


def key_field(help_text: str) -> forms.CharField:
    """An endpoint's key: write-only, never part of a page."""
    return forms.CharField(
        label="Key", required=False, max_length=4000, help_text=help_text,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip


class ReachForm(ModelFactsForm):
    """A model with the settings of one way to reach it."""

    backend = ""
    SETTINGS: tuple[str, ...] = ()

    @property
    def reach(self) -> list[forms.BoundField]:
        return self.section(self.SETTINGS)

    @property
    def reach_is_valid(self) -> bool:
        """The settings alone are valid; for a test, the other fields do not matter and are not marked."""
        for name in list(self.errors):
            if name not in self.SETTINGS:
                del self.errors[name]
        return not self.errors

    def settings(self) -> dict[str, Any]:
        """The backend's settings."""
        raise NotImplementedError

    @property
    def key_text(self) -> str:
        """The secret that belongs to the settings; empty where there is none."""
        return ""


class EndpointForm(ReachForm):
    """An OpenAI-compatible endpoint."""

    backend = "openai_compatible"
    SETTINGS = (
        "base_url",
        "model_name",
        "api_key",
        "endpoint",
        "system_prompt",
        "concurrency",
        "requests_per_minute",
        "timeout_s",
        "logprobs",
    )

    base_url = forms.CharField(
        label="Base URL", max_length=500, help_text="For example https://api.example.com/v1",
        widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false"}),
    )  # fmt: skip
    model_name = forms.CharField(
        label="Model name there", max_length=200, help_text="As the endpoint lists it.",
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )  # fmt: skip
    api_key = key_field("Stored encrypted, bound to this address, never shown again.")
    endpoint = forms.ChoiceField(label="Kind", choices=list(ENDPOINTS.items()), initial="chat")
    system_prompt = forms.CharField(
        label="System prompt", required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    concurrency = forms.IntegerField(label="Calls at the same time", min_value=1, max_value=64, initial=8)
    requests_per_minute = forms.IntegerField(
        label="Requests a minute", min_value=0, required=False, help_text="Empty: no limit of ours."
    )
    timeout_s = forms.IntegerField(
        label="Longest wait for an answer, seconds", min_value=1, max_value=3600, initial=120
    )
    logprobs = forms.BooleanField(label="Ask for token log-probabilities", required=False)

    def settings(self) -> dict[str, Any]:
        data = self.cleaned_data
        same = ("endpoint", "system_prompt", "concurrency", "timeout_s", "logprobs")
        return {
            "base_url": data["base_url"].strip(),
            "model": data["model_name"].strip(),
            "requests_per_minute": data["requests_per_minute"] or 0,
            **{name: data[name] for name in same},
        }

    @property
    def key_text(self) -> str:
        return str(self.cleaned_data["api_key"]).strip()


class LocalForm(ReachForm):
    """A model folder below the model roots; nothing is loaded before its files were checked."""

    backend = "transformers_local"
    SETTINGS = ("folder", "dtype", "batch_size", "system_prompt")

    folder = forms.ChoiceField(
        label="Folder", help_text="Folders below this installation's model roots that hold a config.json."
    )
    dtype = forms.ChoiceField(label="Run in", choices=list(DTYPES.items()))
    batch_size = forms.IntegerField(label="Answers at the same time", min_value=1, max_value=256, initial=16)
    system_prompt = forms.CharField(
        label="System prompt", required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        folders = [str(path) for path in model_services.local_folders()]
        self.n_folders = len(folders)
        choice = self.fields["folder"]
        choice.choices = [("", "Choose a folder"), *((path, path) for path in folders)]
        choice.error_messages["invalid_choice"] = (
            "Folder: found %(value)s, expected one of the folders below the model roots that hold a config.json."
        )

    def settings(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.SETTINGS}


class RecordedForm(ReachForm):
    """A file of outputs that somebody obtained elsewhere; who that was is asked and kept.

    ``stored`` is the signed name of a file that was checked a moment ago and need not be sent again.
    """

    backend = "recorded"
    SETTINGS = ("file", "version", "obtained_by", "stored")

    file = forms.FileField(
        label="File of recorded outputs", allow_empty_file=True,
        help_text="JSON Lines, JSON or CSV with an id or the input, and the output. Also gzip.",
        widget=forms.FileInput(attrs={"accept": ".jsonl,.json,.csv,.tsv,.gz"}),
    )  # fmt: skip
    version = forms.ModelChoiceField(
        label="Match against", queryset=SuiteVersion.objects.none(), empty_label="Choose a suite version",
        help_text="Rows are matched by sample id, else by input.",
    )  # fmt: skip
    obtained_by = forms.ChoiceField(
        label="Who obtained these outputs", choices=list(OBTAINED.items()), widget=forms.RadioSelect,
        help_text="Outputs that the vendor supplied are marked and cannot alone carry a favourable result.",
    )  # fmt: skip
    stored = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, versions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].queryset = versions
        self.fields["file"].required = not (self.is_bound and self.data.get("stored"))
        self.fields["file"].error_messages["required"] = NO_FILE

    @property
    def reach(self) -> list[forms.BoundField]:
        return self.section(("file", "version", "obtained_by"))

    def clean_stored(self) -> dict[str, str]:
        """{"name", "filename"} of the checked file; empty where there is none."""
        try:
            return (
                dict(signing.loads(self.cleaned_data["stored"], salt=STORED_SALT))
                if self.cleaned_data["stored"]
                else {}
            )
        except signing.BadSignature:
            return {}

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if "file" not in self.errors and not data.get("file") and not data.get("stored"):
            self.add_error("file", NO_FILE)
        return data

    @staticmethod
    def seal(name: str, filename: str) -> str:
        """What the page carries instead of the file."""
        return signing.dumps({"name": name, "filename": filename}, salt=STORED_SALT)

    def settings(self) -> dict[str, Any]:
        return {"file": self.cleaned_data["stored"]["name"]}


class ModelEditForm(ModelFactsForm):
    """What is declared about a registered model, and a new key for its endpoint."""

    api_key = key_field("Leave empty to keep the stored key.")
    obtained_by = forms.ChoiceField(
        label="Who obtained these outputs", choices=list(OBTAINED.items()), widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, model: Model, **kwargs: Any) -> None:
        super().__init__(*args, model=model, **kwargs)
        if not model.settings.get("base_url"):
            del self.fields["api_key"]
        if model.backend == "recorded":
            self.initial["obtained_by"] = model.obtained_by
        else:
            del self.fields["obtained_by"]

    @property
    def reach(self) -> list[forms.BoundField]:
        return self.section(("api_key", "obtained_by"))

    @property
    def key_text(self) -> str:
        return str(self.cleaned_data.get("api_key") or "").strip()

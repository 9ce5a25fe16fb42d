"""The models of a spec: local folders, endpoints and recorded outputs with their declared history."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from evaluations.models import Model, Workspace
from evaluations.services import files, models
from evaluations.services.models import ModelDetails
from evaluations.services.spec_reading import Reader

KINDS = ("recorded", "local", "endpoint", "scripted")
BACKENDS = {
    "recorded": "recorded",
    "local": "transformers_local",
    "endpoint": "openai_compatible",
    "scripted": "scripted",
}
TEXTS = (
    "name", "vendor", "claim", "access_route", "owner", "family", "lineage", "base", "relation", "released",
    "released_source", "data_source", "history_source", "confidence", "note", "currency", "price_source", "obtained_by",
)  # fmt: skip
ENDPOINT_SETTINGS = (
    "endpoint_kind", "system_prompt", "concurrency", "requests_per_minute", "timeout_s", "logprobs",
)  # fmt: skip
LOCAL_SETTINGS = ("dtype", "batch_size", "device", "system_prompt")
NOBODY = "none"


@dataclass(frozen=True)
class Registered:
    """The spec's models by their id in the spec, and the local folders that it names."""

    models: dict[str, Model]
    folders: tuple[Path, ...]


def register_all(reader: Reader, *, workspace: Workspace, user: Any, now: datetime) -> Registered:
    """Register or update every model of the spec."""
    section = reader.get("models") or {}
    entries = _entries(reader, section)
    known = {
        name: {"owner": str(entry.get("owner") or ""), "family": str(entry.get("family") or "")}
        for name, entry in entries.items()
    }
    found, folders = {}, []
    for name, entry in entries.items():
        one = Reader(entry, reader.file, where=f"models.{name}.")
        settings, key = settings_of(one)
        if "folder" in settings:
            folders.append(Path(settings["folder"]))
        found[name] = models.save(
            workspace=workspace,
            user=user,
            details=details_of(one, name, known),
            settings=settings,
            key=key,
            now=now,
        )
    return Registered(found, tuple(folders))


def _entries(reader: Reader, section: Any) -> dict[str, Mapping[str, Any]]:
    """The models as {id: entry}; a list of entries with an id is understood too."""
    if isinstance(section, list):
        section = {str(entry.get("id")): entry for entry in section if isinstance(entry, dict)}
    if not isinstance(section, dict) or not all(isinstance(entry, dict) for entry in section.values()):
        raise reader.refusal("models", section, "a mapping of ids to models")
    return {str(name): entry for name, entry in section.items()}


def settings_of(one: Reader) -> tuple[dict[str, Any], str]:
    """The backend's settings and the endpoint key of one entry."""
    kinds = [kind for kind in KINDS if one.get(kind) is not None]
    if len(kinds) != 1:
        raise one.refusal("kind", kinds or "none", f"exactly one of {', '.join(KINDS)}")
    kind = kinds[0]
    if kind == "scripted":
        return dict(one.get("scripted")), ""
    if kind == "local":
        folder = one.resolve(one.get("local"), "local")
        return {"folder": str(folder), **_given(one, LOCAL_SETTINGS)}, ""
    if kind == "recorded":
        path = one.resolve(one.get("recorded"), "recorded")
        stored = models.store_recording(path.name, files.read_in_chunks(path))
        return {"file": stored.name}, ""
    settings = {
        "base_url": one.text("endpoint"),
        "model": one.text("model"),
        **_given(one, ENDPOINT_SETTINGS),
    }
    if "endpoint_kind" in settings:
        settings["endpoint"] = settings.pop("endpoint_kind")
    variable = one.text("key_env")
    key = os.environ.get(variable, "") if variable else ""
    if variable and not key:
        raise one.refusal("key_env", variable, "the name of an environment variable that holds the key")
    return settings, key


def _given(one: Reader, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: one.get(name) for name in names if one.get(name) is not None}


def details_of(one: Reader, name: str, known: Mapping[str, Mapping[str, str]]) -> ModelDetails:
    """Identity, history and price of one entry."""
    one.only(
        *KINDS, *TEXTS, *ENDPOINT_SETTINGS, *LOCAL_SETTINGS, "id", "model", "key_env", "price", "taught_by",
        "taught_by_owners", "taught_by_families", "role",
    )  # fmt: skip
    kind = next(kind for kind in KINDS if one.get(kind) is not None)
    owners, families, teachers = taught_by(one, known)
    texts = {field: one.text(field) for field in TEXTS if one.get(field) is not None}
    return ModelDetails(
        **{"name": name, **texts},
        key=name,
        backend=BACKENDS[kind],
        taught_by_owners=owners,
        taught_by_families=families,
        taught_by=teachers,
        **price_of(one),
    )


def taught_by(
    one: Reader, known: Mapping[str, Mapping[str, str]]
) -> tuple[list[str] | None, list[str], list[str]]:
    """(owners, families, models) that taught this one. ``none``: documented as nobody; absent: unknown.

    Each entry of ``taught_by`` is the id of a model of the spec, a family of one, or an owner's name.
    """
    owners = (
        None
        if one.get("taught_by_owners") is None
        else [w for w in one.words("taught_by_owners") if w != NOBODY]
    )
    families, teachers = one.words("taught_by_families"), []
    if one.get("taught_by") is None:
        return owners, families, teachers
    owners = owners or []
    owner_of_family = {card["family"]: card["owner"] for card in known.values() if card["family"]}
    for word in one.words("taught_by"):
        if word == NOBODY:
            continue
        if word in known:
            teachers.append(word)
            owners.append(known[word]["owner"] or word)
            families += [known[word]["family"]] if known[word]["family"] else []
        elif word in owner_of_family:
            families.append(word)
            owners.append(owner_of_family[word])
        else:
            owners.append(word)
    return sorted(set(owners)), sorted(set(families)), teachers


def price_of(one: Reader) -> dict[str, Any]:
    """Prices per million tokens as micro-units."""
    section = one.get("price")
    if section is None:
        return {}
    if not isinstance(section, dict):
        raise one.refusal("price", section, "a mapping with input, output and currency, per million tokens")
    price = Reader(section, one.file, where=f"{one.where}price.")
    price.only("input", "output", "currency", "source")
    return {
        "price_input_micro": price.micro("input"),
        "price_output_micro": price.micro("output"),
        "currency": price.text("currency", "USD"),
        "price_source": price.text("source", "entered in the spec"),
    }


def as_spec(model: Model) -> dict[str, Any]:
    """One model as an entry of a spec; stored keys are never part of it."""
    kind = next(kind for kind, backend in BACKENDS.items() if backend == model.backend)
    settings = dict(model.settings)
    source = {
        "recorded": lambda: {"recorded": f"outputs/{Path(settings.get('file', '')).name}"},
        "local": lambda: {"local": settings.pop("folder", ""), **settings},
        "endpoint": lambda: {
            "endpoint": settings.pop("base_url", ""),
            "model": settings.pop("model", ""),
            **({"endpoint_kind": settings.pop("endpoint")} if "endpoint" in settings else {}),
            **settings,
            "key_env": "ENDPOINT_KEY",
        },
        "scripted": lambda: {"scripted": settings},
    }[kind]()
    texts = {name: getattr(model, name) for name in TEXTS if getattr(model, name)}
    price = {}
    if model.price_input_micro is not None or model.price_output_micro is not None:
        amounts = {"input": model.price_input_micro, "output": model.price_output_micro}
        price = {
            "price": {name: amount / 1_000_000 for name, amount in amounts.items() if amount is not None}
            | {"currency": texts.pop("currency"), "source": texts.pop("price_source", "")}
        }
    owners = model.taught_by_owners
    history: dict[str, Any] = {}
    if owners is not None:
        history = {
            "taught_by_owners": owners or [NOBODY],
            "taught_by_families": list(model.taught_by_families),
        }
    return {**source, **texts, **price, **history}

"""Registering models in the browser: endpoints, folders, recorded outputs. Secrets never come back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from evaluations.models import EndpointKey, Event, Model
from evaluations.services import endpoint_keys
from tests.views import endpoint, world

pytestmark = pytest.mark.django_db
SLUG = "northmoor"
FACTS = {"name": "Docket 8B", "history": "unknown", "currency": "EUR"}


@pytest.fixture
def port(settings: Any) -> Iterator[int]:
    """The port of a real server that the operator allowed."""
    with endpoint.serving() as number:
        settings.ENDPOINT_ALLOW = (f"127.0.0.1:{number}",)
        yield number


def reach(port: int, **changes: Any) -> dict[str, Any]:
    return {
        "base_url": f"http://127.0.0.1:{port}/v1", "model_name": "docket-8b", "api_key": "sk-right-key",
        "endpoint": "chat", "concurrency": 4, "timeout_s": 20,
    } | changes  # fmt: skip


def text_of(answer: Any) -> str:
    body = answer.content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", body).replace("&#x27;", "'").split())


def test_a_connection_is_tested_without_storing_anything(port: int, as_alice: Client) -> None:
    answer = as_alice.post(reverse("model_new_endpoint", args=[SLUG]), reach(port) | {"test": "1"})
    words = text_of(answer)
    assert "Check passed. Nothing was stored." in words
    assert "docket-8b, docket-2b" in words
    assert re.search(r"Latency \d+ ms", words)
    assert not Model.objects.exists()
    assert "sk-right-key" not in answer.content.decode()


def test_a_test_by_htmx_returns_the_result_alone(port: int, as_alice: Client) -> None:
    url = reverse("model_new_endpoint", args=[SLUG])
    answer = as_alice.post(url, reach(port) | {"test": "1"}, headers={"HX-Request": "true"})
    assert "Check passed" in text_of(answer)
    assert "<html" not in answer.content.decode()


def test_an_endpoint_is_registered_and_its_key_never_shown_again(port: int, as_alice: Client) -> None:
    url = reverse("model_new_endpoint", args=[SLUG])
    answer = as_alice.post(
        url, reach(port) | FACTS | {"register": "1", "price_input": "0.28", "price_output": "1"}, follow=True
    )
    model = Model.objects.get()
    assert endpoint_keys.reveal(model, base_url=model.settings["base_url"]) == "sk-right-key"
    assert b"sk-right-key" not in bytes(EndpointKey.objects.get().ciphertext)
    assert (model.price_input_micro, model.price_output_micro) == (280_000, 1_000_000)
    pages = [
        answer,
        as_alice.get(reverse("model_edit", args=[SLUG, model.pk])),
        as_alice.get(reverse("model_list", args=[SLUG])),
    ]
    pages.append(as_alice.post(reverse("model_check", args=[SLUG, model.pk])))
    for page in pages:
        assert "sk-right-key" not in page.content.decode()
    assert "Stored on" in text_of(answer)
    assert "Check passed" in text_of(pages[-1])
    assert "sk-right-key" not in json.dumps([event.payload for event in Event.objects.all()])


@pytest.mark.parametrize(
    ("changes", "sentences"),
    [
        ({"api_key": "sk-wrong"}, ("401", "key")),
        ({"model_name": "docket-9b"}, ("model 'docket-9b' is not served", "It serves: docket-8b, docket-2b")),
    ],
)
def test_a_refused_endpoint_says_why_and_stores_nothing(
    port: int, changes: dict[str, str], sentences: tuple[str, ...], as_alice: Client
) -> None:
    url = reverse("model_new_endpoint", args=[SLUG])
    for button in ("test", "register"):
        answer = as_alice.post(url, reach(port) | FACTS | changes | {button: "1"})
        for sentence in sentences:
            assert sentence in text_of(answer)
        assert "sk-wrong" not in answer.content.decode()
    assert not Model.objects.exists()
    assert not EndpointKey.objects.exists()


def test_a_private_address_is_refused_before_any_call(as_alice: Client) -> None:
    url = reverse("model_new_endpoint", args=[SLUG])
    answer = as_alice.post(url, reach(80, base_url="http://10.0.0.5:8000/v1") | FACTS | {"register": "1"})
    assert "10.0.0.5:8000 is a private or reserved address" in text_of(answer)
    assert not Model.objects.exists()


def test_an_endpoint_that_does_not_answer_is_refused(settings: Any, as_alice: Client) -> None:
    with endpoint.serving() as port:
        pass
    settings.ENDPOINT_ALLOW = (f"127.0.0.1:{port}",)
    answer = as_alice.post(
        reverse("model_new_endpoint", args=[SLUG]), reach(port) | FACTS | {"register": "1"}
    )
    assert f"127.0.0.1:{port}" in text_of(answer)
    assert "Not registered. Nothing was stored." in text_of(answer)
    assert not Model.objects.exists()


def test_a_new_key_replaces_the_stored_one_and_an_empty_one_keeps_it(port: int, as_alice: Client) -> None:
    as_alice.post(reverse("model_new_endpoint", args=[SLUG]), reach(port) | FACTS | {"register": "1"})
    model = Model.objects.get()
    url, base_url = reverse("model_edit", args=[SLUG, model.pk]), model.settings["base_url"]
    as_alice.post(url, FACTS | {"name": "Docket 8B (June)", "api_key": ""})
    assert endpoint_keys.reveal(model, base_url=base_url) == "sk-right-key"
    as_alice.post(url, FACTS | {"api_key": "sk-new"})
    assert endpoint_keys.reveal(model, base_url=base_url) == "sk-new"
    assert Model.objects.get().key == "docket-8b"


def folder(root: Path, *, weights: str | None) -> Path:
    """A model folder with a configuration and, where named, one file of weights."""
    path = root / "model"
    path.mkdir(parents=True)
    (path / "config.json").write_text('{"model_type": "llama"}')
    if weights:
        (path / weights).write_bytes(b"\0" * 16)
    return path


def test_a_folder_without_safetensors_is_refused(settings: Any, tmp_path: Path, as_alice: Client) -> None:
    path = folder(tmp_path / "roots", weights="pytorch_model.bin")
    settings.MODEL_ROOTS = (tmp_path / "roots",)
    values = {"folder": str(path), "dtype": "float32", "batch_size": 4}
    for button in ("test", "register"):
        answer = as_alice.post(reverse("model_new_local", args=[SLUG]), values | FACTS | {button: "1"})
        assert "safetensors" in text_of(answer)
        assert "Nothing was stored" in text_of(answer)
    assert not Model.objects.exists()


def test_a_folder_outside_the_roots_is_refused(settings: Any, tmp_path: Path, as_alice: Client) -> None:
    outside = folder(tmp_path / "elsewhere", weights="model.safetensors")
    settings.MODEL_ROOTS = (tmp_path / "roots",)
    values = {"folder": str(outside), "dtype": "float32", "batch_size": 4}
    answer = as_alice.post(reverse("model_new_local", args=[SLUG]), values | FACTS | {"register": "1"})
    assert f"Folder: found {outside}, expected one of the folders below the model roots" in text_of(answer)
    assert not Model.objects.exists()


def test_without_model_roots_the_page_says_how_to_set_them(as_alice: Client) -> None:
    assert "Set MODEL_ROOTS" in text_of(as_alice.get(reverse("model_new_local", args=[SLUG])))


@pytest.fixture
def version(workspace: Any, alice: Any, now: Any) -> Any:
    return world.suite_version(workspace, alice, now)


def recorded(version: Any, content: bytes | None = None, **changes: Any) -> dict[str, Any]:
    file = {} if content is None else {"file": world.uploaded(content, "outputs.jsonl")}
    return FACTS | {"version": version.pk, "obtained_by": "vendor_supplied"} | file | changes


def test_recorded_outputs_are_matched_before_they_are_registered(version: Any, as_alice: Client) -> None:
    url = reverse("model_new_recorded", args=[SLUG])
    page = as_alice.post(url, recorded(version, world.recording(missing=2), match="1"))
    assert "22 of 24 samples matched" in text_of(page)
    assert "Samples without a row 2: q22, q23" in text_of(page)
    assert not Model.objects.exists()
    answer = as_alice.post(url, recorded(version, stored=page.context["sealed"], register="1"), follow=True)
    assert Model.objects.get().obtained_by == "vendor_supplied"
    assert "Vendor supplied" in text_of(answer)


def test_who_obtained_the_outputs_is_asked_and_required(version: Any, as_alice: Client) -> None:
    url = reverse("model_new_recorded", args=[SLUG])
    answer = as_alice.post(url, recorded(version, world.recording(), register="1", obtained_by=""))
    assert answer.context["form"].errors["obtained_by"]
    assert not Model.objects.exists()


def test_two_answers_for_one_sample_are_refused_by_line(version: Any, as_alice: Client) -> None:
    content = world.recording() + b'\n{"id": "q0", "output": "another"}'
    answer = as_alice.post(
        reverse("model_new_recorded", args=[SLUG]), recorded(version, content, register="1")
    )
    assert "line 25: a second answer for id 'q0', the first is in line 1" in text_of(answer)
    assert not Model.objects.exists()


def test_outputs_of_another_suite_are_refused(version: Any, as_alice: Client) -> None:
    content = b'{"id": "x1", "output": "a"}\n{"id": "x2", "output": "b"}'
    answer = as_alice.post(
        reverse("model_new_recorded", args=[SLUG]), recorded(version, content, register="1")
    )
    assert "No row fits this suite" in text_of(answer)
    assert not Model.objects.exists()


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "outputs.jsonl", "outputs.jsonl: found an empty file (0 bytes)"),
        (b"x", "outputs.pdf", "outputs.pdf: found a file name without a known ending"),
    ],
)
def test_a_wrong_file_of_outputs_is_refused(
    content: bytes, name: str, sentence: str, version: Any, as_alice: Client
) -> None:
    values = recorded(version, register="1") | {"file": world.uploaded(content, name)}
    assert sentence in text_of(as_alice.post(reverse("model_new_recorded", args=[SLUG]), values))
    assert not Model.objects.exists()


def test_a_forged_name_of_a_stored_file_is_not_taken(version: Any, as_alice: Client) -> None:
    answer = as_alice.post(
        reverse("model_new_recorded", args=[SLUG]), recorded(version, stored="../../secret.key", register="1")
    )
    assert "Found no file, expected a file of recorded outputs" in text_of(answer)
    assert not Model.objects.exists()


def test_history_price_and_claim_are_edited(
    version: Any, workspace: Any, alice: Any, now: Any, as_alice: Client
) -> None:
    model = world.recorded_model(workspace, alice, now, name="Docket 8B")
    url = reverse("model_edit", args=[SLUG, model.pk])
    values = FACTS | {
        "history": "named", "taught_by": "Orrery, Calder", "price_input": "0.05", "claim": "fully our own",
        "released": "2026-06", "obtained_by": "buyer_witnessed",
    }  # fmt: skip
    answer = as_alice.post(url, values, follow=True)
    model.refresh_from_db()
    assert model.taught_by_owners == ["Orrery", "Calder"]
    assert model.price_input_micro == 50_000
    assert model.obtained_by == "buyer_witnessed"
    assert "Taught by Orrery and Calder" in text_of(answer)
    form = as_alice.get(url).context["form"]
    assert (form["taught_by"].value(), form["price_input"].value()) == ("Orrery, Calder", "0.05")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"released": "June 2026"}, "released"),
        ({"history": "named", "taught_by": " , "}, "taught_by"),
        ({"price_input": "-1"}, "price_input"),
    ],
)
def test_a_wrong_fact_is_marked_beside_its_field(
    change: dict[str, str], field: str, version: Any, workspace: Any, alice: Any, now: Any, as_alice: Client
) -> None:
    model = world.recorded_model(workspace, alice, now, name="Docket 8B")
    answer = as_alice.post(
        reverse("model_edit", args=[SLUG, model.pk]), FACTS | {"obtained_by": "buyer_ran"} | change
    )
    assert answer.status_code == 200
    assert answer.context["form"].errors[field]
    assert Model.objects.get().released == ""


def test_a_taken_key_is_refused_beside_its_field(
    version: Any, workspace: Any, alice: Any, now: Any, as_alice: Client
) -> None:
    world.recorded_model(workspace, alice, now, name="Docket 8B")
    answer = as_alice.post(
        reverse("model_new_recorded", args=[SLUG]), recorded(version, world.recording(), register="1")
    )
    assert "There is a model with the key 'docket-8b' already" in str(
        answer.context["form"].errors["key"]
    ).replace("&#x27;", "'")
    assert Model.objects.count() == 1


def test_models_are_found_by_name_and_kind(
    version: Any, workspace: Any, alice: Any, now: Any, as_alice: Client
) -> None:
    for name in ("Docket 8B", "Orrery 4"):
        world.recorded_model(workspace, alice, now, name=name)
    url = reverse("model_list", args=[SLUG])
    assert [row.name for row in as_alice.get(url, {"find": "orr"}).context["page"].rows] == ["Orrery 4"]
    assert as_alice.get(url, {"kind": "recorded"}).context["page"].n_all == 2
    assert "No models match" in text_of(as_alice.get(url, {"kind": "openai_compatible"}))

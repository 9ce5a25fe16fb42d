"""The local backend on a real model of a few thousand parameters."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest

from evaluations.inference import generation, local_model
from evaluations.inference.backend import BackendError, RunContext, backends, plan_requests
from evaluations.inference.local_model import load
from evaluations.records import Completion, Decoding, ErrorClass, Message, Sample
from tests.inference.tiny_model import CHAT_TEMPLATE, make_model, torch_or_skip

BACKEND = backends.get("transformers_local")
GREEDY = Decoding(max_new_tokens=12)
TEXTS = (
    "the fox",
    "a",
    "pack my box with five dozen jugs and jump over it",
    "dog 12",
    "lazy quick brown",
    "?",
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models")
    make_model(path / "plain")
    make_model(path / "chat", chat_template=CHAT_TEMPLATE)
    return path


def samples(texts: tuple[str, ...] = TEXTS) -> tuple[Sample, ...]:
    return tuple(Sample(f"s{n}", text) for n, text in enumerate(texts))


def run(
    root: Path,
    texts: tuple[str, ...] = TEXTS,
    decoding: Decoding = GREEDY,
    name: str = "plain",
    context: dict[str, Any] | None = None,
    **settings: Any,
) -> dict[tuple[str, int], Completion]:
    given = {"folder": str(root / name), **settings}
    granted = RunContext(model_roots=(root,), **(context or {}))
    stream = BACKEND.stream(given, plan_requests(samples(texts), decoding), decoding, granted)
    return {(c.sample_id, c.sample_index): c for c in stream}


def texts_of(found: dict[tuple[str, int], Completion]) -> list[str]:
    return [found[key].text for key in sorted(found)]


def test_greedy_answers_are_those_of_the_model_alone(root: Path) -> None:
    torch = torch_or_skip()
    local = load(str(root / "plain"), (root,), dtype="float32", device="cpu", threads=1)
    expected = []
    for text in TEXTS:
        ids = local.tokenizer(text)["input_ids"]
        for _ in range(12):  # one token after the other, without cache, padding or batch
            with torch.no_grad():
                ids.append(int(local.model(torch.tensor([ids])).logits[0, -1].argmax()))
            if ids[-1] in local.eos_ids:
                break
        expected.append(
            local.tokenizer.decode(ids[len(local.tokenizer(text)["input_ids"]) :], skip_special_tokens=True)
        )

    assert texts_of(run(root)) == expected


@pytest.mark.parametrize(
    "decoding", [GREEDY, Decoding(temperature=1.0, samples=2, max_new_tokens=12, seed=5)]
)
def test_answers_do_not_depend_on_the_batch(root: Path, decoding: Decoding) -> None:
    alone = run(root, decoding=decoding, batch_size=1)
    together = run(root, decoding=decoding, batch_size=16)

    assert len(alone) == 6 * decoding.samples
    assert texts_of(alone) == texts_of(together)


def test_a_seed_repeats_its_draw_and_another_seed_or_index_draws_anew(root: Path) -> None:
    decoding = Decoding(temperature=1.0, samples=2, max_new_tokens=12, seed=5)

    first, again = run(root, decoding=decoding), run(root, decoding=decoding)
    other = run(root, decoding=Decoding(temperature=1.0, samples=2, max_new_tokens=12, seed=6))

    assert texts_of(first) == texts_of(again)
    assert texts_of(first) != texts_of(other)
    assert first["s0", 0].text != first["s0", 1].text


def test_sampling_follows_the_softmax_of_the_logits() -> None:
    torch = torch_or_skip()
    # Two logits ln 3 apart at temperature 1: probabilities 3/4 and 1/4. Of 4,000 draws 3,000 are expected, with a
    # standard deviation of sqrt(4000 · 3/4 · 1/4) = 27.4; five of them are 137.
    scores = torch.log(torch.tensor([[3.0, 1.0]])).repeat(4000, 1)

    drawn = generation._seeded_sampling(range(4000), 1.0)(None, scores).argmax(dim=1)

    assert abs(int((drawn == 0).sum()) - 3000) <= 137


def test_tokens_are_counted_and_the_end_is_named(root: Path) -> None:
    local = load(str(root / "plain"), (root,), dtype="float32", device="cpu", threads=1)

    found = run(root)

    for number, text in enumerate(TEXTS):
        answer = found[f"s{number}", 0]
        assert answer.usage.prompt_tokens == len(local.tokenizer(text)["input_ids"])
        assert answer.usage.completion_tokens is not None and 1 <= answer.usage.completion_tokens <= 12
        assert answer.finish_reason == ("length" if answer.usage.completion_tokens == 12 else "stop")
        assert answer.latency_ms is not None and answer.latency_ms > 0
        assert (answer.model_reported, answer.fingerprint) == ("plain", "float32 cpu")


def test_a_stop_text_cuts_the_answer_before_it(root: Path) -> None:
    whole = run(root)["s2", 0].text
    stop = whole[3:5]

    cut = run(root, decoding=Decoding(max_new_tokens=12, stop=(stop,)))["s2", 0]

    assert cut.text == whole[: whole.find(stop)]
    assert cut.finish_reason == "stop"
    assert cut.usage.completion_tokens is not None and cut.usage.completion_tokens <= 12


def test_a_chat_template_is_used_and_the_system_prompt_leads(root: Path) -> None:
    local = load(str(root / "chat"), (root,), dtype="float32", device="cpu", threads=1)
    (request,) = plan_requests((Sample("a", (Message("user", "hi"),)),), GREEDY)

    ids = local.prompt_ids(request, "Be brief.")

    assert local.tokenizer.decode(ids) == "<system>Be brief.<end><user>hi<end><assistant>"


def test_a_template_without_a_system_turn_gets_the_system_prompt_in_the_first_turn(tmp_path: Path) -> None:
    refusing = (
        "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
        + CHAT_TEMPLATE
    )
    folder = make_model(tmp_path / "m", chat_template=refusing)
    local = load(str(folder), (tmp_path,), dtype="float32", device="cpu", threads=1)
    (request,) = plan_requests((Sample("a", "hi"),), GREEDY)

    assert (
        local.tokenizer.decode(local.prompt_ids(request, "Be brief."))
        == "<user>Be brief.\n\nhi<end><assistant>"
    )


def test_a_template_that_refuses_one_sample_is_that_samples_error(tmp_path: Path) -> None:
    picky = (
        "{% if 'fox' in messages[0]['content'] %}{{ raise_exception('no foxes') }}{% endif %}" + CHAT_TEMPLATE
    )
    make_model(tmp_path / "m", chat_template=picky)

    found = run(tmp_path, ("the fox", "dog"), name="m")

    assert found["s0", 0].error == ErrorClass.BAD_RESPONSE and "no foxes" in found["s0", 0].error_detail
    assert found["s1", 0].error == ""


def test_a_prompt_longer_than_the_context_is_too_long_and_a_tight_one_gets_what_fits(tmp_path: Path) -> None:
    make_model(tmp_path / "m", context=20)
    local = load(str(tmp_path / "m"), (tmp_path,), dtype="float32", device="cpu", threads=1)
    tight = "z" * 15
    assert len(local.tokenizer(tight)["input_ids"]) == 15  # a byte a token: nothing was learnt for it

    found = run(tmp_path, ("dog", "z" * 20, tight), name="m")

    assert found["s0", 0].error == ""
    assert found["s1", 0].error == ErrorClass.TOO_LONG
    assert "20 prompt tokens, the model's context holds 20" in found["s1", 0].error_detail
    assert found["s2", 0].usage.completion_tokens is not None and found["s2", 0].usage.completion_tokens <= 5


def test_an_empty_prompt_is_answered(root: Path) -> None:
    assert run(root, ("",))["s0", 0].error == ""


def test_a_batch_that_does_not_fit_is_halved_and_the_size_is_remembered(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = torch_or_skip()
    whole = texts_of(run(root))
    local = load(str(root / "plain"), (root,), dtype="float32", device="cpu", threads=1)
    monkeypatch.setattr(local, "batch_limit", 1024)
    sizes: list[int] = []
    generate = local.model.generate

    def scarce(**arguments: Any) -> Any:
        sizes.append(arguments["input_ids"].shape[0])
        if sizes[-1] > 2:
            raise torch.OutOfMemoryError("no room")
        return generate(**arguments)

    monkeypatch.setattr(local.model, "generate", scarce)

    assert texts_of(run(root)) == whole
    assert sizes == [6, 3, 1, 1, 1, 1, 1, 1]  # 6 fails, 3 fails, then 3 // 2 = 1
    assert local.batch_limit == 1


def test_one_prompt_that_does_not_fit_alone_is_a_typed_error(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = torch_or_skip()
    local = load(str(root / "plain"), (root,), dtype="float32", device="cpu", threads=1)
    monkeypatch.setattr(local, "batch_limit", 1024)

    def scarce(**arguments: Any) -> Any:
        raise torch.OutOfMemoryError("no room")

    monkeypatch.setattr(local.model, "generate", scarce)

    assert {c.error for c in run(root, ("dog", "fox")).values()} == {"out_of_memory"}


def test_a_stop_in_the_middle_of_a_batch_ends_it_soon_and_yields_nothing_of_it(tmp_path: Path) -> None:
    make_model(tmp_path / "m", context=200_000)
    local = load(str(tmp_path / "m"), (tmp_path,), dtype="float32", device="cpu", threads=1)
    local.model.generation_config.eos_token_id = None  # it would go on for minutes
    started = time.monotonic()
    stop = {"should_stop": lambda: time.monotonic() - started > 1}

    assert run(tmp_path, ("the fox",), Decoding(max_new_tokens=100_000), name="m", context=stop) == {}
    assert time.monotonic() - started < 6


def test_a_run_can_be_continued_with_the_rest(root: Path) -> None:
    requests = plan_requests(samples(), GREEDY)
    settings = {"folder": str(root / "plain"), "batch_size": 2}
    context = RunContext(model_roots=(root,))
    stream = BACKEND.stream(settings, requests, GREEDY, context)
    first = [next(stream), next(stream)]
    stream.close()  # type: ignore[attr-defined]

    left = [r for r in requests if r.sample_id not in {c.sample_id for c in first}]
    rest = list(BACKEND.stream(settings, left, GREEDY, context))

    assert {c.sample_id: c.text for c in (*first, *rest)} == {k[0]: c.text for k, c in run(root).items()}


def test_the_model_is_loaded_once_a_process(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[str] = []
    really = local_model._load
    monkeypatch.setattr(local_model, "_slot", {})
    monkeypatch.setattr(
        local_model,
        "_load",
        lambda path, dtype, device: loads.append(path.name) or really(path, dtype, device),
    )

    run(root)
    run(root)
    run(root, name="chat")

    assert loads == ["plain", "chat"]


def test_weights_that_are_not_all_there_are_refused(tmp_path: Path) -> None:
    torch_or_skip()
    from safetensors.torch import load_file, save_file

    folder = make_model(tmp_path / "m")
    tensors = load_file(folder / "model.safetensors")
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})

    with pytest.raises(BackendError, match=r"1 tensors are missing.*up_proj"):
        run(tmp_path, name="m")


@pytest.mark.parametrize(
    ("key", "value"), [("model_type", "unheard_of"), ("hidden_size", "many"), ("hidden_size", 7)]
)
def test_a_folder_that_cannot_be_loaded_says_why(tmp_path: Path, key: str, value: Any) -> None:
    import json

    folder = make_model(tmp_path / "m")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, key: value}))

    with pytest.raises(BackendError) as caught:
        run(tmp_path, name="m")
    assert caught.value.error_class is ErrorClass.BAD_RESPONSE
    assert "model m:" in caught.value.message


def test_a_folder_with_code_is_refused_by_check_and_run_alike(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "m")
    (folder / "modeling_m.py").write_text("raise SystemExit")

    report = BACKEND.check({"folder": str(folder)}, RunContext(model_roots=(tmp_path,)))

    assert not report.ok and "modeling_m.py: code" in report.problems[0]
    with pytest.raises(BackendError, match=r"modeling_m\.py: code"):
        run(tmp_path, name="m")


def test_the_check_tells_size_dtype_and_device(root: Path) -> None:
    report = BACKEND.check({"folder": str(root / "chat")}, RunContext(model_roots=(root,)))

    assert report.ok
    assert report.facts["Architecture"] == "LlamaForCausalLM"
    assert report.facts["Chat template"] == "yes"
    assert (report.facts["Run in"], report.facts["Device"]) == ("float32", "cpu")


def test_without_torch_the_check_still_works_and_the_run_says_what_to_install(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)

    report = BACKEND.check({"folder": str(root / "plain")}, RunContext(model_roots=(root,)))

    assert report.ok and "make install-ml" in report.facts["Device"]
    with pytest.raises(BackendError, match="make install-ml"):
        run(root)


def test_cuda_is_refused_where_there_is_none(root: Path) -> None:
    if torch_or_skip().cuda.is_available():
        pytest.skip("this machine has CUDA")

    with pytest.raises(BackendError, match="expected a GPU worker"):
        run(root, device="cuda")

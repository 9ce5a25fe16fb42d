"""Model folders that may not be loaded. The folders are written by hand, so torch is not needed."""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path
from typing import Any

import pytest

from evaluations.inference.preflight import check_folder
from evaluations.inference.safetensors_header import HeaderError, read_header

CONFIG = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "max_position_embeddings": 64}
HEADER: dict[str, Any] = {
    "__metadata__": {"format": "pt"},
    "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
    "b": {"dtype": "BF16", "shape": [4], "data_offsets": [24, 32]},
}


def write_safetensors(path: Path, header: Any = HEADER, data: int = 32) -> Path:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(raw)) + raw + b"\0" * data)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "models" / "tiny"
    path.mkdir(parents=True)
    (path / "config.json").write_text(json.dumps(CONFIG))
    (path / "tokenizer.json").write_text(json.dumps({"model": {"vocab": {"auto_map": 0, "kernels": 1}}}))
    (path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"}))
    write_safetensors(path / "model.safetensors")
    return path


def problems(folder: Path) -> str:
    report = check_folder(folder, (folder.parent,))
    assert report.ok == (not report.problems)
    return "\n".join(report.problems)


def test_a_plain_folder_passes_and_its_size_is_told(folder: Path) -> None:
    report = check_folder(folder, (folder.parent,))

    assert report.ok
    assert report.facts["Architecture"] == "LlamaForCausalLM"
    assert report.facts["Parameters"] == "10"  # 2 × 3 + 4
    assert report.facts["Weights in"] == "F32, BF16"
    assert report.facts["Context"] == "64 tokens"
    assert report.facts["Chat template"].startswith("no")


def test_the_check_needs_no_torch(folder: Path) -> None:
    loaded = "torch" in sys.modules

    check_folder(folder, (folder.parent,))

    assert loaded or "torch" not in sys.modules


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("pytorch_model.bin", "pickled or foreign weights"),
        ("model.pt", "pickled or foreign weights"),
        ("training_args.pkl", "pickled or foreign weights"),
        ("modeling_tiny.py", "code; expected weights"),
        ("libkernel.so", "code; expected weights"),
        ("adapter_config.json", "not a file that a model needs"),
        ("adapter_model.safetensors", "not a file that a model needs"),
        ("consolidated.safetensors", "not a file that a model needs"),
        ("model.gguf", "not a file that a model needs"),
        ("CONFIG.JSON", "not a file that a model needs"),
    ],
)
def test_a_file_that_could_carry_code_is_refused_by_name(folder: Path, name: str, said: str) -> None:
    (folder / name).write_bytes(b"x")

    assert f"{name}: {said}" in problems(folder)


@pytest.mark.parametrize(
    "name", ["README.md", "LICENSE", "LICENSE.txt", "chat_template.jinja", "generation_config.json"]
)
def test_usual_companions_are_accepted(folder: Path, name: str) -> None:
    (folder / name).write_text("{}")

    assert problems(folder) == ""


@pytest.mark.parametrize(
    "entry",
    [
        {"auto_map": {"AutoModelForCausalLM": "modeling.Tiny"}},
        {"trust_remote_code": True},
        {"custom_pipelines": {"x": {"impl": "x.X"}}},
        {"_attn_implementation_internal": "someone/kernel"},
        {"_attn_implementation": "someone/kernel"},
        {"attn_implementation": {"text": "someone/kernel"}},
        {"experts_implementation": "someone/kernel"},
        {"quantization_config": {"quant_method": "gptq"}},
        {"kernel_config": {"x": 1}},
        {"transformers_weights": "../other.safetensors"},
        {"base_model_name_or_path": "someone/model"},
    ],
)
@pytest.mark.parametrize("file", ["config.json", "generation_config.json", "tokenizer_config.json"])
@pytest.mark.parametrize("depth", [0, 3])
def test_a_key_that_asks_for_code_is_refused_at_any_depth_of_any_file(
    folder: Path, entry: dict[str, Any], file: str, depth: int
) -> None:
    path = folder / file
    document = json.loads(path.read_text()) if path.exists() else {}
    place = document
    for _ in range(depth):
        place["deeper"] = [{}]
        place = place["deeper"][0]
    place.update(entry)
    path.write_text(json.dumps(document))

    (key,) = entry
    assert f"{file}: key '{key}'" in problems(folder)


def test_a_key_hidden_behind_its_double_is_refused(folder: Path) -> None:
    text = json.dumps(CONFIG)[:-1]
    (folder / "config.json").write_text(text + ', "x": 1, "x": 2}')

    assert "a key appears twice" in problems(folder)


def test_empty_or_plain_values_of_these_keys_pass(folder: Path) -> None:
    plain = {
        "auto_map": {},
        "_attn_implementation": "sdpa",
        "attn_implementation": None,
        "trust_remote_code": False,
    }
    (folder / "config.json").write_text(json.dumps({**CONFIG, **plain}))

    assert problems(folder) == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"architectures": ["T5ForConditionalGeneration"]}, "expected one causal language model"),
        ({"architectures": []}, "expected one causal language model"),
        ({"architectures": ["LlamaForCausalLM", "X"]}, "expected one causal language model"),
        ({"architectures": ["os.system#ForCausalLM"]}, "expected one causal language model"),
        ({"model_type": None}, "no model_type"),
    ],
)
def test_a_model_that_is_no_causal_language_model_is_refused(
    folder: Path, change: dict[str, Any], said: str
) -> None:
    (folder / "config.json").write_text(json.dumps({**CONFIG, **change}))

    assert said in problems(folder)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tokenizer_class": "pipeline"}, "expected the name of a tokenizer class"),
        ({"vocab_file": "/etc/passwd"}, "expected a file of this folder"),
        ({"spm_file": "..\\x"}, "expected a file of this folder"),
        ({"init_inputs": ["/etc/passwd"]}, "key 'init_inputs'"),
    ],
)
def test_a_tokenizer_that_reaches_outside_is_refused(folder: Path, change: dict[str, Any], said: str) -> None:
    (folder / "tokenizer_config.json").write_text(json.dumps(change))

    assert said in problems(folder)


def test_a_tokenizer_that_remembers_where_it_was_saved_passes(folder: Path) -> None:
    old = {
        "tokenizer_file": "/home/someone/tokenizer.json",
        "special_tokens_map_file": "/home/someone/map.json",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(old))

    assert problems(folder) == ""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("config.json", "no config.json"),
        ("model.safetensors", "no weights in safetensors"),
        ("tokenizer.json", "no tokenizer"),
    ],
)
def test_what_is_missing_is_named(folder: Path, name: str, said: str) -> None:
    (folder / name).unlink()

    assert said in problems(folder)


def test_a_folder_outside_of_the_roots_is_refused_however_it_is_written(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (folder.parent / "link").symlink_to(outside)
    root = folder.parent

    for path in (outside, root / ".." / "elsewhere", root / "link", tmp_path / "models2"):
        assert "outside of MODEL_ROOTS" in check_folder(path, (root,)).problems[0]
    assert "outside of MODEL_ROOTS (none is set)" in check_folder(folder, ()).problems[0]
    assert "expected an absolute path" in check_folder("tiny", (root,)).problems[0]
    assert "NUL" in check_folder("/a\0b", (root,)).problems[0]
    assert "found no such folder" in check_folder(root / "absent", (root,)).problems[0]


def test_a_link_may_lead_into_the_roots_but_not_out_of_them(folder: Path, tmp_path: Path) -> None:
    blob = folder.parent / "blob"
    (folder / "model.safetensors").rename(blob)
    (folder / "model.safetensors").symlink_to(blob)
    assert problems(folder) == ""

    secret = tmp_path / "secret.md"
    secret.write_text("x")
    (folder / "README.md").symlink_to(secret)
    assert "README.md: a link that leads outside" in problems(folder)


def test_a_folder_inside_is_refused_and_a_pipe_too(folder: Path) -> None:
    import os

    (folder / "onnx").mkdir()
    (folder / ".cache").mkdir()
    os.mkfifo(folder / "vocab.json")

    found = problems(folder)

    assert "onnx/: a folder inside" in found and ".cache" not in found
    assert "vocab.json: is no plain file" in found


def test_weights_in_several_files_must_be_those_of_the_index(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    for number in (1, 2):
        header = {f"t{number}": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}
        write_safetensors(folder / f"model-0000{number}-of-00002.safetensors", header, 1)
    index = folder / "model.safetensors.index.json"
    assert "no weight_map" in problems(folder)

    files = {f"t{number}": f"model-0000{number}-of-00002.safetensors" for number in (1, 2)}
    index.write_text(json.dumps({"weight_map": files}))
    assert problems(folder) == ""

    index.write_text(json.dumps({"weight_map": {**files, "t3": "../x.safetensors"}}))
    assert "index.json: names" in problems(folder)

    index.write_text(json.dumps({"weight_map": {**files, "t3": files["t1"]}}))
    assert "tensor 't3' is not in model-00001" in problems(folder)


def tensor(**changes: Any) -> dict[str, Any]:
    return {"a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4], **changes}}


@pytest.mark.parametrize(
    ("header", "data", "said"),
    [
        (b"{", 0, "a header of 1 bytes"),
        (b"[]", 0, "does not begin with {"),
        (b"{}", 0, "no tensors"),
        (b"{x}", 0, "is not JSON"),
        (b'{"a": 1, "a": 2}', 0, "appears twice"),
        ({"a": 1}, 0, "expected dtype, shape and data_offsets"),
        (tensor(extra=1), 4, "expected dtype, shape and data_offsets"),
        (tensor(dtype="PICKLE"), 4, "dtype 'PICKLE'"),
        (tensor(shape=[-1]), 4, "shape [-1]"),
        (tensor(shape=[True]), 4, "shape [True]"),
        (tensor(shape=[2.0]), 4, "shape [2.0]"),
        (tensor(shape=[5]), 4, "4 bytes for shape [5] in U8, expected 5"),
        (tensor(data_offsets=[0]), 4, "expected a begin and an end"),
        (tensor(data_offsets=[4, 8]), 8, "begins at byte 4, expected 0"),
        (tensor(), 3, "take 4 bytes, the file holds 3"),
        (tensor(), 5, "take 4 bytes, the file holds 5"),
        ({**tensor(), "b": tensor()["a"]}, 4, "overlap or gap"),
    ],
)
def test_an_unsound_safetensors_file_is_refused(tmp_path: Path, header: Any, data: int, said: str) -> None:
    path = write_safetensors(tmp_path / "model.safetensors", header, data)

    with pytest.raises(HeaderError) as caught:
        read_header(path)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"", b"\x01\x00", struct.pack("<Q", 2**63) + b"{}", struct.pack("<Q", 99) + b"{}"]
)
def test_a_header_longer_than_its_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)

    with pytest.raises(HeaderError):
        read_header(path)

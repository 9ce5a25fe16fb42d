"""Checks of a model folder before anything of it is loaded. Standard library only; nothing is executed.

Allowed is what the weights and the tokenizer need as plain data. Everything else is refused by name, because a
model folder may carry code (``.py``, pickled weights) or ask the loader to fetch some (``auto_map``, kernels).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from evaluations.inference.backend import CheckReport
from evaluations.inference.safetensors_header import HeaderError, SafetensorsHeader, read_header

ALLOWED_NAMES: Final = frozenset(
    {
        "config.json", "generation_config.json", "model.safetensors.index.json", "tokenizer.json",
        "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "vocab.txt",
        "merges.txt", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "chat_template.jinja",
        "chat_template.json", "card.json", ".gitattributes", ".gitignore",
    }
)  # fmt: skip
ALLOWED_PATTERNS: Final = re.compile(
    r"model(-\d{5}-of-\d{5})?\.safetensors|(LICEN[CS]E|NOTICE)(\.\w+)?|[\w.-]+\.md", re.I
)
IGNORED_FOLDERS: Final = frozenset({".git", ".cache"})
WORD_LISTS: Final = frozenset({"tokenizer.json", "vocab.json", "added_tokens.json"})
"""Their keys are words of a vocabulary, so a word that looks like a refused key means nothing."""

REFUSED_KEYS: Final = frozenset(
    {
        "auto_map", "trust_remote_code", "code_revision", "custom_pipeline", "custom_pipelines", "custom_generate",
        "_attn_implementation_internal", "_experts_implementation_internal", "quantization_config",
        "compression_config", "kernel", "kernels", "kernel_config", "use_kernels", "allow_all_kernels",
        "transformers_weights", "base_model_name_or_path", "gguf_file", "backbone", "init_inputs",
    }
)  # fmt: skip
PLAIN_IMPLEMENTATIONS: Final = frozenset(
    {None, "eager", "sdpa", "flash_attention_2", "grouped_mm", "batched_mm"}
)
TOKENIZER_CLASS: Final = re.compile(
    r"[A-Za-z0-9]{0,60}(Tokenizer|TokenizerFast|TokenizersBackend|SentencePieceBackend)"
)
ARCHITECTURE: Final = re.compile(r"[A-Za-z0-9_]{1,60}(ForCausalLM|LMHeadModel)")
MAX_JSON: Final = 4 * 2**20
MAX_WORD_LIST: Final = 256 * 2**20
MAX_TEMPLATE: Final = 256 * 2**10
MAX_FILES: Final = 500


class RefusedKeyError(ValueError):
    """A key in a JSON file asks for code, a kernel or a file outside of the folder."""


def check_folder(folder: str | Path, model_roots: Sequence[Path]) -> CheckReport:
    """Whether the model in ``folder`` can be loaded as plain data; facts: architecture, size, parameters, dtype."""
    path, problem = resolve_folder(folder, model_roots)
    if path is None:
        return CheckReport(False, (problem,))
    problems = _file_problems(path, model_roots)
    if problems:
        return CheckReport(False, tuple(problems))
    documents: dict[str, Any] = {}
    for file in sorted(path.glob("*.json")):
        try:
            documents[file.name] = _read_json(file)
        except ValueError as error:
            problems.append(f"{file.name}: {error}")
    problems += _config_problems(documents.get("config.json"))
    problems += _tokenizer_problems(path, documents.get("tokenizer_config.json") or {})
    headers, weight_problems = _weights(path, documents.get("model.safetensors.index.json"))
    problems += weight_problems
    config = documents.get("config.json")
    facts = _facts(path, config, headers) if isinstance(config, dict) and headers else {}
    return CheckReport(not problems, tuple(problems), facts)


def resolve_folder(folder: str | Path, model_roots: Sequence[Path]) -> tuple[Path | None, str]:
    """The real folder, or ``None`` and what is wrong. It must lie under one of ``model_roots``, links followed."""
    if "\0" in str(folder):
        return None, "model folder: the path has a NUL character"
    if not Path(folder).is_absolute():
        return None, f"model folder {str(folder)!r}: expected an absolute path"
    path = Path(folder).resolve()
    if not _under(path, model_roots):
        roots = ", ".join(str(root) for root in model_roots) or "none is set"
        return None, f"model folder {folder}: lies outside of MODEL_ROOTS ({roots})"
    if not path.is_dir():
        return None, f"model folder {folder}: found no such folder"
    return path, ""


def _under(path: Path, model_roots: Sequence[Path]) -> bool:
    return any(path.is_relative_to(root.resolve()) for root in model_roots)


def _file_problems(path: Path, model_roots: Sequence[Path]) -> list[str]:
    problems = []
    entries = sorted(path.iterdir())
    if len(entries) > MAX_FILES:
        return [f"{path.name}: {len(entries)} files, expected at most {MAX_FILES}"]
    for entry in entries:
        if not _under(entry.resolve(), model_roots):
            problems.append(f"{entry.name}: a link that leads outside of MODEL_ROOTS")
        elif entry.is_dir():
            if entry.name not in IGNORED_FOLDERS:
                problems.append(
                    f"{entry.name}/: a folder inside of the model folder; expected files only. Remove it"
                )
        elif not entry.is_file():
            problems.append(f"{entry.name}: is no plain file")
        elif entry.name not in ALLOWED_NAMES and not ALLOWED_PATTERNS.fullmatch(entry.name):
            problems.append(f"{entry.name}: {_why_refused(entry)}")
        elif entry.suffix == ".jinja" and entry.stat().st_size > MAX_TEMPLATE:
            problems.append(
                f"{entry.name}: {entry.stat().st_size:,} bytes, expected at most {MAX_TEMPLATE:,}"
            )
    names = {entry.name for entry in entries}
    if "config.json" not in names:
        problems.append(f"{path.name}: no config.json; expected the folder that save_pretrained writes")
    if not any(name.endswith(".safetensors") for name in names):
        problems.append(f"{path.name}: no weights in safetensors; expected model.safetensors")
    return problems


def _why_refused(entry: Path) -> str:
    suffix = entry.suffix.lower()
    if suffix in (
        ".bin",
        ".pt",
        ".pth",
        ".pkl",
        ".pickle",
        ".ckpt",
        ".h5",
        ".msgpack",
        ".joblib",
        ".npy",
        ".npz",
    ):
        return (
            "pickled or foreign weights can run code when loaded; expected safetensors. Convert and remove it"
        )
    if suffix in (".py", ".pyc", ".so", ".sh", ".dll", ".ipynb"):
        return (
            "code; expected weights and configuration only. Models that need their own code cannot be loaded"
        )
    return "not a file that a model needs; expected safetensors, configuration and tokenizer files. Remove it"


def _read_json(file: Path) -> Any:
    is_word_list = file.name in WORD_LISTS
    limit = MAX_WORD_LIST if is_word_list else MAX_JSON
    if file.stat().st_size > limit:
        raise ValueError(f"{file.stat().st_size:,} bytes, expected at most {limit:,}")
    hook = None if is_word_list or file.name.endswith(".index.json") else _refuse_keys
    try:
        return json.loads(file.read_bytes().decode("utf-8"), object_pairs_hook=hook)
    except RefusedKeyError:
        raise
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"not JSON ({error})") from None


def _refuse_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    for key, value in pairs:
        if key in REFUSED_KEYS and value not in (None, [], {}, False):
            raise RefusedKeyError(
                f"key {key!r} asks for code, a kernel, quantized weights or another file; expected none. "
                "Such a model cannot be loaded here; serve it as an endpoint instead"
            )
        plain = not isinstance(value, list | dict) and value in PLAIN_IMPLEMENTATIONS
        if key.endswith("_implementation") and not plain:
            raise RefusedKeyError(f"key {key!r} is {value!r:.80}, expected eager or sdpa")
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RefusedKeyError("a key appears twice in one object; expected each once")
    return found


def _config_problems(config: Any) -> list[str]:
    if config is None:
        return []
    if not isinstance(config, dict):
        return ["config.json: no JSON object"]
    found = config.get("architectures")
    if not isinstance(found, list) or len(found) != 1 or not ARCHITECTURE.fullmatch(str(found[0])):
        return [
            f"config.json: architectures is {found!r:.120}, expected one causal language model (…ForCausalLM)"
        ]
    if not isinstance(config.get("model_type"), str):
        return ["config.json: no model_type"]
    return []


def _tokenizer_problems(path: Path, config: Any) -> list[str]:
    if not isinstance(config, dict):
        return ["tokenizer_config.json: no JSON object"]
    problems = []
    names = (
        "tokenizer.json",
        "tokenizer.model",
        "spiece.model",
        "sentencepiece.bpe.model",
        "vocab.json",
        "vocab.txt",
    )
    if not any((path / name).is_file() for name in names):
        problems.append(
            f"{path.name}: no tokenizer; expected tokenizer.json or one of {', '.join(names[1:])}"
        )
    kind = config.get("tokenizer_class")
    if kind is not None and not TOKENIZER_CLASS.fullmatch(str(kind)):
        problems.append(
            f"tokenizer_config.json: tokenizer_class is {kind!r:.80}, expected the name of a tokenizer class"
        )
    for key, value in config.items():
        outside = isinstance(value, str) and ("/" in value or "\\" in value or ".." in value)
        # Old files remember where they were saved; these two paths are not opened when the folder has its own.
        unread = key == "special_tokens_map_file" or (
            key == "tokenizer_file" and (path / "tokenizer.json").is_file()
        )
        if key.endswith("_file") and outside and not unread:
            problems.append(f"tokenizer_config.json: {key} is {value!r:.120}, expected a file of this folder")
    return problems


def _weights(path: Path, index: Any) -> tuple[list[SafetensorsHeader], list[str]]:
    problems: list[str] = []
    headers: dict[str, SafetensorsHeader] = {}
    for file in sorted(path.glob("*.safetensors")):
        try:
            headers[file.name] = read_header(file)
        except (HeaderError, OSError) as error:
            problems.append(f"{file.name}: {error}")
    if problems or (index is None and set(headers) == {"model.safetensors"}):
        return list(headers.values()), problems
    weight_map = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(weight_map, dict) or not weight_map:
        return [], [
            "model.safetensors.index.json: no weight_map; expected one, as the weights are in several files"
        ]
    listed = {str(name) for name in weight_map.values()}
    if listed != set(headers):
        return [], [
            f"model.safetensors.index.json: names {', '.join(sorted(listed))[:200]}, found {', '.join(headers)[:200]}"
        ]
    for tensor, name in weight_map.items():
        if tensor not in headers[str(name)].tensors:
            return [], [f"model.safetensors.index.json: tensor {tensor!r:.120} is not in {name}"]
    return list(headers.values()), []


def _facts(path: Path, config: dict[str, Any], headers: list[SafetensorsHeader]) -> dict[str, str]:
    dtypes: Counter[str] = Counter()
    for header in headers:
        dtypes.update(header.dtypes)
    size = sum(file.stat().st_size for file in path.iterdir() if file.is_file())
    context = config.get("max_position_embeddings") or config.get("n_positions")
    template = (path / "chat_template.jinja").is_file() or (path / "chat_template.json").is_file()
    tokenizer = path / "tokenizer_config.json"
    template = template or (tokenizer.is_file() and b'"chat_template"' in tokenizer.read_bytes())
    return {
        "Folder": path.name,
        "Architecture": ", ".join(config.get("architectures") or ["not stated"]),
        "Parameters": f"{sum(dtypes.values()):,}",
        "Weights in": ", ".join(dtype for dtype, _ in dtypes.most_common()),
        "Size on disk": f"{size / 2**20:,.1f} MiB",
        "Context": f"{context:,} tokens" if isinstance(context, int) else "not stated",
        "Chat template": "yes" if template else "no, prompts are sent as plain text",
    }

"""A Hugging Face folder loaded once per process, and how its prompts are written."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from evaluations.inference.backend import BackendError, Request
from evaluations.inference.preflight import check_folder, resolve_folder
from evaluations.records import ErrorClass

DTYPES: Final = ("float32", "bfloat16", "float16")
NOT_INSTALLED: Final = (
    "torch and transformers are not installed here; expected both for a local model. Run `make install-ml`"
)


class PromptError(ValueError):
    """The chat template refuses the turns of one sample."""


@dataclass(slots=True)
class LocalModel:
    """A loaded causal language model. ``context`` in tokens, ``None`` where the model states none.

    ``batch_limit`` shrinks when the memory did not hold a batch and stays so for this process.
    """

    name: str
    model: Any
    tokenizer: Any
    device: str
    dtype: str
    context: int | None
    eos_ids: frozenset[int]
    pad_id: int
    batch_limit: int = 1024

    @property
    def has_chat_template(self) -> bool:
        return bool(self.tokenizer.chat_template)

    def prompt_ids(self, request: Request, system_prompt: str) -> list[int]:
        """Token ids of the prompt: by the chat template if there is one, else as plain text.

        Raises :class:`PromptError` when the template refuses the turns.
        """
        turns = _turns(request, system_prompt)
        if self.has_chat_template:
            ids = self._encode(self._render(turns), special=False)
        else:
            lead = f"{system_prompt}\n\n" if system_prompt else ""
            ids = self._encode(lead + request.input_text, special=True)
        return ids or [min(self.eos_ids, default=self.pad_id)]

    def _encode(self, text: str, *, special: bool) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=special)["input_ids"])

    def _render(self, turns: list[dict[str, str]]) -> str:
        import jinja2

        try:
            return self._apply(turns)
        except jinja2.TemplateError as error:
            if len(turns) < 2 or turns[0]["role"] != "system":
                raise PromptError(f"the chat template refuses the turns ({error})") from None
        # Some templates know no system turn; its text then opens the first turn.
        merged = {**turns[1], "content": f"{turns[0]['content']}\n\n{turns[1]['content']}"}
        try:
            return self._apply([merged, *turns[2:]])
        except jinja2.TemplateError as error:
            raise PromptError(f"the chat template refuses the turns ({error})") from None

    def _apply(self, turns: list[dict[str, str]]) -> str:
        return str(self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))


def _turns(request: Request, system_prompt: str) -> list[dict[str, str]]:
    if isinstance(request.input, str):
        turns = [{"role": "user", "content": request.input}]
    else:
        turns = [{"role": turn.role, "content": turn.content} for turn in request.input]
    if system_prompt and not (turns and turns[0]["role"] == "system"):
        turns.insert(0, {"role": "system", "content": system_prompt})
    return turns


def pick_device(wanted: str) -> str:
    """``cpu`` or ``cuda``; ``auto`` is CUDA where torch finds it. Raises :class:`BackendError`."""
    torch = import_torch()
    has_cuda = bool(torch.cuda.is_available())
    if wanted == "cuda" and not has_cuda:
        raise BackendError(
            ErrorClass.NOT_ALLOWED, "device cuda: torch finds none here; expected a GPU worker"
        )
    if wanted == "auto":
        return "cuda" if has_cuda else "cpu"
    return wanted


def import_torch() -> Any:
    """The module ``torch``; raises :class:`BackendError` that says how to install it."""
    try:
        import torch
        import transformers  # noqa: F401
    except ImportError:
        raise BackendError(ErrorClass.NOT_ALLOWED, NOT_INSTALLED) from None
    return torch


_slot: dict[tuple[str, int, str, str], LocalModel] = {}
_slot_lock = threading.Lock()


def load(folder: str, model_roots: Sequence[Path], *, dtype: str, device: str, threads: int) -> LocalModel:
    """The model in ``folder``, from the process's one slot if it is there. Raises :class:`BackendError`.

    The folder is checked each time, also when the model is already loaded.
    """
    torch = import_torch()
    report = check_folder(folder, model_roots)
    path, _ = resolve_folder(folder, model_roots)
    if path is None or not report.ok:
        raise BackendError(ErrorClass.NOT_ALLOWED, "; ".join(report.problems))
    torch.set_num_threads(threads)
    newest = max(file.stat().st_mtime_ns for file in path.iterdir())
    key = (str(path), newest, dtype, pick_device(device))
    with _slot_lock:
        if key not in _slot:
            _slot.clear()
            _slot[key] = _load(path, dtype, key[3])
        return _slot[key]


def _load(path: Path, dtype: str, device: str) -> LocalModel:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

    try:
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True, trust_remote_code=False)
        model, loading = AutoModelForCausalLM.from_pretrained(
            path,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=getattr(torch, dtype),
            output_loading_info=True,
        )
        model = model.to(device).eval()
    except torch.OutOfMemoryError:
        raise BackendError(
            ErrorClass.OUT_OF_MEMORY, f"model {path.name}: does not fit into the memory of {device}"
        ) from None
    except Exception as error:  # A stranger's configuration can fail in any way; all of them mean the same.
        raise BackendError(
            ErrorClass.BAD_RESPONSE, f"model {path.name}: cannot be loaded ({error})"
        ) from error
    _refuse_half_loaded(path, loading)
    eos = _eos_ids(model, tokenizer)
    pad = tokenizer.pad_token_id
    pad_id = int(pad) if pad is not None else min(eos, default=0)
    tokenizer.padding_side = "left"
    # The folder's own sampling habits (top-k, penalties) must not colour the audit's decoding.
    model.generation_config = GenerationConfig(eos_token_id=sorted(eos) or None, pad_token_id=pad_id)
    return LocalModel(
        name=path.name,
        model=model,
        tokenizer=tokenizer,
        device=device,
        dtype=dtype,
        context=_context(model.config),
        eos_ids=eos,
        pad_id=pad_id,
    )


def _context(config: Any) -> int | None:
    found = getattr(config, "max_position_embeddings", None)
    return found if isinstance(found, int) and found > 0 else None


def _refuse_half_loaded(path: Path, loading: dict[str, Any]) -> None:
    """A tensor that the folder lacks would silently be random numbers."""
    absent = sorted(str(name) for name in (*loading["missing_keys"], *loading["mismatched_keys"]))
    if absent:
        raise BackendError(
            ErrorClass.BAD_RESPONSE,
            f"model {path.name}: {len(absent)} tensors are missing or have another shape "
            f"({', '.join(absent)[:300]}); expected the weights that config.json describes",
        )


def _eos_ids(model: Any, tokenizer: Any) -> frozenset[int]:
    found = model.generation_config.eos_token_id
    ids = set(found if isinstance(found, list) else [] if found is None else [found])
    if tokenizer.eos_token_id is not None:
        ids.add(tokenizer.eos_token_id)
    return frozenset(int(item) for item in ids)

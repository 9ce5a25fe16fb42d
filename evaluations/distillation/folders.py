"""Model folders: read without running any code of theirs, written as safetensors with the card last."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from evaluations.distillation.training import TrainingFailed

CARD: Final = "card.json"


def load(folder: Path, *, device: str = "cpu") -> tuple[Any, Any]:
    """Model (fp32) and tokenizer of a folder: local files, safetensors, no code from the folder.

    Raises :class:`TrainingFailed` where a tensor is missing: it would silently be random numbers.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model, loading = AutoModelForCausalLM.from_pretrained(
        folder,
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
        dtype=torch.float32,
        output_loading_info=True,
    )
    absent = sorted(str(name) for name in (*loading["missing_keys"], *loading["mismatched_keys"]))
    if absent:
        raise TrainingFailed(
            f"Model {folder.name}: {len(absent)} tensors are missing or have another shape ({', '.join(absent)[:300]}); "
            "expected the weights that config.json describes."
        )
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    tokenizer.padding_side = "left"
    return model.to(device), tokenizer


def save(model: Any, tokenizer: Any, folder: Path, card: Mapping[str, Any]) -> None:
    """Write weights, tokenizer and card. A folder that has a card is a finished one."""
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    model.save_pretrained(part)
    tokenizer.save_pretrained(part)
    text = json.dumps(card, indent=1, ensure_ascii=False, sort_keys=True)
    (part / CARD).write_text(text + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    part.replace(folder)


def card_of(folder: Path) -> dict[str, Any] | None:
    """The card of a finished folder, ``None`` where it is not finished."""
    path = folder / CARD
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found

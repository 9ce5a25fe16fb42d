"""Answers of a small model: batched for labelling, one by one where latency is recorded."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evaluations.distillation.tokens import prompt_ids
from evaluations.distillation.training import one_thread


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. ``latency_ms``: wall time of a call for this prompt alone, ``None`` in a batch."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    latency_ms: float | None


def answers(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[str],
    *,
    seed: int = 0,
    temperature: float = 0.0,
    batch_size: int = 128,
    max_new_tokens: int = 96,
) -> list[Answer]:
    """One answer a prompt, in the order of ``prompts``; ``temperature`` 0 is greedy.

    Prompts of similar length share a batch. In fp32 a greedy answer does not depend on the batch size.
    """
    import torch

    model.eval()
    with one_thread(seed), torch.inference_mode():
        ids = prompt_ids(tokenizer, prompts)
        order = sorted(range(len(ids)), key=lambda i: (len(ids[i]), i))
        found: dict[int, Answer] = {}
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            began = time.perf_counter()
            tokens = _generate(model, [ids[i] for i in batch], temperature, max_new_tokens)
            spent = (time.perf_counter() - began) * 1000 if batch_size == 1 else None
            for i, out in zip(batch, tokens, strict=True):
                text = tokenizer.decode(out, skip_special_tokens=True)
                found[i] = Answer(text, len(ids[i]), len(out), spent)
    return [found[i] for i in range(len(ids))]


def _generate(
    model: Any, prompts: Sequence[list[int]], temperature: float, max_new_tokens: int
) -> list[list[int]]:
    """New token ids of each prompt, the end token left out. Prompts are padded on the left.

    Answers differ much in length: once half of a batch has ended, the others go on alone.
    """
    import torch
    from transformers import DynamicCache

    ends = _ends(model)
    pad = model.config.pad_token_id if model.config.pad_token_id is not None else ends[0]
    device = next(model.parameters()).device
    current, mask = _padded(prompts, pad, device)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    cache = DynamicCache(config=model.config)
    rows, ended = list(range(len(prompts))), set[int]()
    new: list[list[int]] = [[] for _ in prompts]
    for _ in range(max_new_tokens):
        hidden = model.base_model(
            input_ids=current,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
        ).last_hidden_state[:, -1]
        chosen = _choose(model.get_output_embeddings()(hidden), temperature)
        _note(rows, chosen.tolist(), ends, new, ended)
        going = [i for i, row in enumerate(rows) if row not in ended]
        if not going:
            break
        mask = torch.cat([mask, torch.ones_like(chosen[:, None])], dim=1)
        positions = positions[:, -1:] + 1
        current = chosen[:, None]
        if 2 * len(going) <= len(rows):
            kept = torch.tensor(going, device=device)
            cache.batch_select_indices(kept)
            mask, positions, current = mask[kept], positions[kept], current[kept]
            rows = [rows[i] for i in going]
    return new


def _note(
    rows: Sequence[int], tokens: Sequence[int], ends: Sequence[int], new: list[list[int]], ended: set[int]
) -> None:
    """Append each row's next token to its answer, or note that the answer has ended."""
    for row, token in zip(rows, tokens, strict=True):
        if token in ends:
            ended.add(row)
        elif row not in ended:
            new[row].append(token)


def _padded(prompts: Sequence[list[int]], pad: int, device: Any) -> tuple[Any, Any]:
    """Token ids and attention mask of prompts that all end in the last column."""
    import torch

    width = max(len(prompt) for prompt in prompts)
    ids = torch.tensor([[pad] * (width - len(p)) + p for p in prompts], device=device)
    return ids, torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=device)


def _ends(model: Any) -> list[int]:
    found = model.config.eos_token_id
    return list(found) if isinstance(found, list | tuple) else [found]


def _choose(logits: Any, temperature: float) -> Any:
    import torch

    if temperature == 0:
        return logits.argmax(-1)
    return torch.multinomial((logits / temperature).softmax(-1), 1)[:, 0]

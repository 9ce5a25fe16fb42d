"""Answers of a small model: batched for labelling, one by one where latency is recorded."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

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
        ids = tokenizer(list(prompts), add_special_tokens=False)["input_ids"]
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
    """New token ids of each prompt, the end token left out. Prompts are padded on the left."""
    import torch
    from transformers import DynamicCache

    pad, end = model.config.pad_token_id, model.config.eos_token_id
    width = max(len(prompt) for prompt in prompts)
    current = torch.tensor([[pad] * (width - len(p)) + p for p in prompts])
    mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts])
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    cache = DynamicCache(config=model.config)
    running = torch.ones(len(prompts), dtype=torch.bool)
    new: list[Any] = []
    for _ in range(max_new_tokens):
        hidden = model.model(
            input_ids=current,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
        ).last_hidden_state[:, -1]
        chosen = _choose(model.lm_head(hidden), temperature).masked_fill(~running, end)
        running &= chosen != end
        if not running.any():
            break
        new.append(chosen)
        current = chosen[:, None]
        mask = torch.cat([mask, torch.ones_like(current)], dim=1)
        positions = positions[:, -1:] + 1
    return [list(_until(row, end)) for row in torch.stack(new, 1).tolist()] if new else [[] for _ in prompts]


def _choose(logits: Any, temperature: float) -> Any:
    import torch

    if temperature == 0:
        return logits.argmax(-1)
    return torch.multinomial((logits / temperature).softmax(-1), 1)[:, 0]


def _until(tokens: Sequence[int], end: int) -> Iterator[int]:
    for token in tokens:
        if token == end:
            return
        yield token

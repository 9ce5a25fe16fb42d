"""Train a small causal language model on (prompt, answer) pairs: visible loss, the same bits every time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from evaluations.distillation.grammar import seeded
from evaluations.distillation.tokens import IGNORED, Example, Row, pack


@dataclass(frozen=True, slots=True)
class Settings:
    """How long and how fast to train.

    ``steps`` optimiser steps of ``rows`` packed rows of ``row_length`` tokens. The learning rate rises
    linearly over ``warmup`` steps to ``learning_rate`` and falls to a twentieth of it along a cosine over the
    last ``cooldown`` steps (all that follow the warm-up, where it is ``None``). ``per_example`` weighs examples
    alike, so that a label of one token counts as much as a long reply; otherwise tokens are weighed alike.
    """

    steps: int
    learning_rate: float = 3e-3
    rows: int = 8
    row_length: int = 256
    warmup: int = 30
    cooldown: int | None = None
    weight_decay: float = 0.05
    check_every: int = 100
    per_example: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of a model: ``width`` must be a multiple of ``heads``."""

    width: int = 64
    layers: int = 2
    heads: int = 4


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training run did. ``losses``: mean loss per answer token of every step."""

    steps: int
    losses: tuple[float, ...]
    bar_reached: bool


class TrainingFailed(RuntimeError):
    """Training could not finish; the message says where, what was found and what to do."""


def rate(step: int, settings: Settings, end: int) -> float:
    """The learning rate at ``step`` (from 0) of a run that ends after ``end`` steps."""
    if step < settings.warmup:
        return settings.learning_rate * (step + 1) / settings.warmup
    cooldown = settings.cooldown if settings.cooldown is not None else end - settings.warmup
    done = max(0.0, 1 - (end - step) / max(1, cooldown))
    return settings.learning_rate * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * done)))


def new_model(tokenizer: Any, shape: Shape, *, seed: int) -> Any:
    """A fresh ``LlamaForCausalLM`` in fp32 with tied embeddings, initialised from ``seed``."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=shape.width,
        intermediate_size=3 * shape.width,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        max_position_embeddings=512,
        # Prompts are short: slow rotations would waste most of a small head.
        rope_parameters={"rope_type": "default", "rope_theta": 500.0},
        tie_word_embeddings=True,
        initializer_range=0.04,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    return LlamaForCausalLM(config)


@contextmanager
def one_thread(seed: int) -> Iterator[None]:
    """Run PyTorch on one thread with deterministic kernels: the same bits on the same machine type."""
    import torch

    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(seed)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(deterministic)
        torch.set_num_threads(threads)


def train(
    model: Any,
    examples: Sequence[Example],
    settings: Settings,
    *,
    seed: int,
    bar: Callable[[], bool] | None = None,
) -> Trained:
    """Train ``model`` in place on ``examples``, reshuffled and repacked each pass from ``seed``.

    With ``bar`` the run looks every ``check_every`` steps whether it is reached; then only the cooldown is
    left, and ``steps`` is the most that is spent before it. Raises :class:`TrainingFailed` when the loss is
    not finite.
    """
    with one_thread(seed):
        model.train()
        optimiser = _optimiser(model, settings)
        batches = _batches(examples, settings, seed)
        losses: list[float] = []
        reached = False
        end = settings.steps + (settings.cooldown or 0) if bar else settings.steps
        while len(losses) < end:
            step = len(losses)
            for group in optimiser.param_groups:
                group["lr"] = rate(step, settings, end)
            losses.append(_step(model, optimiser, next(batches), step, settings.per_example))
            if (
                bar
                and not reached
                and len(losses) % settings.check_every == 0
                and len(losses) < settings.steps
            ):
                reached = bar()
                model.train()
                if reached:
                    end = len(losses) + (settings.cooldown or 0)
        model.eval()
        return Trained(len(losses), tuple(losses), bar is None or reached or bar())


def _optimiser(model: Any, settings: Settings) -> Any:
    import torch

    return torch.optim.AdamW(
        model.parameters(), lr=0.0, betas=(0.9, 0.98), weight_decay=settings.weight_decay, foreach=True
    )


def _batches(examples: Sequence[Example], settings: Settings, seed: int) -> Iterator[list[Row]]:
    rng = seeded(f"order {seed}")
    order = list(examples)
    rows: list[Row] = []
    while True:
        rng.shuffle(order)
        rows += pack(order, settings.row_length)
        while len(rows) >= settings.rows:
            yield rows[: settings.rows]
            del rows[: settings.rows]


def _step(model: Any, optimiser: Any, rows: Sequence[Row], step: int, per_example: bool) -> float:
    import torch

    loss = answer_loss(model, rows, per_example=per_example)
    value = float(loss.detach())
    if not math.isfinite(value):
        raise TrainingFailed(f"step {step}: the loss is {value}, expected a finite number. Lower the rate.")
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    return value


def answer_loss(model: Any, rows: Sequence[Row], *, per_example: bool = False) -> Any:
    """Mean cross-entropy in nats over the answer tokens of packed rows; prompts and padding carry none.

    With ``per_example`` it is the mean over examples of each one's mean.

    An example sees itself only: attention is causal within its segment. The output layer runs on the
    positions that carry loss alone, never on whole prompts.
    """
    import torch

    ids = torch.tensor([row.ids for row in rows])
    labels = torch.tensor([row.labels for row in rows])
    positions = torch.tensor([row.positions for row in rows])
    segments = torch.tensor([row.segments for row in rows])
    length = ids.shape[1]
    causal = torch.ones(length, length, dtype=torch.bool).tril()
    mask = (segments[:, None, :, None] == segments[:, None, None, :]) & causal
    hidden = model.model(
        input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=False
    ).last_hidden_state
    chosen = labels != IGNORED
    logits, wanted = model.lm_head(hidden[chosen]), labels[chosen]
    if not per_example:
        return torch.nn.functional.cross_entropy(logits, wanted)
    losses = torch.nn.functional.cross_entropy(logits, wanted, reduction="none")
    example = (segments + torch.arange(len(rows))[:, None] * (length + 1))[chosen]
    _, member, sizes = example.unique(return_inverse=True, return_counts=True)
    return (losses / sizes[member]).sum() / len(sizes)

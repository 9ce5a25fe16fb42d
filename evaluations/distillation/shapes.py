"""A fresh tiny Llama whose first head starts out looking at the token before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

ROPE_THETA: Final = 500.0
"""Prompts are short: slower rotations would waste most of a small head."""
_SHARPNESS: Final = 6.0


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of a model: ``width`` must be a multiple of ``heads``, and a head must have an even width."""

    width: int = 64
    layers: int = 2
    heads: int = 4


def new_model(tokenizer: Any, shape: Shape, *, seed: int, context: int = 512) -> Any:
    """A fresh ``LlamaForCausalLM`` in fp32 with tied embeddings, initialised from ``seed``.

    The first head of the first layer starts with biases that attend to the token before: copying, which
    needs such a head, then appears after hundreds of steps instead of thousands.
    """
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
        max_position_embeddings=context,
        rope_parameters={"rope_type": "default", "rope_theta": ROPE_THETA},
        attention_bias=True,
        tie_word_embeddings=True,
        initializer_range=0.04,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    model = LlamaForCausalLM(config)
    _look_one_back(model.model.layers[0].self_attn, shape.width // shape.heads)
    return model


def _look_one_back(attention: Any, width: int) -> None:
    """Set the biases of head 0 so that its score depends on the distance d alone and is highest at d = 1.

    A rotary embedding turns pair f of the query by f·i and of the key by f·j. With constant query (a, 0) and
    key (a cos f, a sin f) the score is a² Σ cos(f·(d − 1)).
    """
    import torch

    half = width // 2
    frequencies = ROPE_THETA ** (-torch.arange(half) * 2 / width)
    size = 0.5 * _SHARPNESS**0.5 * width**0.25
    with torch.no_grad():
        attention.q_proj.bias[:half] = size
        attention.q_proj.bias[half:width] = 0.0
        attention.k_proj.bias[:half] = size * frequencies.cos()
        attention.k_proj.bias[half:width] = size * frequencies.sin()

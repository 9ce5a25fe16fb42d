"""A real causal language model of a few thousand parameters, with random weights, made on the spot."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

CHAT_TEMPLATE = (
    "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}<end>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
TEXT = [
    "the quick brown fox jumps over the lazy dog",
    "pack my box with five dozen jugs",
    "0123456789 .,;:!?",
]


def torch_or_skip() -> Any:
    """The module torch; skips with a message where it is absent, fails under CI."""
    try:
        import torch
        import transformers  # noqa: F401
    except ImportError:
        message = "torch and transformers are not installed; run `make install-ml`"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return torch


def make_model(
    folder: Path, *, seed: int = 0, context: int = 128, chat_template: str = "", **config: Any
) -> Path:
    """Saves a two-layer Llama with its byte-level tokenizer into ``folder`` through ``save_pretrained``."""
    torch = torch_or_skip()
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    bare = Tokenizer(models.BPE())
    bare.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bare.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    bare.train_from_iterator(
        TEXT,
        trainers.BpeTrainer(vocab_size=300, special_tokens=["<eos>", "<pad>"], initial_alphabet=alphabet),
    )
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bare, eos_token="<eos>", pad_token="<pad>")
    if chat_template:
        tokenizer.chat_template = chat_template
    torch.manual_seed(seed)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=context,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            initializer_range=0.3,
            **config,
        )
    )
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder

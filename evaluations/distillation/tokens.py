"""A byte-level BPE tokenizer of a few hundred tokens, and packing with the loss on answers only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

PAD, END = "<pad>", "<end>"
IGNORED = -100
"""The label of a position that carries no loss (the value that PyTorch's cross-entropy skips)."""


@dataclass(frozen=True, slots=True)
class Example:
    """One training pair as token ids. ``answer_ids`` ends with the end token."""

    prompt_ids: tuple[int, ...]
    answer_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One packed row. ``segments`` numbers the example of each position from 1, 0 is padding.

    ``labels[i]`` is the token that position ``i`` must predict, or ``IGNORED``; ``positions`` restart at 0
    with each example.
    """

    ids: tuple[int, ...]
    labels: tuple[int, ...]
    positions: tuple[int, ...]
    segments: tuple[int, ...]


def train_tokenizer(texts: Iterable[str], n_tokens: int) -> Any:
    """A fast tokenizer of at most ``n_tokens`` tokens (256 bytes and 2 special ones included).

    Digits stand alone, so that codes and amounts are copied digit by digit. Deterministic for the same texts.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=n_tokens,
        special_tokens=[PAD, END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=PAD, eos_token=END, padding_side="left", model_max_length=512
    )


def prompt_ids(tokenizer: Any, prompts: Sequence[str]) -> list[list[int]]:
    """Token ids of prompts as the engine asks them: through the chat template if there is one, else as text."""
    if tokenizer.chat_template:
        turns = [[{"role": "user", "content": text}] for text in prompts]
        texts = [
            tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True) for turn in turns
        ]
        return [list(ids) for ids in tokenizer(texts, add_special_tokens=False)["input_ids"]]
    return [list(ids) for ids in tokenizer(list(prompts), add_special_tokens=True)["input_ids"]]


def encode_pairs(
    tokenizer: Any, pairs: Sequence[tuple[str, str]], *, longest: int | None = None
) -> list[Example]:
    """Token ids of (prompt, answer) pairs; encoded apart, so that a prompt reads the same at run time.

    An example of more than ``longest`` tokens loses the beginning of its prompt; an answer that alone takes more
    than three quarters of it is cut and then carries no end token.
    """
    if not pairs:
        raise ValueError("no training pairs; expected at least one (prompt, answer)")
    prompts = prompt_ids(tokenizer, [prompt for prompt, _ in pairs])
    answers = tokenizer([answer for _, answer in pairs], add_special_tokens=False)["input_ids"]
    end = tokenizer.eos_token_id
    examples = [Example(tuple(p), (*a, end)) for p, a in zip(prompts, answers, strict=True)]
    return examples if longest is None else [_fitted(example, longest) for example in examples]


def _fitted(example: Example, longest: int) -> Example:
    if len(example.prompt_ids) + len(example.answer_ids) <= longest:
        return example
    answer = example.answer_ids[: max(1, 3 * longest // 4)]
    room = longest - len(answer)
    return Example(example.prompt_ids[-room:], answer)


def pack(examples: Sequence[Example], length: int) -> list[Row]:
    """Examples laid end to end into rows of ``length`` tokens, none cut in two; the rest of a row is padding.

    Raises ``ValueError`` for an example longer than a row.
    """
    rows: list[Row] = []
    waiting: list[Example] = []
    used = 0
    for number, example in enumerate(examples):
        size = len(example.prompt_ids) + len(example.answer_ids)
        if size > length:
            raise ValueError(f"example {number} has {size} tokens; a row holds {length}. Use a longer row.")
        if used + size > length:
            rows.append(_row(waiting, length))
            waiting, used = [], 0
        waiting.append(example)
        used += size
    if waiting:
        rows.append(_row(waiting, length))
    return rows


def _row(examples: Sequence[Example], length: int) -> Row:
    ids: list[int] = []
    labels: list[int] = []
    positions: list[int] = []
    segments: list[int] = []
    for segment, example in enumerate(examples, start=1):
        tokens = (*example.prompt_ids, *example.answer_ids)
        # Position i predicts token i + 1: the last prompt token predicts the first answer token.
        silent = len(example.prompt_ids) - 1
        ids += tokens
        labels += [IGNORED] * silent + list(example.answer_ids) + [IGNORED]
        positions += range(len(tokens))
        segments += [segment] * len(tokens)
    rest = length - len(ids)
    return Row(
        ids=(*ids, *[0] * rest),
        labels=(*labels, *[IGNORED] * rest),
        positions=(*positions, *[0] * rest),
        segments=(*segments, *[0] * rest),
    )

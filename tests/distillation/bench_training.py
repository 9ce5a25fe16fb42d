"""Training beside a bare PyTorch loop and transformers' Trainer: ``python -m tests.distillation.bench_training``.

All three take the same batches, made beforehand, with the same optimiser and learning rate, in turn, round after
round. Printed: the ratio of CPU seconds a round (bare loop ÷ ours, bare loop ÷ Trainer), median, lowest and highest.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from evaluations.distillation import bases
from evaluations.distillation.corpus import base_pairs, tokenizer_texts
from evaluations.distillation.domains import domains
from evaluations.distillation.losses import _Batch
from evaluations.distillation.settings import Settings
from evaluations.distillation.shapes import new_model
from evaluations.distillation.tokens import encode_pairs, train_tokenizer
from evaluations.distillation.training import TrainingRun, _batches

STEPS = 60
SETTINGS = Settings(steps=STEPS, learning_rate=1e-3, rows=8, row_length=192, warmup=1, cooldown=1)


def bare(model: Any, batches: list[Any]) -> None:
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.98), foreach=True)
    model.train()
    for batch in batches:
        hidden = model.base_model(
            input_ids=batch.ids, attention_mask=batch.mask, position_ids=batch.positions, use_cache=False
        ).last_hidden_state
        loss = cross_entropy(model.lm_head(hidden[batch.chosen]), batch.wanted)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        float(loss.detach())


def ours(model: Any, examples: list[Any]) -> None:
    TrainingRun(model, examples, SETTINGS, seed=1).run()


def trainer(model: Any, batches: list[Any]) -> None:
    from transformers import Trainer, TrainingArguments

    class Same(Trainer):
        def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **rest: Any) -> Any:
            batch = inputs["batch"]
            return cross_entropy(batch.logits(model), batch.wanted)

    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder, per_device_train_batch_size=1, max_steps=STEPS, learning_rate=1e-3, report_to=[],
            save_strategy="no", logging_steps=1, disable_tqdm=True, remove_unused_columns=False, use_cpu=True,
            lr_scheduler_type="constant", adam_beta2=0.98,
        )  # fmt: skip
        made = Same(
            model,
            arguments,
            train_dataset=list(range(STEPS)),
            data_collator=lambda at: {"batch": batches[at[0]]},
        )
        made.log = lambda *args, **kwargs: None
        made.train()


def spent(act: Callable[..., None], *given: Any) -> float:
    began = time.process_time()
    act(*given)
    return time.process_time() - began


def main(rounds: int) -> None:
    torch.set_num_threads(1)
    domain = domains.get("tickets")
    tokenizer = train_tokenizer(tokenizer_texts(domain, 500, seed=1), 640)
    examples = encode_pairs(tokenizer, base_pairs(domain, 2000, seed=1))
    stream = _batches(examples, SETTINGS, 1)
    batches = [_Batch(next(stream), "cpu") for _ in range(STEPS)]
    ratios: dict[str, list[float]] = {"ours": [], "Trainer": []}
    for number in range(rounds + 1):
        models = [new_model(tokenizer, bases.SHAPE, seed=1) for _ in range(3)]
        plain = spent(bare, models[0], batches)
        mine = spent(ours, models[1], examples)
        theirs = spent(trainer, models[2], batches)
        if number:
            ratios["ours"].append(plain / mine)
            ratios["Trainer"].append(plain / theirs)
    for name, found in ratios.items():
        print(
            f"bare loop / {name}: median {statistics.median(found):.3f} "
            f"({min(found):.3f} to {max(found):.3f}), {rounds} rounds of {STEPS} steps"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)

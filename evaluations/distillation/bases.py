"""A tiny base of our own: a tokenizer and a model that can repeat and knows no task.

It learns to repeat scraps of the texts it is given, so that a student of it can copy names and numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from evaluations.distillation import folders
from evaluations.distillation.closeness import agreement
from evaluations.distillation.recipe import Pair
from evaluations.distillation.seeds import seeded
from evaluations.distillation.settings import Settings
from evaluations.distillation.shapes import Shape, new_model
from evaluations.distillation.tokens import encode_pairs, train_tokenizer
from evaluations.distillation.training import Progress, TrainingRun, never
from evaluations.records import digest

TOKENS: Final = 1500
SHAPE: Final = Shape(width=96, layers=2, heads=4)
SETTINGS: Final = Settings(
    steps=900, learning_rate=0.012, rows=6, row_length=192, optimiser="muon", check_every=100
)
N_PAIRS: Final = 8000
N_ASKED: Final = 40
CONTEXT: Final = 1024


def scraps(texts: Sequence[str], n: int, *, seed: int) -> list[Pair]:
    """``n`` pairs that repeat 6 to 19 words of the texts in no order, some run together, so that only copying helps."""
    words = sorted({word for text in texts for word in re.findall(r"\w+|[^\w\s]", text)}) or ["a", "b"]
    rng = seeded(f"scraps {seed}")
    pairs = []
    for _ in range(n):
        drawn = rng.choices(words, k=rng.randrange(6, 20))
        text = " " + "".join(word[:12] + rng.choice((" ", "")) for word in drawn)
        pairs.append((f"Repeat:{text}\nAnswer:", text))
    return pairs


def train_tiny_base(
    prompts: Sequence[str],
    answers: Sequence[str],
    folder: Path,
    checkpoint: Path,
    *,
    seed: int,
    settings: Settings = SETTINGS,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] = never,
) -> dict[str, Any] | None:
    """Train a tokenizer on the texts and a base that repeats them; its card, or ``None`` where it was stopped.

    A stopped base goes on from its checkpoint with the same bits. ``repeats`` in the card: closeness in [0, 1]
    of what it repeats to 40 lines that it has not seen.
    """
    tokenizer = train_tokenizer([*prompts, *answers], TOKENS)
    model = new_model(tokenizer, SHAPE, seed=seed, context=CONTEXT)
    pairs = scraps([*prompts, *answers], N_PAIRS + N_ASKED, seed=seed)
    examples = encode_pairs(tokenizer, pairs[:N_PAIRS], longest=settings.row_length)
    run = TrainingRun(model, examples, settings, seed=seed)
    run.restore(checkpoint)
    try:
        finished = run.run(should_stop=should_stop, on_progress=on_progress)
    finally:
        run.save(checkpoint)
    if not finished:
        return None
    card = {
        "kind": "base",
        "seed": seed,
        "data_hash": digest([list(pair) for pair in pairs]),
        "parameters": model.num_parameters(),
        "steps": len(run.losses),
        "cpu_seconds": round(run.cpu_seconds, 1),
        "repeats": round(agreement(model, tokenizer, pairs[N_PAIRS:]).value, 3),
    }
    folders.save(model, tokenizer, folder, card)
    checkpoint.unlink(missing_ok=True)
    return card

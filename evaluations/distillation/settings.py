"""How long, how fast and with which optimiser a model is trained."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

OPTIMISERS: Final = ("adamw", "muon")
_ADAM_BETAS: Final = (0.9, 0.98)


@dataclass(frozen=True, slots=True)
class Settings:
    """How long and how fast to train.

    ``steps`` optimiser steps of ``rows`` packed rows of ``row_length`` tokens. The learning rate rises
    linearly over ``warmup`` steps to ``learning_rate`` and falls to a twentieth of it along a cosine over the
    last ``cooldown`` steps (all that follow the warm-up, where it is ``None``). ``per_example`` weighs examples
    alike, so that a label of one token counts as much as a long reply; otherwise tokens are weighed alike.

    ``optimiser``: ``adamw``, or ``muon`` for the matrices of the layers and AdamW for everything else.
    ``held_out``: share of the pairs kept for the held-out loss, looked at every ``check_every`` steps; after
    ``patience`` looks without an improvement the run stops and the best weights are kept (0: never).
    ``temperature``: of the teacher's distribution where its logits are learnt.
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
    optimiser: str = "adamw"
    held_out: float = 0.0
    patience: int = 0
    temperature: float = 1.0

    def __post_init__(self) -> None:
        if self.optimiser not in OPTIMISERS:
            raise ValueError(f"optimiser {self.optimiser!r}; expected one of {', '.join(OPTIMISERS)}")
        if self.steps < 1 or self.rows < 1 or self.row_length < 2:
            raise ValueError(
                f"{self.steps} steps of {self.rows} rows of {self.row_length} tokens; expected at least 1, 1 and 2"
            )


def rate(step: int, settings: Settings, end: int) -> float:
    """The learning rate at ``step`` (from 0) of a run that ends after ``end`` steps."""
    if step < settings.warmup:
        return settings.learning_rate * (step + 1) / settings.warmup
    cooldown = settings.cooldown if settings.cooldown is not None else end - settings.warmup
    done = max(0.0, 1 - (end - step) / max(1, cooldown))
    return settings.learning_rate * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * done)))


class Optimiser:
    """One or two PyTorch optimisers that step together at one learning rate."""

    def __init__(self, model: Any, settings: Settings) -> None:
        import torch

        decay = settings.weight_decay
        matrices, others = _split(model) if settings.optimiser == "muon" else ([], list(model.parameters()))
        self.parts = [torch.optim.AdamW(others, lr=0.0, betas=_ADAM_BETAS, weight_decay=decay, foreach=True)]
        if matrices:
            # Scaled so that both move by about the same root mean square at one learning rate.
            self.parts.append(
                torch.optim.Muon(matrices, lr=0.0, weight_decay=decay, adjust_lr_fn="match_rms_adamw")
            )

    def step(self, rate: float) -> None:
        """Move the weights along their gradients and forget the gradients."""
        for part in self.parts:
            for group in part.param_groups:
                group["lr"] = rate
            part.step()
            part.zero_grad(set_to_none=True)

    def state(self) -> list[dict[str, Any]]:
        """The state of every part, for a checkpoint."""
        return [part.state_dict() for part in self.parts]

    def restore(self, state: list[dict[str, Any]]) -> None:
        """Continue from the state of a checkpoint."""
        for part, saved in zip(self.parts, state, strict=True):
            part.load_state_dict(saved)


def _split(model: Any) -> tuple[list[Any], list[Any]]:
    """The matrices inside the layers, and all other weights (embeddings, output, norms, biases)."""
    embeddings = {id(model.get_input_embeddings().weight), id(model.get_output_embeddings().weight)}
    matrices = [p for p in model.parameters() if p.ndim == 2 and id(p) not in embeddings]
    inside = {id(p) for p in matrices}
    return matrices, [p for p in model.parameters() if id(p) not in inside]

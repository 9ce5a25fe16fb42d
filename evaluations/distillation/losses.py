"""What a student is trained on: the teacher's answers, or the teacher's distribution over each answer token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from evaluations.distillation.tokens import IGNORED, Row


class Objective(Protocol):
    """The loss of a model on packed rows, in nats; a scalar tensor that can be differentiated."""

    def __call__(self, model: Any, rows: Sequence[Row]) -> Any: ...


@dataclass(frozen=True)
class AnswerLoss:
    """Cross-entropy of the given answers: sequence-level distillation (Kim and Rush, 2016).

    L = −mean over answer tokens of ln p_S(y_t | x, y_<t). With ``per_example`` the mean over examples of each
    one's mean, so that a label of one token counts as much as a long reply.
    """

    per_example: bool = False

    def __call__(self, model: Any, rows: Sequence[Row]) -> Any:
        return answer_loss(model, rows, per_example=self.per_example)


@dataclass(frozen=True)
class LogitLoss:
    """Divergence from the teacher's distribution at the answer tokens (Hinton, Vinyals and Dean, 2015).

    L = τ² · mean over answer tokens of KL(softmax(z_T / τ) ‖ softmax(z_S / τ)), ≥ 0, in nats. ``teacher`` must
    share the student's tokenizer; it is never trained. ``temperature`` τ > 0.
    """

    teacher: Any
    temperature: float = 1.0
    per_example: bool = False

    def __call__(self, model: Any, rows: Sequence[Row]) -> Any:
        import torch
        from torch.nn.functional import kl_div

        batch = _Batch(rows, _device(model))
        with torch.no_grad():
            wanted = (batch.logits(self.teacher) / self.temperature).log_softmax(-1)
        given = (batch.logits(model) / self.temperature).log_softmax(-1)
        each = kl_div(given, wanted, log_target=True, reduction="none").sum(-1)
        return self.temperature**2 * batch.mean(each, self.per_example)


def answer_loss(model: Any, rows: Sequence[Row], *, per_example: bool = False) -> Any:
    """Mean cross-entropy in nats over the answer tokens of packed rows; prompts and padding carry none.

    With ``per_example`` it is the mean over examples of each one's mean.
    """
    from torch.nn.functional import cross_entropy

    batch = _Batch(rows, _device(model))
    logits = batch.logits(model)
    if not per_example:
        return cross_entropy(logits, batch.wanted)
    return batch.mean(cross_entropy(logits, batch.wanted, reduction="none"), per_example=True)


def _device(model: Any) -> Any:
    return next(model.parameters()).device


class _Batch:
    """Packed rows as tensors on one device.

    An example sees itself only: attention is causal within its segment. The output layer runs on the
    positions that carry loss alone, never on whole prompts.
    """

    def __init__(self, rows: Sequence[Row], device: Any) -> None:
        import torch

        self.ids = torch.tensor([row.ids for row in rows]).to(device)
        labels = torch.tensor([row.labels for row in rows]).to(device)
        self.positions = torch.tensor([row.positions for row in rows]).to(device)
        segments = torch.tensor([row.segments for row in rows]).to(device)
        length = self.ids.shape[1]
        causal = torch.ones(length, length, dtype=torch.bool, device=device).tril()
        self.mask = (segments[:, None, :, None] == segments[:, None, None, :]) & causal
        self.chosen = labels != IGNORED
        self.wanted = labels[self.chosen]
        numbered = segments + torch.arange(len(rows), device=device)[:, None] * (length + 1)
        self.example = numbered[self.chosen]

    def logits(self, model: Any) -> Any:
        """Scores [answer tokens × vocabulary] of the tokens that follow each position with loss."""
        hidden = model.base_model(
            input_ids=self.ids, attention_mask=self.mask, position_ids=self.positions, use_cache=False
        ).last_hidden_state
        return model.get_output_embeddings()(hidden[self.chosen])

    def mean(self, each: Any, per_example: bool) -> Any:
        """Mean over answer tokens, or over examples of each one's mean."""
        if not per_example:
            return each.mean()
        _, member, sizes = self.example.unique(return_inverse=True, return_counts=True)
        return (each / sizes[member]).sum() / len(sizes)

"""Train a causal language model on (prompt, answer) pairs: visible loss, the same bits every time.

A run may stop after any step, write a checkpoint and go on later, in another process, with the same bits.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluations.distillation.losses import AnswerLoss, Objective
from evaluations.distillation.seeds import seeded
from evaluations.distillation.settings import Optimiser, Settings, rate
from evaluations.distillation.tokens import Example, Row, pack
from evaluations.records import digest, to_json

HELD_OUT_ROWS = 32
LEAST_GAIN = 1e-4
"""A held-out loss must fall by this many nats to count as an improvement."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands after a step. ``loss`` in nats an answer token."""

    step: int
    steps: int
    loss: float
    held_out_loss: float | None = None


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training run did. ``losses``: mean loss per answer token of every step.

    ``held_out_losses``: (steps done, loss on the held-out part). ``kept_step``: the step whose weights were kept.
    """

    steps: int
    losses: tuple[float, ...]
    bar_reached: bool
    held_out_losses: tuple[tuple[int, float], ...] = ()
    kept_step: int = 0
    cpu_seconds: float = 0.0


class TrainingFailed(RuntimeError):
    """Training could not finish; the message says where, what was found and what to do."""


def never() -> bool:
    """The question "should the run stop?" answered with no."""
    return False


@contextmanager
def one_thread(seed: int) -> Iterator[None]:
    """Run PyTorch on one thread with deterministic kernels: the same bits on the same machine type."""
    import torch

    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    # A kernel of a GPU without a deterministic form warns and runs.
    torch.use_deterministic_algorithms(True, warn_only=torch.cuda.is_available())
    torch.manual_seed(seed)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(deterministic)
        torch.set_num_threads(threads)


class TrainingRun:
    """One run over ``examples``, reshuffled and repacked each pass from ``seed``.

    ``held_out`` examples carry the held-out loss. With ``bar`` the run looks every ``check_every`` steps whether
    it is reached; then only the cooldown is left, and ``steps`` is the most that is spent before it.
    """

    def __init__(
        self,
        model: Any,
        examples: Sequence[Example],
        settings: Settings,
        *,
        seed: int,
        objective: Objective | None = None,
        held_out: Sequence[Example] = (),
        bar: Callable[[], bool] | None = None,
    ) -> None:
        self.model, self.settings, self.seed, self.bar = model, settings, seed, bar
        self.objective = objective or AnswerLoss(settings.per_example)
        self.examples = list(examples)
        self.held_out = pack(held_out, settings.row_length)[:HELD_OUT_ROWS] if held_out else []
        self.optimiser = Optimiser(model, settings)
        self.losses: list[float] = []
        self.held_out_losses: list[tuple[int, float]] = []
        self.best: tuple[int, float] | None = None
        self.best_weights: dict[str, Any] = {}
        self.reached = False
        self.end = settings.steps + (settings.cooldown or 0) if bar else settings.steps
        self.cpu_seconds = 0.0

    def fingerprint(self) -> str:
        """Digest of what decides every bit of the run: its data, settings and seed."""
        data = hashlib.sha256(
            repr([(e.prompt_ids, e.answer_ids) for e in self.examples]).encode()
        ).hexdigest()
        return digest({"data": data, "settings": to_json(self.settings), "seed": self.seed})

    def run(
        self,
        *,
        should_stop: Callable[[], bool] = never,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> bool:
        """Train to the end, or until ``should_stop`` says so between two steps; true at the end.

        Raises :class:`TrainingFailed` when the loss is not finite; the weights are then those before that step.
        """
        began = time.process_time()
        with one_thread(self.seed):
            self.model.train()
            batches = _batches(self.examples, self.settings, self.seed, skip=len(self.losses))
            while len(self.losses) < self.end:
                if should_stop():
                    self.cpu_seconds += time.process_time() - began
                    return False
                self._step(next(batches))
                seen = self._look()
                if on_progress:
                    on_progress(Progress(len(self.losses), self.end, self.losses[-1], seen))
            self._keep_best()
            self.model.eval()
        self.cpu_seconds += time.process_time() - began
        return True

    def _step(self, rows: Sequence[Row]) -> None:
        import torch

        step = len(self.losses)
        # A seed for each step: dropout of a run that was stopped goes on as if it had not been.
        torch.manual_seed(self.seed * 1_000_003 + step)
        loss = self.objective(self.model, rows)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise TrainingFailed(
                f"Step {step}: the loss is {value}, expected a finite number. Lower the learning rate."
            )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step(rate(step, self.settings, self.end))
        self.losses.append(value)

    def _look(self) -> float | None:
        """Every ``check_every`` steps: the bar, the held-out loss, and whether to end early."""
        done = len(self.losses)
        if done % self.settings.check_every and done != self.end:
            return None
        if self.bar and not self.reached and done < self.settings.steps and self.bar():
            self.reached = True
            self.end = done + (self.settings.cooldown or 0)
        seen = self._held_out_loss() if self.held_out else None
        self.model.train()
        if seen is not None:
            self._judge(done, seen)
        return seen

    def _held_out_loss(self) -> float:
        import torch

        self.model.eval()
        with torch.no_grad():
            return float(AnswerLoss(self.settings.per_example)(self.model, self.held_out))

    def _judge(self, done: int, seen: float) -> None:
        if not math.isfinite(seen):
            raise TrainingFailed(
                f"Step {done}: the held-out loss is {seen}, expected a finite number. Lower the rate."
            )
        self.held_out_losses.append((done, seen))
        if not self.settings.patience:
            return
        if self.best is None or seen < self.best[1] - LEAST_GAIN:
            self.best = (done, seen)
            self.best_weights = {name: t.detach().clone() for name, t in self.model.state_dict().items()}
        stale = sum(step > self.best[0] for step, _ in self.held_out_losses)
        if stale >= self.settings.patience:
            self.end = done

    def _keep_best(self) -> None:
        if self.best and self.held_out_losses[-1][1] > self.best[1]:
            self.model.load_state_dict(self.best_weights)

    def result(self) -> Trained:
        """What the run did so far."""
        kept = self.best[0] if self.best else len(self.losses)
        return Trained(
            steps=len(self.losses),
            losses=tuple(self.losses),
            bar_reached=self.bar is None or self.reached or self.bar(),
            held_out_losses=tuple(self.held_out_losses),
            kept_step=kept,
            cpu_seconds=self.cpu_seconds,
        )

    def save(self, path: Path) -> None:
        """Write a checkpoint; a crash while writing leaves the one before."""
        import torch

        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        torch.save(self._state(), part)
        part.replace(path)

    def _state(self) -> dict[str, Any]:
        return {
            "fingerprint": self.fingerprint(),
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state(),
            "losses": self.losses,
            "held_out_losses": self.held_out_losses,
            "best": self.best,
            "best_weights": self.best_weights,
            "reached": self.reached,
            "end": self.end,
            "cpu_seconds": self.cpu_seconds,
        }

    def restore(self, path: Path) -> bool:
        """Go on from a checkpoint of this very run; false where there is none, or one of another run."""
        import torch

        if not path.exists():
            return False
        saved = torch.load(path, map_location=next(self.model.parameters()).device, weights_only=True)
        if saved["fingerprint"] != self.fingerprint():
            return False
        self.model.load_state_dict(saved["model"])
        self.optimiser.restore(saved["optimiser"])
        for name in ("losses", "held_out_losses", "best", "best_weights", "reached", "end", "cpu_seconds"):
            setattr(self, name, saved[name])
        return True


def train(
    model: Any,
    examples: Sequence[Example],
    settings: Settings,
    *,
    seed: int,
    objective: Objective | None = None,
    held_out: Sequence[Example] = (),
    bar: Callable[[], bool] | None = None,
) -> Trained:
    """Train ``model`` in place in one go: a :class:`TrainingRun` that nobody stops."""
    run = TrainingRun(model, examples, settings, seed=seed, objective=objective, held_out=held_out, bar=bar)
    run.run()
    return run.result()


def _batches(
    examples: Sequence[Example], settings: Settings, seed: int, *, skip: int = 0
) -> Iterator[list[Row]]:
    """Endless batches of packed rows, without the first ``skip``."""
    rng = seeded(f"order {seed}")
    order = list(examples)
    rows: list[Row] = []
    while True:
        rng.shuffle(order)
        rows += pack(order, settings.row_length)
        while len(rows) >= settings.rows:
            if skip:
                skip -= 1
            else:
                yield rows[: settings.rows]
            del rows[: settings.rows]

"""Batched generation whose texts do not depend on the batch: greedy, or sampled with a seed a request.

torch and transformers are imported inside the functions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from evaluations.inference.backend import Request
from evaluations.inference.local_model import LocalModel
from evaluations.records import Completion, Decoding, ErrorClass, Usage


@dataclass(frozen=True, slots=True)
class Prompt:
    """One request with its token ids and how many new tokens fit behind them."""

    request: Request
    ids: tuple[int, ...]
    budget: int


def batches(prompts: Sequence[Prompt], size: int) -> Iterator[tuple[Prompt, ...]]:
    """Batches of at most ``size``, longest prompts first, one token budget a batch.

    Longest first: the batch that may exceed the memory is met at once, and little is padded.
    """
    ordered = sorted(prompts, key=lambda prompt: (-prompt.budget, -len(prompt.ids)))
    batch: list[Prompt] = []
    for prompt in ordered:
        if batch and (len(batch) == size or batch[0].budget != prompt.budget):
            yield tuple(batch)
            batch = []
        batch.append(prompt)
    if batch:
        yield tuple(batch)


def generate(
    local: LocalModel,
    prompts: Sequence[Prompt],
    decoding: Decoding,
    batch_size: int,
    should_stop: Callable[[], bool],
) -> Iterator[Completion]:
    """One completion a prompt, batch by batch. A batch that is interrupted by ``should_stop`` yields nothing.

    When the memory does not hold a batch it is halved, down to one prompt, which then ends in a typed error.
    ``should_stop`` is called after every token, so it must be cheap.
    """
    waiting = list(batches(prompts, min(batch_size, local.batch_limit)))[::-1]
    while waiting:
        batch = waiting.pop()
        if should_stop():
            return
        if len(batch) > local.batch_limit:
            middle = len(batch) // 2
            waiting += [batch[middle:], batch[:middle]]
            continue
        completions, fits = _try_batch(local, batch, decoding, should_stop)
        if fits:
            if completions is None:
                return
            yield from completions
        elif len(batch) == 1:
            yield _out_of_memory(local, batch[0])
        else:
            local.batch_limit = max(1, len(batch) // 2)
            waiting.append(batch)


def _try_batch(
    local: LocalModel, batch: tuple[Prompt, ...], decoding: Decoding, should_stop: Callable[[], bool]
) -> tuple[list[Completion] | None, bool]:
    """The completions (``None``: interrupted) and whether the memory held the batch."""
    import torch

    try:
        return _run_batch(local, batch, decoding, should_stop), True
    except torch.OutOfMemoryError:
        pass
    except RuntimeError as error:
        if "allocate memory" not in str(error) and "enough memory" not in str(error):
            raise
    # Outside of the handler, so that the traceback no longer holds the tensors of the failed batch.
    if local.device == "cuda":
        torch.cuda.empty_cache()
    return None, False


def _run_batch(
    local: LocalModel, batch: tuple[Prompt, ...], decoding: Decoding, should_stop: Callable[[], bool]
) -> list[Completion] | None:
    import torch
    from transformers import LogitsProcessorList, StoppingCriteriaList

    width = max(len(prompt.ids) for prompt in batch)
    ids = torch.full((len(batch), width), local.pad_id, dtype=torch.long)
    mask = torch.zeros((len(batch), width), dtype=torch.long)
    for row, prompt in enumerate(batch):
        ids[row, width - len(prompt.ids) :] = torch.tensor(prompt.ids, dtype=torch.long)
        mask[row, width - len(prompt.ids) :] = 1
    watch = _Watch(local, decoding.stop, width, len(batch), should_stop)
    seeds = [prompt.request.seed for prompt in batch]
    noise = [_seeded_sampling(seeds, decoding.temperature)] if decoding.temperature > 0 else []
    started = time.perf_counter()
    with torch.inference_mode():
        output = local.model.generate(
            input_ids=ids.to(local.device),
            attention_mask=mask.to(local.device),
            max_new_tokens=batch[0].budget,
            do_sample=False,
            logits_processor=LogitsProcessorList(noise),
            stopping_criteria=StoppingCriteriaList([watch]),
        )
    latency_ms = (time.perf_counter() - started) * 1000
    if watch.interrupted:
        return None
    rows = output[:, width:].tolist()
    return [
        _completion(local, prompt, tokens, watch.lengths[row], decoding.stop, latency_ms)
        for row, (prompt, tokens) in enumerate(zip(batch, rows, strict=True))
    ]


def _seeded_sampling(seeds: Sequence[int], temperature: float) -> Callable[[Any, Any], Any]:
    """Turns the following argmax into a draw from softmax(logits / temperature), one stream of noise a row.

    Gumbel-max: argmax(logits / T − log E) with E exponential of rate 1 is such a draw (Gumbel 1954; Maddison et
    al. 2014). The noise of a row comes from its own seed, so a neighbour changes nothing.
    """
    import torch

    streams = [torch.Generator().manual_seed(seed) for seed in seeds]

    def add_noise(input_ids: Any, scores: Any) -> Any:
        noise = torch.empty(scores.shape, dtype=torch.float32)
        for row, stream in enumerate(streams):
            noise[row].exponential_(generator=stream).clamp_min_(torch.finfo(torch.float32).tiny)
        return scores.float() / temperature - noise.log_().to(scores.device)

    return add_noise


class _Watch:
    """Called after every token: ends a row at a stop text, and the whole batch when the caller wants to stop."""

    def __init__(
        self, local: LocalModel, stop: Sequence[str], width: int, rows: int, should_stop: Callable[[], bool]
    ) -> None:
        self.lengths: list[int | None] = [None] * rows
        self.interrupted = False
        self._local = local
        self._stop = tuple(text for text in stop if text)
        # A token is at least one byte of the text, so these last tokens hold the longest stop text.
        self._tail = max((len(text.encode("utf-8", "surrogatepass")) for text in self._stop), default=0) + 4
        self._width = width
        self._should_stop = should_stop

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        import torch

        self.interrupted = self.interrupted or self._should_stop()
        done = torch.full((input_ids.shape[0],), self.interrupted, dtype=torch.bool, device=input_ids.device)
        if self._stop:
            new = input_ids.shape[1] - self._width
            tails = input_ids[:, -min(self._tail, new) :].tolist()
            for row, text in enumerate(self._local.tokenizer.batch_decode(tails, skip_special_tokens=True)):
                if self.lengths[row] is None and any(stop in text for stop in self._stop):
                    self.lengths[row] = new
                if self.lengths[row] is not None:
                    done[row] = True
        return done


def _completion(
    local: LocalModel,
    prompt: Prompt,
    tokens: list[int],
    stopped_at: int | None,
    stop: Sequence[str],
    latency_ms: float,
) -> Completion:
    """``latency_ms`` is the time of the whole batch: that long it took until this answer was there."""
    ended = next((place for place, token in enumerate(tokens) if token in local.eos_ids), None)
    kept = tokens if ended is None else tokens[:ended]
    counted = len(tokens) if ended is None else ended + 1
    if stopped_at is not None and stopped_at <= counted:
        kept, counted = tokens[:stopped_at], stopped_at
    text = local.tokenizer.decode(kept, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    cuts = [place for place in (text.find(word) for word in stop if word) if place >= 0]
    finished = ended is not None or stopped_at is not None or bool(cuts)
    return Completion(
        sample_id=prompt.request.sample_id,
        sample_index=prompt.request.sample_index,
        text=text[: min(cuts)] if cuts else text,
        usage=Usage(len(prompt.ids), counted),
        latency_ms=latency_ms,
        finish_reason="stop" if finished else "length",
        model_reported=local.name,
        fingerprint=f"{local.dtype} {local.device}",
    )


def _out_of_memory(local: LocalModel, prompt: Prompt) -> Completion:
    return Completion(
        prompt.request.sample_id,
        "",
        prompt.request.sample_index,
        error=ErrorClass.OUT_OF_MEMORY.value,
        error_detail=f"sample {prompt.request.sample_id!r}: {len(prompt.ids)} prompt tokens and {prompt.budget} new "
        f"ones do not fit into the memory of {local.device}, even alone. Use a machine with more, or fewer new tokens",
    )

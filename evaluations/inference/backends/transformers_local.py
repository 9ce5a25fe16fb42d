"""Hugging Face folders on this machine, on CPU or CUDA, without any code of theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from evaluations.inference import settings as read
from evaluations.inference.backend import BackendError, CheckReport, Request, RunContext, seldom
from evaluations.inference.generation import Prompt, generate
from evaluations.inference.local_model import (
    DTYPES,
    LocalModel,
    PromptError,
    import_torch,
    load,
    pick_device,
)
from evaluations.inference.preflight import check_folder
from evaluations.records import Completion, Decoding, ErrorClass

DEVICES: Final = ("auto", "cpu", "cuda")


class TransformersLocal:
    """Settings: ``folder`` (absolute, under a model root), ``dtype`` (float32, bfloat16, float16), ``batch_size``
    (1 to 256, default 16), ``device`` (auto, cpu, cuda; auto is the context's), ``system_prompt``.

    The pre-flight check needs no torch; running needs the extra ``[ml]``.
    """

    kind = "transformers_local"
    queue = "gpu"
    sends_data = False

    def check(self, settings: Mapping[str, Any], context: RunContext) -> CheckReport:
        try:
            folder, dtype, device, _, _ = _read(settings, context)
        except BackendError as error:
            return CheckReport(False, (error.message,))
        report = check_folder(folder, context.model_roots)
        facts = {**report.facts, "Run in": dtype}
        try:
            facts["Device"] = pick_device(device)
        except BackendError as error:
            facts["Device"] = error.message
        return CheckReport(report.ok, report.problems, facts)

    def stream(
        self,
        settings: Mapping[str, Any],
        requests: Sequence[Request],
        decoding: Decoding,
        context: RunContext,
    ) -> Iterator[Completion]:
        folder, dtype, device, batch_size, system_prompt = _read(settings, context)
        import_torch()
        should_stop = seldom(context.should_stop)
        if should_stop():
            return
        local = load(folder, context.model_roots, dtype=dtype, device=device, threads=context.threads)
        prompts: list[Prompt] = []
        for request in requests:
            if should_stop():
                return
            prompt = _prompt(local, request, system_prompt, decoding)
            if isinstance(prompt, Completion):
                yield prompt
            else:
                prompts.append(prompt)
        yield from generate(local, prompts, decoding, batch_size, should_stop)


def _read(settings: Mapping[str, Any], context: RunContext) -> tuple[str, str, str, int, str]:
    device = read.choice(settings, "device", DEVICES, "auto")
    return (
        read.text(settings, "folder"),
        read.choice(settings, "dtype", DTYPES, "float32"),
        context.device if device == "auto" else device,
        read.whole(settings, "batch_size", 16, 1, 256),
        read.text(settings, "system_prompt", ""),
    )


def _prompt(
    local: LocalModel, request: Request, system_prompt: str, decoding: Decoding
) -> Prompt | Completion:
    """The prompt ready to run, or the typed error of a sample that cannot be asked."""
    try:
        ids = local.prompt_ids(request, system_prompt)
    except PromptError as error:
        return _refused(request, ErrorClass.BAD_RESPONSE, f"{error}. Check the turns of this sample")
    room = decoding.max_new_tokens if local.context is None else local.context - len(ids)
    if room < 1:
        return _refused(
            request,
            ErrorClass.TOO_LONG,
            f"{len(ids):,} prompt tokens, the model's context holds {local.context:,}; expected at least one token "
            "less. Shorten the sample or leave it out",
        )
    return Prompt(request, tuple(ids), min(decoding.max_new_tokens, room))


def _refused(request: Request, error: ErrorClass, detail: str) -> Completion:
    detail = f"sample {request.sample_id!r}: {detail}"
    return Completion(request.sample_id, "", request.sample_index, error=error.value, error_detail=detail)


BACKEND = TransformersLocal()

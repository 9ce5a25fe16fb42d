"""Recorded outputs as a backend: the same audit without a key, a GPU or a network."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluations.inference import settings as read
from evaluations.inference.backend import BackendError, CheckReport, Request, RunContext, seldom
from evaluations.inference.recording_formats import READERS, RecordingError
from evaluations.inference.recordings import Recording, read_recording
from evaluations.records import Completion, Decoding, ErrorClass


class Recorded:
    """Settings: ``file`` (absolute path); ``format`` (``jsonl``, ``csv``, ``json``; absent: found by itself).

    An empty output is an answer. A sample without a row gets a completion with error ``missing``.
    """

    kind = "recorded"
    queue = "cpu"
    sends_data = False
    decodes = False
    unit_samples = 5000

    def check(self, settings: Mapping[str, Any], context: RunContext) -> CheckReport:
        try:
            recording = _open(settings)
        except BackendError as error:
            return CheckReport(False, (error.message,))
        facts = {"Format": recording.format, "Rows": f"{recording.n_rows:,}"}
        if recording.empty_lines:
            shown = ", ".join(str(line) for line in recording.empty_lines[:10])
            more = ", …" if len(recording.empty_lines) > 10 else ""
            facts["Empty outputs"] = f"{len(recording.empty_lines):,} ({recording.unit} {shown}{more})"
        problems = recording.errors
        return CheckReport(not problems, problems, facts)

    def stream(
        self,
        settings: Mapping[str, Any],
        requests: Sequence[Request],
        decoding: Decoding,
        context: RunContext,
    ) -> Iterator[Completion]:
        recording = _open(settings)
        if problems := recording.errors:
            name = Path(settings["file"]).name
            raise BackendError(
                ErrorClass.BAD_RESPONSE, f"{name}: {problems[0]} ({len(problems)} such problems in all)"
            )
        should_stop = seldom(context.should_stop)
        for request in requests:
            if should_stop():
                return
            yield _answer(recording, request)


def _open(settings: Mapping[str, Any]) -> Recording:
    path = Path(read.text(settings, "file"))
    format = settings.get("format") or ""
    if not path.is_absolute():
        raise read.refuse("file", str(path), "an absolute path")
    if format and format not in READERS:
        raise read.refuse("format", format, "one of " + ", ".join(READERS))
    try:
        return read_recording(path, format)
    except RecordingError as error:
        raise BackendError(ErrorClass.MISSING, str(error)) from None


def _answer(recording: Recording, request: Request) -> Completion:
    row, why = recording.find(request.sample_id, request.sample_index, request.input_text)
    if row is not None:
        return dataclasses.replace(
            row.completion, sample_id=request.sample_id, sample_index=request.sample_index
        )
    found = "a row with this id but another input" if why == "other_input" else "no row with this id or input"
    return Completion(
        sample_id=request.sample_id,
        text="",
        sample_index=request.sample_index,
        error=ErrorClass.MISSING.value,
        error_detail=f"recorded outputs: found {found} for sample {request.sample_id!r}, "
        f"expected one with sample_index {request.sample_index}",
    )


BACKEND = Recorded()

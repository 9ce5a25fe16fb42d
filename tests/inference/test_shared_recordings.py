"""Recorded outputs of real models, as they come."""

from __future__ import annotations

import json

from evaluations.inference.backend import RunContext, backends, plan_requests
from evaluations.inference.recordings import index_recording
from evaluations.records import Decoding, Sample
from tests.shared_data import shared_path


def test_the_outputs_of_a_real_model_fit_their_prompts() -> None:
    panel = shared_path("panels/alpaca_dev")
    rows = [json.loads(line) for line in (panel / "prompts.jsonl").read_text(encoding="utf-8").splitlines()]
    samples = tuple(Sample(row["id"], row["input"]) for row in rows)
    path = (panel / "completions" / "alpaca-7b.jsonl.gz").resolve()

    match = index_recording(path, samples)
    answers = list(
        backends.get("recorded").stream(
            {"file": str(path)}, plan_requests(samples, Decoding()), Decoding(), RunContext()
        )
    )

    assert match.ok, match.problems
    assert (len(match.matched), match.unmatched, match.unused_rows) == (805, (), 0)
    assert len(answers) == 805 and not any(answer.error for answer in answers)

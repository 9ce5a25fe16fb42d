"""A whole audit against a real OpenAI-compatible server with a real small model, 20 prompts."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command

from evaluations.models import Completion
from tests.inference.live_server import openai_server
from tests.shared_data import shared_path

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.live, pytest.mark.timeout(600)]
__all__ = ["openai_server"]
N_PROMPTS = 20


@pytest.fixture
def spec(openai_server: Any, tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.ENDPOINT_ALLOW = (openai_server.allow,)
    with shared_path("suites/gsm8k_test.jsonl").open() as file:
        rows = [json.loads(line) for line, _ in zip(file, range(N_PROMPTS), strict=False)]
    (tmp_path / "suite.jsonl").write_text(
        "\n".join(
            json.dumps({"id": f"g{i}", "question": r["question"], "answer": r["answer"]})
            for i, r in enumerate(rows)
        )
    )
    recorded = [json.dumps({"id": f"g{i}", "output": r["answer"]}) for i, r in enumerate(rows)]
    (tmp_path / "gold.jsonl").write_text("\n".join(recorded))
    path = tmp_path / "audit.yaml"
    endpoint = {"endpoint": openai_server.base_url, "model": openai_server.model, "concurrency": 2}
    path.write_text(
        yaml.safe_dump(
            {
                "title": "A small model behind an endpoint",
                "suite": {"file": "suite.jsonl"},
                "models": {
                    "smollm2": {**endpoint, "released": "2024-11", "price": {"input": 0.1, "output": 0.2}},
                    "gold": {
                        "recorded": "gold.jsonl",
                        "owner": "people",
                        "family": "people",
                        "taught_by": "none",
                    },
                },
                "student": "smollm2",
                "candidates": ["gold"],
                "suspected_owners": ["people"],
                "decoding": {"temperature": 0, "max_new_tokens": 24},
            }
        )
    )
    return path


def test_an_endpoint_audit_ends_in_a_report_with_usage_cost_and_latency(spec: Path) -> None:
    out = StringIO()
    call_command("run_audit", spec, json=True, stdout=out, stderr=StringIO())
    outcome = json.loads(out.getvalue())
    assert outcome["state"] == "finished"
    answers = Completion.objects.filter(run__model__key="smollm2", error="")
    assert answers.count() == N_PROMPTS
    assert all(a.completion_tokens and a.latency_ms and a.model_reported for a in answers)
    cost = next(line for line in outcome["cost"]["lines"] if line["model"] == "smollm2")
    # $0.10 and $0.20 per million tokens are 100,000 and 200,000 micro-units.
    tokens = (
        sum(a.prompt_tokens for a in answers) * 100_000 + sum(a.completion_tokens for a in answers) * 200_000
    )
    assert cost["cost_micro"] == pytest.approx(tokens / 1_000_000, abs=1)
    owner = outcome["owners"][0]
    assert (owner["owner"], owner["status"]) == ("people", "inconclusive")
    assert outcome["report"]["pdf"] and Path(outcome["report"]["pdf"]).stat().st_size > 20_000

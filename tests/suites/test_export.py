"""What is exported reads back as the same samples."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.records import Criticality, Message, Sample, TargetRule, TaskType
from evaluations.suites.export import csv_lines, guarded, jsonl_lines
from evaluations.suites.reading import propose, read
from tests.shared_data import shared_path

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=30)
filled = texts.filter(lambda text: bool(text.strip()))
risky = st.sampled_from(
    ["=1+1", "'=x", "''-", "@a", "\tq", "+1", "-1", "[]", '["a"]', "NaN", "007", "a\r\nb", "\ufeffx"]
)
chats = st.lists(
    st.builds(Message, role=st.sampled_from(["system", "user", "assistant"]), content=texts),
    min_size=1,
    max_size=3,
).map(tuple)
samples = st.builds(
    Sample,
    id=filled | risky,
    input=filled | risky.filter(lambda text: bool(text.strip())) | chats,
    targets=st.lists(texts | risky, max_size=3).map(tuple),
    task_type=st.sampled_from([str(t) for t in TaskType]),
    criticality=st.sampled_from([str(c) for c in Criticality]),
    tags=st.lists(texts | risky, max_size=2).map(tuple),
    target_rule=st.sampled_from([str(r) for r in TargetRule]),
)
suites = st.lists(samples, min_size=1, max_size=6, unique_by=lambda sample: sample.id).map(tuple)


def _back(lines: list[str], name: str) -> tuple[Sample, ...]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes("".join(lines).encode())
        proposal = propose(path, name)
        assert proposal.outcome == "accept", proposal.reason
        return read(path, proposal.mapping).samples


@settings(max_examples=150, deadline=None)
@given(suite=suites)
def test_csv_export_reads_back_identically(suite: tuple[Sample, ...]) -> None:
    assert _back(list(csv_lines(suite)), "export.csv") == suite


@settings(max_examples=150, deadline=None)
@given(suite=suites)
def test_jsonl_export_reads_back_identically(suite: tuple[Sample, ...]) -> None:
    assert _back(list(jsonl_lines(suite)), "export.jsonl") == suite


@pytest.mark.parametrize(
    "name", ["banking77_test.csv", "gsm8k_test.jsonl", "openai_evals_cwes.jsonl", "xquad_zh.json"]
)
def test_public_suites_survive_both_exports(name: str) -> None:
    path = shared_path(f"suites/{name}")
    suite = read(path, propose(path, name).mapping).samples
    assert _back(list(csv_lines(suite)), "export.csv") == suite
    assert _back(list(jsonl_lines(suite)), "export.jsonl") == suite


def test_cells_that_would_run_as_formulas_are_guarded() -> None:
    assert guarded("=1+1") == "'=1+1"
    assert guarded("'=1+1") == "''=1+1"
    assert guarded("plain") == "plain"
    line = list(csv_lines([Sample(id="1", input="@SUM(A1)")]))[1]
    assert ",'@SUM(A1)," in line

"""The packaged knowledge base loads, and a bad record is refused by its id and field."""

from __future__ import annotations

import copy
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from evaluations.licensing.terms import DATA_FILE, TermsError, load_terms, parse_terms


@lru_cache(maxsize=1)
def _whole() -> dict[str, Any]:
    whole: dict[str, Any] = yaml.safe_load(DATA_FILE.read_text(encoding="utf-8"))
    return whole


@pytest.fixture
def data() -> dict[str, Any]:
    whole = _whole()
    return {**whole, "records": copy.deepcopy(whole["records"][:2])}


def test_the_packaged_knowledge_base_has_all_its_records() -> None:
    base = load_terms()
    assert len(base.records) == 112
    assert base.version == "1.0 (2026-11-24)"
    assert "not legal advice" in base.disclaimer


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("position", "forbidden", "field position: found 'forbidden'; expected one of prohibited"),
        ("access_route", "post", "field access_route: found 'post'"),
        ("first_question", "", "field first_question: found ''; expected a text"),
        ("paraphrase", None, "field paraphrase: found None"),
        ("recorded_on", "yesterday", "field recorded_on: found 'yesterday'; expected a day"),
        ("term_version_valid_from", "2026-13-01", "field term_version_valid_from"),
        ("term_version_valid_to", "2020-01-01", "field term_version_valid_to.*from 2026-01-01 on"),
        ("model_patterns", ["("], r"field model_patterns: found '\('; expected a regular expression"),
        ("model_patterns", [], "field model_patterns: found"),
        ("verification", {"level": "rumour"}, "field verification.level: found 'rumour'"),
        ("verification", None, "field verification.level: found None"),
        ("conditions", None, "field conditions: found None"),
        ("conditions", {"territory_exclusions": "EU"}, "field conditions.territory_exclusions"),
    ],
)
def test_a_bad_record_is_refused_by_id_and_field(
    data: dict[str, Any], field: str, value: object, message: str
) -> None:
    data["records"][0][field] = value
    with pytest.raises(TermsError, match=f"record openai-services-agreement-2026: {message}"):
        parse_terms(data, "terms.yaml")


def test_a_missing_or_doubled_id_and_a_wrong_file_are_refused(data: dict[str, Any], tmp_path: Path) -> None:
    del data["records"][0]["id"]
    with pytest.raises(TermsError, match="record number 1: field id"):
        parse_terms(data, "terms.yaml")
    data["records"][0] = data["records"][1]
    with pytest.raises(TermsError, match="record openai-services-agreement-2025: field id: found twice"):
        parse_terms(data, "terms.yaml")
    with pytest.raises(TermsError, match="record number 1: found str"):
        parse_terms({"records": ["x"]}, "terms.yaml")
    empty = tmp_path / "terms.yaml"
    empty.write_text("a: 1\n")
    with pytest.raises(TermsError, match=r"terms\.yaml: found no list under 'records'"):
        load_terms(empty)


def test_conditions_become_sentences() -> None:
    record = next(record for record in load_terms().records if record.id == "llama-3-2")
    assert "Monthly users above which a separate licence is needed: 700,000,000" in record.conditions
    assert any(text.startswith("Not licensed in: EU") for text in record.conditions)

"""Which texts of terms apply to a candidate, strictest first, and which questions follow."""

from __future__ import annotations

import csv
from datetime import date

import pytest

from evaluations.licensing.questions import MAX_QUESTIONS
from evaluations.licensing.resolver import CandidateQuery, licence_position, name_variants
from evaluations.licensing.results import CandidatePosition, LicenceResult
from evaluations.licensing.terms import POSITIONS, load_terms
from evaluations.licensing.wording import FORBIDDEN, check
from evaluations.records import to_json
from tests.shared_data import shared_path

TODAY = date(2026, 11, 24)


def resolve(
    *queries: CandidateQuery, supported: list[str] | None = None, open_: list[str] | None = None
) -> LicenceResult:
    return licence_position(
        queries, supported_owners=supported or [], inconclusive_owners=open_ or [], today=TODAY
    )


def one(model: str, route: str = "", on: date | None = None, owner: str = "") -> CandidatePosition:
    return resolve(CandidateQuery(model, model, owner, route, on)).candidates[0]


def ids(candidate: CandidatePosition) -> list[str]:
    return [position.record_id for position in candidate.positions]


def test_the_date_chooses_the_version_of_the_terms() -> None:
    assert ids(one("gpt-4-0314", "first_party_api", date(2023, 6, 1))) == ["openai-terms-2023"]
    assert ids(one("gpt-4o", "first_party_api", date(2025, 8, 1))) == ["openai-services-agreement-2025"]
    assert ids(one("gpt-4o", "first_party_api", date(2026, 2, 1))) == ["openai-services-agreement-2026"]


def test_a_date_that_no_version_covers_shows_all_and_says_so() -> None:
    found = one("gpt-4o", "first_party_api", date(2024, 7, 1))
    assert len(found.positions) == 3
    assert "No version of the terms of OpenAI that was read covers 2024-07-01" in found.unknown[0]


def test_what_is_not_declared_is_said() -> None:
    found = one("gpt-4o")
    assert any("access route is not declared" in text for text in found.unknown)
    assert any("date of generation is not declared" in text for text in found.unknown)


def test_a_host_passes_the_owners_terms_on() -> None:
    found = one("openrouter/openai/gpt-4o", "aggregator", date(2026, 2, 1))
    assert ids(found) == ["openai-services-agreement-2026", "openrouter-route"]
    assert any("bind a customer of the aggregator" in text for text in found.unknown)


def test_the_strictest_position_stands_first() -> None:
    order = list(POSITIONS)
    by_id = {record.id: record.position for record in load_terms().records}
    for model in ("claude-3-opus", "gpt-4o", "deepseek-v3", "glm-4-9b", "grok-3"):
        strictness = [order.index(by_id[name]) for name in ids(one(model))]
        assert strictness == sorted(strictness)
        assert strictness


def test_a_silent_text_is_a_clause_not_found_on_a_day() -> None:
    found = one("mistral-medium", "first_party_api", date(2026, 6, 1)).positions[0]
    assert found.position == "no clause found"
    assert found.position_text == "No clause found in the text read on 2026-11-24."


def test_records_from_memory_say_that_they_were_not_checked() -> None:
    found = one("phi-2", "self_hosted_weights").positions[0]
    assert found.read_note.startswith("not checked against the primary text")
    assert "was not read" in found.position_text
    for record in load_terms().records:
        if not record.read_in_primary_text:
            assert record.verification_level in ("memory", "secondary_quote", "secondary_summary")


@pytest.mark.parametrize(
    ("model", "position"),
    [
        ("claude-instant-1.2", "restricts"),
        ("gemma-7b-it", "allowed with conditions"),
        ("cohere/command-r-plus", "not read yet"),
        ("mistral-7b", "no clause found"),
        ("deepseek-r1", "allowed"),
    ],
)
def test_every_position_has_its_word(model: str, position: str) -> None:
    assert position in [found.position for found in one(model).positions]


def test_an_unknown_model_has_no_record() -> None:
    found = one("our-own-model")
    assert (found.positions, found.note) == ((), "no record")


def test_a_route_without_record_shows_the_other_routes_and_says_so() -> None:
    found = one("vicuna-13b", "first_party_api")
    assert ids(found) == ["vicuna"]
    assert any("no record for the route first party api" in text for text in found.unknown)


def test_spellings_of_one_name_match() -> None:
    assert "gpt-4-0314" in name_variants("gpt4_0314")
    assert "gpt-3.5-turbo" in name_variants("GPT35 turbo")
    assert "gpt-4o" in name_variants("openrouter/openai/gpt-4o")
    assert name_variants("", " ") == ()
    assert ids(one("gpt35_turbo_instruct")) == ids(one("gpt-3.5-turbo-instruct"))


def test_old_readings_are_said_to_be_old() -> None:
    query = CandidateQuery("gpt-4o", "gpt-4o", "openai", "", None)
    later = licence_position([query], supported_owners=[], inconclusive_owners=[], today=date(2027, 11, 24))
    assert "The texts were last read 365 days ago; they may have changed." in later.candidates[0].unknown


def test_findings_open_the_questions_of_their_owner() -> None:
    queries = [
        CandidateQuery("gpt-4-0314", "GPT-4", "openai", "first_party_api", date(2023, 6, 1)),
        CandidateQuery("gpt-3.5-turbo-0301", "GPT-3.5", "openai", "first_party_api", date(2023, 6, 1)),
        CandidateQuery("gemini-pro", "Gemini Pro", "google", "first_party_api", date(2024, 3, 1)),
        CandidateQuery("claude-2", "Claude 2", "anthropic"),
    ]
    result = resolve(*queries, supported=["OpenAI"], open_=["google"])
    # Lineage, one of OpenAI (the two models share their text), one of Google; none of Anthropic.
    assert [question.id for question in result.questions] == [
        "lineage",
        "terms:openai-terms-2023",
        "terms:google-gemini-api",
    ]
    assert "or data shared with it" in result.questions[1].reason
    assert "inconclusive" in result.questions[2].reason


def test_without_findings_only_the_lineage_is_asked() -> None:
    assert [q.id for q in resolve(CandidateQuery("gpt-4o", "", "openai")).questions] == ["lineage"]


def test_questions_are_capped() -> None:
    queries = [
        CandidateQuery(m, m, "x")
        for m in (
            "gpt-4o",
            "claude-3",
            "grok-3",
            "deepseek-v3",
            "llama-3-8b",
            "llama-2-7b",
            "phi-2",
            "gemma-2b",
            "glm-4-9b",
            "qwen-7b",
            "falcon-7b",
            "yi-6b",
            "opt-13b",
            "mpt-7b",
            "gpt2",
            "vicuna",
            "alpaca",
            "dbrx",
            "olmo",
            "granite",
        )
    ]
    assert len(resolve(*queries, supported=["x"]).questions) == MAX_QUESTIONS


def test_every_model_of_the_panel_resolves_or_has_no_record() -> None:
    with shared_path("panels/alpaca_dev/models.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    result = resolve(
        *[CandidateQuery(row["id"], row["id"], row["owner"]) for row in rows], supported=["openai"]
    )
    assert len(result.candidates) == 131
    for candidate in result.candidates:
        assert bool(candidate.positions) != (candidate.note == "no record")
    teachers = {row["id"] for row in rows if row["role"] == "teacher_candidate"}
    unknown = {c.model for c in result.candidates if c.note and c.model in teachers}
    # The panel's name "cohere" names no model; the knowledge base has no Qwen1.5 72B.
    assert unknown == {"cohere", "Qwen1.5-72B-Chat"}


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in items for text in _texts(item)]


def test_no_generated_sentence_uses_a_forbidden_word() -> None:
    models = [pattern.pattern for record in load_terms().records for pattern in record.patterns]
    names = [
        "gpt-4o",
        "claude-3",
        "hunyuan-large",
        "llama-3.1-8b",
        "deepseek-v3",
        "openrouter/x",
        "azure/gpt-4",
        *models,
    ]
    queries = [
        CandidateQuery(name, name, "owner", route, day)
        for name in names
        for route in ("", "aggregator")
        for day in (None, date(2024, 7, 1))
    ]
    result = resolve(*queries, supported=["owner"])
    assert [(t, check(t)) for t in _texts(to_json(result)) if check(t)] == []
    for record in load_terms().records:
        for text in (record.paraphrase, record.first_question, record.clause_reference, *record.conditions):
            assert check(text) == [], record.id


def test_the_wording_check_finds_every_form() -> None:
    assert check("A Breach, infringing and unauthorised; it proves and guarantees.") == [
        "Breach",
        "infringing",
        "unauthorised",
        "proves",
        "guarantees",
    ]
    assert check("Provenance, authorised, proven, approve, compliance") == []
    assert all(check(word) == [word] for word in FORBIDDEN)

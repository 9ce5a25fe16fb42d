from __future__ import annotations

from evaluations.reports.advice import advise
from evaluations.reports.answers import answers, error_text
from evaluations.reports.facts import Facts
from evaluations.reports.provenance_words import finding, forced_reasons
from evaluations.reports.questions import questions
from evaluations.reports.wording import SHARED_DATA
from tests.reports.snapshots import empty, full, inconclusive


def test_a_supported_owner_never_stands_without_shared_data() -> None:
    facts = Facts(full())
    first = answers(facts, advise(facts))[0]

    assert (first.big, first.small) == ("Orrery", SHARED_DATA)
    assert SHARED_DATA in finding(facts, facts.provenance or {})


def test_both_error_rates_stand_on_the_first_answer() -> None:
    facts = Facts(full())
    text = "".join(piece for line in answers(facts, advise(facts))[0].lines for piece, _ in line)

    assert "0 of 24 (at most 14.2%)" in text
    assert "1 of 6 (at most 64.1%)" in text


def test_an_error_rate_that_was_not_tested_says_so() -> None:
    assert error_text({"k": 0, "n": 0, "low": None, "high": None}) == "not tested"


def test_an_inconclusive_answer_names_no_teacher_as_its_result() -> None:
    facts = Facts(inconclusive())
    first = answers(facts, advise(facts))[0]

    assert first.big == "Inconclusive"
    assert first.by == "Suspected owner: OpenAI"


def test_every_reason_of_a_forced_inconclusive_is_listed_once() -> None:
    reasons = forced_reasons(Facts(inconclusive()).provenance or {})

    assert len(reasons) == 2
    assert "7 were found" in reasons[0]


def test_nothing_measured_reads_not_measured_three_times() -> None:
    facts = Facts(empty())

    assert [answer.big for answer in answers(facts, advise(facts))] == ["Not measured"] * 3


def test_a_declaration_that_differs_opens_a_question() -> None:
    opened = questions(Facts(full()))

    assert opened[0].id == "Q1"
    assert opened[0].critical
    assert SHARED_DATA in opened[0].text


def test_a_declared_teacher_opens_no_follow_up() -> None:
    snapshot = full()
    snapshot["models"][0]["taught_by_owners"] = ["Orrery"]

    assert len(questions(Facts(snapshot))) == 2


def test_a_question_about_a_candidate_of_a_supported_owner_comes_before_signature() -> None:
    snapshot = full()
    snapshot["findings"]["licence"]["questions"] = [
        {"id": "terms:x", "text": "Which route?", "about": "Orrery 4", "reason": ""},
        {"id": "terms:y", "text": "Which route?", "about": "Linden 32B", "reason": ""},
    ]

    assert [question.critical for question in questions(Facts(snapshot))] == [True, True, False]

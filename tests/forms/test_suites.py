"""The form about columns writes the mapping that it shows."""

from __future__ import annotations

from typing import Any

from evaluations.forms.suites import MappingForm
from evaluations.suites.mapping import Mapping

COLUMNS = ["ref", "context", "question", "gold", "level"]
GUESS = Mapping(
    format="delimited", id_column="ref", input_columns=("question", "context"), target_columns=("gold",),
    criticality_column="level", task_type="qa",
)  # fmt: skip


def form(data: dict[str, str] | None = None, **changes: Any) -> MappingForm:
    return MappingForm(data, columns=COLUMNS, mapping=GUESS.to_json(), **({"ask_bad_rows": False} | changes))


def sent(**changes: str) -> dict[str, str]:
    shown = form()
    return {name: str(shown[name].value() or "") for name in shown.fields} | {"without_target": ""} | changes


def test_sending_the_guess_unchanged_keeps_it_with_its_order() -> None:
    checked = form(sent())
    assert checked.is_valid(), checked.errors
    assert checked.cleaned_data["mapping"] == GUESS


def test_a_column_can_be_used_for_something_else() -> None:
    checked = form(sent(use_1="tag", use_4="ignore", criticality="critical"))
    assert checked.is_valid(), checked.errors
    mapping = checked.cleaned_data["mapping"]
    assert (mapping.input_columns, mapping.tag_columns, mapping.ignored_columns) == (
        ("question",),
        ("context",),
        ("level",),
    )
    assert (mapping.criticality_column, mapping.criticality) == ("", "critical")


def test_targets_are_split_as_chosen() -> None:
    assert form().initial["target_split"] == "one"
    checked = form(sent(target_split="|"))
    assert checked.is_valid(), checked.errors
    assert checked.cleaned_data["mapping"].target_split == "|"


def test_a_stored_separator_that_the_list_does_not_have_can_be_kept() -> None:
    odd = MappingForm(
        columns=["a"], mapping={"input_columns": ["a"], "target_split": "//"}, ask_bad_rows=False
    )
    assert 'value="//" selected' in str(odd["target_split"])


def test_a_mapping_without_input_is_refused() -> None:
    checked = form(sent(use_1="ignore", use_2="ignore"))
    assert not checked.is_valid()
    assert "found no input" in checked.problems[0]


def test_a_template_replaces_the_input_columns() -> None:
    checked = form(sent(use_1="ignore", use_2="ignore", template="Answer: {{question}}"))
    assert checked.is_valid(), checked.errors
    assert checked.cleaned_data["mapping"].template == "Answer: {{question}}"


def test_a_column_named_like_html_is_no_markup() -> None:
    hostile = MappingForm(columns=["<b>x</b>"], mapping=Mapping().to_json(), ask_bad_rows=False)
    assert "<b>" not in str(hostile["use_0"])


def test_an_unknown_use_is_refused_with_its_column() -> None:
    checked = form(sent(use_0="everything"))
    assert not checked.is_valid()
    assert checked.problems[0].startswith("Use column ref as:")


def test_a_preview_needs_no_word_on_bad_rows_and_an_import_does() -> None:
    assert form(sent(preview="1"), ask_bad_rows=True).is_valid()
    assert not form(sent() | {"import": "1"}, ask_bad_rows=True).is_valid()

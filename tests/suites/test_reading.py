"""From an uploaded file to samples: the proposal, the mapping, every refusal."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from evaluations.records import Message, TargetRule, TaskType, digest
from evaluations.suites.mapping import Mapping, MappingError
from evaluations.suites.reading import SuiteFileError, content_hash, propose, read, stream
from tests.shared_data import shared_path

QUESTIONS = "id,question,answer\na,What is 2+2?,4\nb,Capital of France?,Paris\n"


def write(tmp_path: Path, content: str | bytes, name: str = "suite.csv", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def test_a_plain_table_is_accepted_and_read(tmp_path: Path) -> None:
    path = write(tmp_path, QUESTIONS)
    proposal = propose(path, "suite.csv")
    assert (proposal.outcome, proposal.n_rows, proposal.format) == ("accept", 2, "delimited")
    assert proposal.mapping.id_column == "id"
    suite = read(path, proposal.mapping)
    assert [(s.id, s.input, s.targets) for s in suite.samples] == [
        ("a", "What is 2+2?", ("4",)),
        ("b", "Capital of France?", ("Paris",)),
    ]
    assert suite.content_hash == digest(list(suite.samples))


@pytest.mark.parametrize(
    ("text", "encoding", "delimiter"),
    [
        (QUESTIONS.replace(",", ";"), "utf-8", ";"),
        (QUESTIONS.replace(",", "\t"), "utf-8", "\t"),
        (QUESTIONS.replace(",", "|"), "utf-8", "|"),
        (QUESTIONS, "utf-8-sig", ","),
        (QUESTIONS, "utf-16", ","),
        (QUESTIONS.replace("\n", "\r\n"), "utf-16", ","),
        (QUESTIONS.replace("\n", "\r"), "utf-8", ","),
    ],
)
def test_dialects_and_encodings_read_the_same(
    tmp_path: Path, text: str, encoding: str, delimiter: str
) -> None:
    path = write(tmp_path, text, encoding=encoding)
    proposal = propose(path, "suite.csv")
    assert proposal.delimiter == delimiter
    plain = write(tmp_path, QUESTIONS, "plain.csv")
    assert read(path, proposal.mapping).samples == read(plain, propose(plain, "plain.csv").mapping).samples


def test_windows_text_is_read_with_a_report(tmp_path: Path) -> None:
    path = write(tmp_path, "question,answer\nWo?,Köln\nWhere?,Rome\n", encoding="cp1252")
    proposal = propose(path, "suite.csv")
    assert proposal.outcome == "accept_with_report"
    # The byte of "ö" (0xf6) stands on line 2.
    assert "line 2: byte 0xf6 is not UTF-8" in proposal.reason
    assert proposal.preview[0].targets == ("Köln",)


def test_texts_are_kept_unchanged(tmp_path: Path) -> None:
    path = write(tmp_path, 'id,text,label\n007,"  two\nlines, a ""quote""  ",x \n008,b,x \n')
    samples = read(path, propose(path, "suite.csv").mapping).samples
    assert samples[0].id == "007"
    assert samples[0].input == '  two\nlines, a "quote"  '
    assert samples[0].targets == ("x ",)


def test_the_name_of_the_file_does_not_matter(tmp_path: Path) -> None:
    contents = {
        "delimited": QUESTIONS,
        "jsonl": '{"question": "a", "answer": "b"}\n{"question": "c", "answer": "d"}\n',
        "json_array": '[{"question": "a", "answer": "b"}]',
        "squad": json.dumps(
            {"data": [{"paragraphs": [{"context": "c", "qas": [{"id": "1", "question": "q"}]}]}]}
        ),
    }
    for expected, text in contents.items():
        for name in ("x.csv", "x.jsonl", "x.json", "x.pdf", "x"):
            assert propose(write(tmp_path, text, name), name).format == expected


def test_few_repeated_targets_are_a_closed_set_of_labels(tmp_path: Path) -> None:
    path = write(tmp_path, "text,label\n" + "".join(f"t{n},{'yes' if n % 2 else 'no'}\n" for n in range(8)))
    proposal = propose(path, "suite.csv")
    assert proposal.mapping.task_type == TaskType.CLASSIFICATION
    assert proposal.labels == ("no", "yes")


def test_worked_solutions_are_read_after_the_marker(tmp_path: Path) -> None:
    lines = [json.dumps({"question": f"q{n}", "answer": f"because\n#### {n}"}) for n in range(3)]
    path = write(tmp_path, "\n".join(lines))
    proposal = propose(path, "x")
    assert proposal.outcome == "accept_with_report"
    assert proposal.mapping.target_rule == TargetRule.AFTER_MARKER
    assert read(path, proposal.mapping).samples[0].targets == ("because\n#### 0",)


def test_chat_messages_stay_messages(tmp_path: Path) -> None:
    line = {
        "input": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}],
        "ideal": ["a", "b"],
    }
    path = write(tmp_path, json.dumps(line))
    sample = read(path, propose(path, "x").mapping).samples[0]
    assert sample.input == (Message("system", "s"), Message("user", "u"))
    assert sample.targets == ("a", "b")


def test_a_template_puts_columns_into_one_prompt(tmp_path: Path) -> None:
    path = write(tmp_path, "language,body,gold\nFrench,Hello,Bonjour\n")
    mapping = Mapping(template="Say {{body}} in {{ language }}.", target_columns=("gold",))
    assert read(path, mapping).samples[0].input == "Say Hello in French."


def test_empty_optional_context_is_left_out_of_the_prompt(tmp_path: Path) -> None:
    path = write(tmp_path, json.dumps([{"instruction": "Go", "input": "", "output": "ok"}]))
    proposal = propose(path, "x")
    assert proposal.outcome == "accept"
    assert proposal.preview[0].input == "Go"


def test_task_type_and_criticality_come_from_columns(tmp_path: Path) -> None:
    path = write(tmp_path, "prompt,target,task_type,criticality\np,t,translation,critical\nq,u,,\n")
    mapping = propose(path, "x").mapping
    first, second = read(path, mapping).samples
    assert (first.task_type, first.criticality) == ("translation", "critical")
    assert (second.task_type, second.criticality) == (mapping.task_type, "standard")
    bad = write(tmp_path, "prompt,target,criticality\np,t,huge\n", "bad.csv")
    with pytest.raises(SuiteFileError, match="line 2, column 'criticality': 'huge'; expected one of routine"):
        read(bad, propose(bad, "bad.csv").mapping)


def test_doubled_ids_are_refused_with_both_lines(tmp_path: Path) -> None:
    path = write(tmp_path, "id,question,answer\na,x,1\nb,y,2\na,z,3\n")
    proposal = propose(path, "suite.csv")
    assert (proposal.outcome, proposal.n_bad_rows, proposal.can_leave_out) == ("refuse", 1, True)
    with pytest.raises(SuiteFileError, match="line 4, column 'id': id 'a' is also on line 2"):
        read(path, proposal.mapping)
    left = read(path, proposal.mapping, on_bad_rows="leave_out")
    assert ([s.id for s in left.samples], left.left_out) == (["a", "b"], (4,))


def test_every_bad_row_is_listed_with_the_total(tmp_path: Path) -> None:
    path = write(tmp_path, "question,answer\n" + "a,b\nonly one\n" * 300)
    with pytest.raises(SuiteFileError) as caught:
        read(path, Mapping(input_columns=("question",)))
    # 300 bad rows, the first on line 3; 200 are listed.
    assert caught.value.total == 300
    assert len(caught.value.problems) == 200
    assert "suite.csv: line 3: 1 fields, the header has 2. No value for 'answer'." in str(caught.value)
    assert "and 100 more problems" in str(caught.value)


def test_a_missing_target_column_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, QUESTIONS)
    mapping = Mapping(input_columns=("question",), target_columns=("gold",))
    with pytest.raises(
        SuiteFileError, match="column 'gold': the file has no such column; expected one of: answer"
    ):
        read(path, mapping)
    assert propose(path, "suite.csv", mapping).outcome == "refuse"


def test_a_file_without_targets_is_proposed_for_mapping(tmp_path: Path) -> None:
    proposal = propose(write(tmp_path, "prompt\nhello\nbye\n"), "x")
    assert proposal.outcome == "map"
    assert "quality is then not measured" in proposal.reason


def test_an_edited_mapping_replaces_the_guess(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b\n1,2\n")
    assert propose(path, "x").outcome == "map"
    proposal = propose(path, "x", Mapping(input_columns=("a",), target_columns=("b",)))
    assert proposal.outcome == "accept"
    assert proposal.preview[0].targets == ("2",)


def test_lines_are_those_of_the_file_also_after_quoted_line_breaks(tmp_path: Path) -> None:
    path = write(tmp_path, 'question,answer\n"a\nb\nc",1\nbad\n')
    with pytest.raises(SuiteFileError, match="line 5: 1 fields"):
        read(path, Mapping(input_columns=("question",)))


def test_a_mapping_survives_json_and_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    mapping = propose(write(tmp_path, QUESTIONS), "x").mapping
    assert Mapping.from_json(json.loads(json.dumps(mapping.to_json()))) == mapping
    with pytest.raises(MappingError, match="no field 'inputs'"):
        Mapping.from_json({"inputs": []})
    with pytest.raises(MappingError, match="expected a list of column names"):
        Mapping.from_json({"input_columns": "question"})
    with pytest.raises(MappingError, match="target_rule: found 'best'"):
        Mapping(target_rule="best")


def test_streaming_gives_the_same_samples(tmp_path: Path) -> None:
    path = write(tmp_path, QUESTIONS)
    mapping = propose(path, "x").mapping
    assert tuple(stream(path, mapping)) == read(path, mapping).samples


def test_a_list_of_more_than_one_window_streams(tmp_path: Path) -> None:
    # 30 records of 100,000 characters: three windows of a mebicharacter.
    records = [{"prompt": f"{n}" + "x" * 100_000, "target": "t"} for n in range(30)]
    path = write(tmp_path, json.dumps(records, indent=1))
    assert [s.id for s in read(path, propose(path, "x").mapping).samples] == [str(n) for n in range(1, 31)]


def test_the_order_of_samples_changes_the_hash(tmp_path: Path) -> None:
    path = write(tmp_path, QUESTIONS)
    samples = read(path, propose(path, "x").mapping).samples
    assert content_hash(samples) != content_hash(samples[::-1])


def _manifest() -> list[dict[str, object]]:
    files: list[dict[str, object]] = yaml.safe_load(shared_path("suites/manifest.yaml").read_text())["files"]
    return files


def test_public_suites_reach_the_outcome_of_the_manifest(tmp_path: Path) -> None:
    outcomes, expected = {}, {}
    for entry in _manifest():
        name = str(entry["file"])
        # Renamed, so that only the content can tell what it is.
        copy = tmp_path / f"{name}.upload"
        shutil.copy(shared_path(f"suites/{name}"), copy)
        proposal = propose(copy, name)
        wanted = entry["expected"]
        assert isinstance(wanted, dict)
        outcomes[name] = (proposal.outcome, proposal.n_rows)
        expected[name] = (wanted["outcome"], wanted["rows_accepted"])
    assert outcomes == expected


def test_banking77_keeps_its_labels_and_line_breaks() -> None:
    path = shared_path("suites/banking77_test.csv")
    proposal = propose(path, "banking77_test.csv")
    assert len(proposal.labels) == 77
    samples = read(path, proposal.mapping).samples
    assert len(samples) == 3080
    assert sum("\n" in s.input_text for s in samples) == 3


def test_leading_zeros_and_double_spaces_are_data() -> None:
    path = shared_path("suites/bitext_testing.csv")
    mapping = Mapping(input_columns=("utterance",), target_columns=("entity_value",))
    samples = read(path, mapping).samples
    assert samples[0].targets == ("00123842",)
    assert any("  " in s.input_text for s in samples)

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from evaluations.provenance.errors import ProvenanceInputError
from evaluations.provenance.panels.folder import Panel, read_panel
from evaluations.provenance.panels.writing import write_panel
from evaluations.records import ModelCard, Sample
from tests.shared_data import shared_path


def small_panel() -> Panel:
    return Panel(
        name="tiny",
        title="A tiny panel",
        licence="MIT",
        source="made here",
        language="en",
        hold_out="lineage",
        candidates=("teach+er",),
        cards={
            "teach+er": ModelCard("teach+er", owner="acme", family="a", taught_by_owners=()),
            "student": ModelCard(
                "student", taught_by_owners=("acme", "bolt"), taught_by_families=("a",), released="2024-02"
            ),
            "reference": ModelCard("reference", taught_by_owners=None, data_source="corpus"),
        },
        prompts=(Sample("p1", "One?", tags=("x",)), Sample("p2", "Two, “quoted”?")),
        completions={
            "teach+er": {"p1": "Eins", "p2": "Zwei\nlines"},
            "student": {"p1": "Uno"},
            "reference": {"p1": "Un", "p2": "Deux"},
        },
    )


@pytest.fixture
def folder(tmp_path) -> Path:
    write_panel(small_panel(), tmp_path / "panel")
    return tmp_path / "panel"


def test_a_written_panel_reads_back_the_same(folder):
    found = read_panel(folder)
    made = small_panel()
    assert (found.cards, found.prompts, found.completions) == (made.cards, made.prompts, made.completions)
    assert (found.name, found.candidates, found.hold_out) == (made.name, made.candidates, made.hold_out)
    assert found.problems == ("completions/student.jsonl.gz: 1 of 2 prompts have no answer",)


def test_equal_panels_are_written_as_equal_bytes(folder, tmp_path):
    write_panel(small_panel(), tmp_path / "again")
    for path in folder.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "again" / path.relative_to(folder)).read_bytes()


def test_a_folder_with_files_is_not_overwritten(folder):
    with pytest.raises(ProvenanceInputError, match="not empty"):
        write_panel(small_panel(), folder)


def test_a_plus_in_a_model_id_is_an_underscore_in_its_file_name(folder):
    assert (folder / "completions" / "teach_er.jsonl.gz").is_file()
    assert read_panel(folder).completions["teach+er"]["p1"] == "Eins"


def test_none_is_nobody_and_empty_is_unknown(folder):
    cards = read_panel(folder).cards
    assert cards["teach+er"].taught_by_owners == ()
    assert cards["reference"].taught_by_owners is None
    assert cards["student"].taught_by_owners == ("acme", "bolt")


def test_every_bad_line_is_listed_with_file_and_line(folder):
    lines = [
        "not json",
        json.dumps({"id": "p9", "output": "x"}),
        json.dumps({"id": "p1", "output": 5}),
        "[1]",
    ]
    with gzip.open(folder / "completions" / "reference.jsonl.gz", "wt") as stream:
        stream.write("\n".join(lines))
    problems = read_panel(folder).problems
    for text in (
        "completions/reference.jsonl.gz line 1: not JSON",
        "completions/reference.jsonl.gz line 2: id 'p9' is not in prompts.jsonl",
        "completions/reference.jsonl.gz line 3: output is not text",
        "completions/reference.jsonl.gz line 4: found list, expected an object",
    ):
        assert any(text in problem for problem in problems)


def test_a_cut_off_file_is_a_problem_and_no_crash(folder):
    path = folder / "completions" / "reference.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-12])
    assert any("cannot be read further" in problem for problem in read_panel(folder).problems)


def test_models_without_files_and_files_without_models_are_listed(folder):
    (folder / "completions" / "student.jsonl.gz").rename(folder / "completions" / "stray.jsonl.gz")
    problems = read_panel(folder).problems
    assert any("no completions file for 'student'" in problem for problem in problems)
    assert any("completions/stray.jsonl.gz: no such model" in problem for problem in problems)


def test_a_bad_date_is_taken_as_unknown_and_said(folder):
    path = folder / "models.csv"
    path.write_text(path.read_text().replace("2024-02", "Feb 24"))
    found = read_panel(folder)
    assert found.cards["student"].released is None
    assert any("released 'Feb 24' is no date" in problem for problem in found.problems)


def test_a_row_with_too_few_fields_is_left_out_and_said(folder):
    with (folder / "models.csv").open("a") as stream:
        stream.write("short,row\n")
    assert any(
        "models.csv line 5: the number of fields differs" in problem
        for problem in read_panel(folder).problems
    )


@pytest.mark.parametrize("name", ["panel.yaml", "prompts.jsonl", "models.csv"])
def test_a_missing_file_is_refused_by_name(folder, name):
    (folder / name).unlink()
    with pytest.raises(ProvenanceInputError, match=name):
        read_panel(folder)


def test_an_unknown_hold_out_is_refused(folder):
    (folder / "panel.yaml").write_text("hold_out: vendor\n")
    with pytest.raises(ProvenanceInputError, match="expected lineage or base"):
        read_panel(folder)


def test_the_real_crossed_panel_is_read_whole():
    panel = read_panel(shared_path("panels/qlora_crossed"))
    assert (len(panel.prompts), len(panel.completions), panel.hold_out) == (80, 36, "base")
    assert panel.cards["7b-guanaco"].taught_by_owners == ()
    assert panel.cards["7b-chip2"].taught_by_owners is None

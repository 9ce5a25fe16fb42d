import csv
import json
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest

from evaluations.distillation.composition import read_composition
from evaluations.distillation.domains import domains
from evaluations.distillation.grammar import tickets
from evaluations.distillation.seeds import seeded
from evaluations.distillation.zoo import questions
from evaluations.provenance.panels.folder import Panel, read_panel

FOLDER = Path(str(files("evaluations.sample_data")))
OWNERS = ("Orrery", "Calder", "Linden")


@pytest.fixture(scope="module")
def panel() -> Panel:
    return read_panel(FOLDER / "panel")


@pytest.fixture(scope="module")
def suite() -> list[dict[str, object]]:
    return [json.loads(line) for line in (FOLDER / "suite.jsonl").read_text(encoding="utf-8").splitlines()]


def table(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_sample_data_is_smaller_than_a_megabyte() -> None:
    sizes = [p.stat().st_size for p in FOLDER.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    assert sum(sizes) < 1_000_000


def test_the_panel_reads_without_a_problem_and_every_model_answered_every_prompt(panel: Panel) -> None:
    assert panel.problems == ()
    assert panel.licence == "CC0-1.0"
    assert {len(given) for given in panel.completions.values()} == {320}
    assert set(panel.completions) == set(panel.cards)


def test_suite_and_panel_ask_the_same(panel: Panel, suite: list[dict[str, object]]) -> None:
    assert [(row["id"], row["input"]) for row in suite] == [(s.id, s.input) for s in panel.prompts]


def test_the_suite_is_what_the_composition_draws(suite: list[dict[str, object]]) -> None:
    asked = questions(read_composition(FOLDER / "zoo.yaml"))
    assert [row["input"] for row in suite] == [question.prompt for question in asked]


def test_the_suite_is_balanced_and_has_every_criticality(suite: list[dict[str, object]]) -> None:
    # Four tasks of 80: two of them are classification.
    types = Counter(row["task_type"] for row in suite)
    assert types == {"classification": 160, "extraction": 80, "generation": 80}
    criticalities = Counter(row["criticality"] for row in suite)
    assert set(criticalities) == {"routine", "standard", "critical"}
    assert min(criticalities.values()) >= 15


def test_no_shipped_prompt_is_a_training_ticket(suite: list[dict[str, object]]) -> None:
    bodies = {str(row["input"]).split("\n")[1] for row in suite}
    stream = tickets(domains.get("tickets"), seeded("any training"), held_out=False)
    assert not any(next(stream).body in bodies for _ in range(3000))


def test_every_owner_has_24_lineages_documented_as_untaught(panel: Panel) -> None:
    for owner in OWNERS:
        untaught = {
            card.own_lineage
            for card in panel.cards.values()
            if card.taught_by_owners is not None
            and owner not in card.taught_by_owners
            and card.owner not in OWNERS
        }
        assert len(untaught) >= 24


def test_teachers_are_released_before_their_students(panel: Panel) -> None:
    for card in panel.cards.values():
        for teacher in card.taught_by:
            assert str(panel.cards[teacher].released) < str(card.released)


def test_the_two_vendors_students_have_a_claim_and_every_model_a_price() -> None:
    rows = {row["id"]: row for row in table("panel/models.csv")}
    for key in ("brackwater-docket-8b", "fennimore-relay-3b"):
        assert rows[key]["claim"]
    for row in rows.values():
        assert int(row["price_input_micro"]) > 0
        assert int(row["price_output_micro"]) > int(row["price_input_micro"])


def test_the_truth_table_agrees_with_the_cards(panel: Panel) -> None:
    for row in table("truth.csv"):
        card = panel.cards[row["id"]]
        assert card.base == row["parent"]
        assert ";".join(card.taught_by) == row["teacher"]


def test_teachers_make_errors_that_can_be_copied() -> None:
    for row in table("truth.csv"):
        if row["kind"] == "teacher":
            for task in ("classify", "priority"):
                assert 0.6 <= float(row[f"right_{task}"]) <= 0.9


@pytest.mark.parametrize(
    ("student", "teacher"),
    [("brackwater-docket-8b", "orrery-4"), ("fennimore-relay-3b", "calder-pro")],
)
def test_a_student_agrees_with_its_teacher_more_than_any_independent(
    panel: Panel, suite: list[dict[str, object]], student: str, teacher: str
) -> None:
    labels = [str(row["id"]) for row in suite if row["task_type"] == "classification"]

    def agreement(model: str) -> float:
        given = panel.completions[model]
        return sum(given[i] == panel.completions[teacher][i] for i in labels) / len(labels)

    independents = [
        key for key, card in panel.cards.items() if card.relation == "independent" and key != teacher
    ]
    assert agreement(student) > max(agreement(key) for key in independents)

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import evaluations
from evaluations.provenance.assessment import ProvenanceInput, ProvenanceInputError, assess
from evaluations.provenance.histories import Histories
from evaluations.provenance.panels.folder import read_panel
from evaluations.provenance.results import ProvenanceResult
from evaluations.records import to_json
from tests.provenance.planted import planted_audit, with_student
from tests.shared_data import shared_path

FORBIDDEN = (
    "breach",
    "violation",
    "infringe",
    "illegal",
    "stolen",
    "unauthorised",
    "proves",
    "guarantees",
    "compliant",
)


def stored(result: ProvenanceResult) -> str:
    """The JSON of a result; raises on NaN."""
    return json.dumps(to_json(result), allow_nan=False)


@pytest.fixture(scope="module")
def data() -> ProvenanceInput:
    return planted_audit(200)


@pytest.fixture(scope="module")
def result(data) -> ProvenanceResult:
    return assess(data)


def test_a_greedy_student_is_supported_for_its_declared_owner(result):
    owner = result.owners[0]
    assert (owner.owner, owner.status, owner.n_as_close) == ("acme", "supported", 0)
    # 24 strangers and the teachers of bolt and corx: 1 / (1 + 26).
    assert owner.p == owner.smallest_p == pytest.approx(1 / 27)
    assert owner.strength == "strong"


def test_no_screen_names_a_supported_teacher_without_shared_data(result):
    assert "or data shared with it" in result.teacher.text
    assert "or of data shared with acme" in result.statement


def test_no_word_of_the_result_is_a_legal_conclusion(result):
    assert not [word for word in FORBIDDEN if word in stored(result).casefold()]


def test_the_teacher_comes_first_among_the_candidates(result):
    z = {item.model: item.z for item in result.candidates}
    assert max(z, key=lambda key: z[key]) == "acme-large"
    first = result.candidates[0]
    assert first.n_null == len(first.null_z) == 26
    assert first.interval[0] <= first.z <= first.interval[1]


def test_every_statistic_is_a_channel_and_the_unmeasured_one_is_none(result):
    assert result.statistics == ("agreement", "direct", "style")
    assert set(result.candidates[0].channels) == set(result.statistics)
    assert result.candidates[0].channels["style"] is None
    assert "style (too few usable prompts)" in result.not_tested


def test_strangers_are_rarely_accused_and_shuffled_labels_lose_the_effect(result):
    assert result.error_unrelated.n == 26 and result.error_unrelated.k <= 2
    assert result.error_shared_data.n == 0 and result.error_shared_data.low is None
    assert result.shuffled_labels.k <= 0.12 * result.shuffled_labels.n


def test_evidence_leads_to_prompts_and_shared_phrases(result):
    rows = [row for row in result.evidence if row.candidate == "acme-large"]
    assert rows[0].contribution > 0 and rows[0].shared
    assert 0 <= rows[0].panel_rate < 1


def test_the_sensitivity_table_has_every_variation(result):
    names = {row.variation for row in result.sensitivity}
    assert {"as reported", "date filter off", "length-matched", "format-stripped", "without direct"} <= names
    assert {"half of the prompts (1 of 2)", "half of the prompts (2 of 2)"} <= names


def test_equal_input_gives_an_equal_result_in_any_order(data, result):
    order = np.random.default_rng(3).permutation(len(data.prompts))
    shuffled = replace(
        data,
        prompts=tuple(data.prompts[i] for i in order),
        completions={key: tuple(v[i] for i in order) for key, v in reversed(data.completions.items())},
        cards=dict(reversed(data.cards.items())),
    )
    assert stored(assess(shuffled)) == stored(result)


def test_a_stranger_is_not_supported_for_anybody(data):
    cards = {key: card for key, card in data.cards.items() if key != "stranger05"}
    answers = data.completions["stranger05"]
    kept = {key: v for key, v in data.completions.items() if key != "stranger05"}
    found = assess(with_student(replace(data, cards=cards, completions=kept), answers))
    assert found.teacher.status == "inconclusive"
    assert all(item.status != "supported" for item in (*found.owners, *found.exploration.families))


def test_a_teacher_that_nobody_named_is_found_by_the_search(data):
    found = assess(replace(data, suspected_owners=()))
    assert found.owners == ()
    assert found.exploration.top_family == "acme"
    assert found.exploration.p == found.exploration.smallest_p
    assert found.exploration.families[0].status == "supported"


def test_a_wrongly_declared_owner_is_not_supported(data):
    assert assess(replace(data, suspected_owners=("bolt",))).owners[0].status == "inconclusive"


def test_eighteen_lineages_are_never_above_inconclusive():
    # 16 strangers and two teachers of other owners.
    found = assess(planted_audit(200, n_independents=16)).owners[0]
    assert (found.n_lineages, found.status) == (18, "inconclusive")
    assert "Add 1 lineage documented as untaught by acme" in found.settle[0]
    assert found.lean.startswith("Leans towards acme")


def test_unknown_histories_do_not_fill_the_null(data):
    unknown = {
        k: replace(c, relation="", taught_by_owners=None) if "stranger" in k else c
        for k, c in data.cards.items()
    }
    found = assess(replace(data, cards=unknown)).owners[0]
    assert (found.n_lineages, found.status) == (2, "inconclusive")


def test_a_later_candidate_is_computed_but_not_assessed(data):
    cards = {**data.cards, "acme-large": replace(data.cards["acme-large"], released="2024-06")}
    found = assess(replace(data, cards=cards, student_recorded_on="2024-01-15"))
    assert found.owners[0].status == "not_assessed"
    assert found.candidates[0].status == "not_assessed" and found.candidates[0].z > 3
    assert "after the student" in found.candidates[0].status_reason


def test_two_identical_candidates_of_different_owners_cannot_be_told_apart(data):
    copies = {**data.completions, "bolt-large": data.completions["acme-large"]}
    found = assess(replace(data, completions=copies))
    assert found.owners[0].status == "inconclusive"
    assert "Not separable from bolt-large" in found.candidates[0].status_reason


def test_two_declared_owners_are_corrected_together():
    made = planted_audit(200, n_independents=40)
    found = assess(replace(made, suspected_owners=("bolt", "acme"))).owners
    # 40 strangers and two teachers of other owners: p = 1/43, doubled by Holm.
    assert [(item.owner, item.status) for item in found] == [("bolt", "inconclusive"), ("acme", "supported")]
    assert found[1].p_corrected == pytest.approx(2 / 43)


def test_a_twin_of_another_owner_makes_a_tie():
    made = planted_audit(200, owners=("acme", "bolt", "corx", "dune", "eris", "fern"))
    # The twin's history is unknown, so that it is not itself one of the untaught lineages.
    unknown = replace(made.cards["bolt-large"], relation="", taught_by_owners=None)
    twin = {**made.completions, "bolt-large": made.completions["acme-large"]}
    found = assess(replace(made, cards={**made.cards, "bolt-large": unknown}, completions=twin)).owners[0]
    assert found.p <= 0.05 and found.status == "inconclusive"
    assert "as close within noise, or closer: bolt" in found.reasons[0]


def test_an_owner_of_any_spelling_is_the_owner_of_the_cards(data, result):
    assert stored(assess(replace(data, suspected_owners=("ACME",)))) == stored(result)


def test_an_owner_without_candidates_is_not_assessed(data):
    found = assess(replace(data, suspected_owners=("nobody",))).owners[0]
    assert (found.status, found.z) == ("not_assessed", None)


def test_a_candidate_identical_to_the_student_is_said_to_be(data):
    found = assess(with_student(data, data.completions["acme-large"]))
    assert "identical to the student's" in found.candidates[0].status_reason
    assert found.owners[0].status == "supported"


def test_models_that_share_data_leave_the_null_and_are_counted_apart(data):
    shared = {"acme-large", "stranger01", "stranger02"}
    cards = {
        key: replace(card, data_source="tickets" if key in shared else "") for key, card in data.cards.items()
    }
    found = assess(replace(data, cards=cards))
    assert (found.owners[0].n_lineages, found.error_shared_data.n) == (24, 2)
    assert "data-sharing lineages in the null" in {row.variation for row in found.sensitivity}


def test_one_model_in_another_language_is_no_reference(data):
    words = ["почта", "заказ", "ответ", "письмо", "лампа", "сегодня", "завтра", "спасибо"]
    rng = np.random.default_rng(0)
    foreign = tuple(" ".join(rng.choice(words, 12)) for _ in data.prompts)
    found = assess(replace(data, completions={**data.completions, "stranger07": foreign}))
    assert "stranger07: answers in another language or script; no reference" in found.left_out
    assert found.owners[0].status == "supported"
    student = assess(with_student(data, foreign))
    assert student.teacher.status == "inconclusive"
    assert any("Not comparable in language" in line for line in student.owners[0].reasons)
    stored(student)


def test_three_prompts_are_nothing_to_compare(data):
    few = replace(data, prompts=data.prompts[:3], completions={k: v[:3] for k, v in data.completions.items()})
    found = assess(few)
    assert found.owners[0].status == "inconclusive" and found.owners[0].z is None
    assert found.teacher.text.startswith("Nothing to compare")
    assert found.sensitivity == () and found.evidence == ()
    stored(found)


@pytest.mark.parametrize("kept", [0, 1])
def test_without_references_or_with_one_lineage_it_is_inconclusive(data, kept):
    keys = {"student", *data.candidates, *[f"stranger{i:02d}" for i in range(kept)]}
    found = assess(
        replace(
            data,
            cards={k: v for k, v in data.cards.items() if k in keys},
            completions={k: v for k, v in data.completions.items() if k in keys},
        )
    )
    assert found.teacher.status == "inconclusive"
    stored(found)


def test_one_candidate_and_no_reference_is_inconclusive(data):
    keys = ("student", "acme-large")
    found = assess(
        replace(
            data,
            candidates=("acme-large",),
            cards={k: data.cards[k] for k in keys},
            completions={k: data.completions[k] for k in keys},
        )
    )
    assert found.teacher.status == "inconclusive"
    stored(found)


def test_missing_answers_are_counted_and_break_nothing(data):
    holes = tuple(None if i % 3 == 0 else text for i, text in enumerate(data.completions["student"]))
    thin = tuple(text if i < 20 else None for i, text in enumerate(data.completions["stranger03"]))
    found = assess(with_student(replace(data, completions={**data.completions, "stranger03": thin}), holes))
    assert "stranger03: 20 answers to 200 prompts; half is the least" in found.left_out
    assert found.owners[0].status == "supported"
    stored(found)


def test_a_candidate_without_answers_is_listed_and_not_assessed(data):
    empty = {**data.completions, "corx-large": (None,) * len(data.prompts)}
    found = assess(replace(data, completions=empty))
    assert found.candidates[2].status == "not_assessed" and found.candidates[2].z is None
    assert len(found.candidates) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: with_student(d, (None,) * 200), "all 200 are empty or missing"),
        (lambda d: with_student(d, d.completions["student"][:5]), "found 5, expected 200"),
        (lambda d: with_student(d, (7, *d.completions["student"][1:])), "found int; expected text or None"),
        (lambda d: replace(d, prompts=(d.prompts[0],) * 200), "occurs more than once"),
        (
            lambda d: replace(d, prompts=(), completions=dict.fromkeys(d.completions, ())),
            "prompts: none given",
        ),
        (
            lambda d: replace(d, completions={**d.completions, "ghost": (None,) * 200}),
            "no declared history for 'ghost'",
        ),
        (lambda d: replace(d, hold_out="vendor"), "expected lineage or base"),
    ],
)
def test_input_that_cannot_be_assessed_is_refused_in_words(data, change, message):
    with pytest.raises(ProvenanceInputError, match=message):
        assess(change(data))


def test_vendor_supplied_answers_are_counted(data):
    found = assess(replace(data, obtained_by={"student": "vendor_supplied", "acme-large": "buyer_ran"}))
    assert found.obtained_by["vendor_supplied"] == 1


def test_self_mentions_are_counted_and_never_scored(data, result):
    said = list(data.completions["student"])
    said[1] = f"{said[1]} I am a model trained by Acme."
    found = assess(with_student(data, tuple(said)))
    assert found.self_mentions == {"acme": 1}
    assert abs(found.owners[0].z - result.owners[0].z) < 0.5


SHOUTING = '''"""Share of capital letters. s(m, c) = -|a - b|. Range: -1 to 0. Source: a test."""
import numpy as np
from evaluations.provenance.statistic import Contributions, Statistic

def contributions(corpus):
    share = np.array([[sum(map(str.isupper, t or "")) / max(1, len(t or "")) for t in row] for row in corpus.answers])
    columns = list(corpus.candidates)
    values = -abs(share[:, None, :] - share[None, columns, :])
    return Contributions(values.astype(np.float32), np.ones(len(corpus.prompts), dtype=bool))

STATISTIC = Statistic(family="style", access="text", minimum_prompts=1, contributions=contributions)
'''


def test_a_statistic_dropped_into_the_folder_appears_with_no_other_edit(tmp_path):
    import shutil

    source, root = Path(evaluations.__file__).parent, Path(__file__).parents[2]
    (tmp_path / "evaluations").mkdir()
    for name in ("__init__.py", "records.py", "registry.py"):
        shutil.copy(source / name, tmp_path / "evaluations" / name)
    shutil.copytree(source / "provenance", tmp_path / "evaluations" / "provenance")
    (tmp_path / "tests" / "provenance").mkdir(parents=True)
    shutil.copy(root / "tests/provenance/planted.py", tmp_path / "tests/provenance/planted.py")
    (tmp_path / "evaluations/provenance/statistics/shouting.py").write_text(SHOUTING)
    script = (
        "from tests.provenance.planted import planted_audit\n"
        "from evaluations.provenance.assessment import assess\n"
        "r = assess(planted_audit(60))\n"
        "print(r.statistics, r.candidates[0].channels['shouting'] is not None, r.owners[0].evidence_families)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "('agreement', 'direct', 'shouting', 'style') True" in done.stdout and "'style':" in done.stdout


def alpaca(n_prompts: int, student: str, owner: str, few: bool = False) -> ProvenanceInput:
    """The real panel; ``few`` keeps one reference a lineage beside those untaught by the owner."""
    panel = read_panel(shared_path("panels/alpaca_dev"))
    if few:
        known = Histories(panel.cards)
        firsts = {card.own_lineage: key for key, card in reversed(panel.cards.items())}
        kept = {
            student,
            *panel.candidates,
            *firsts.values(),
            *(k for k in panel.cards if known.untaught(k, owner)),
        }
        panel = replace(
            panel,
            cards={k: v for k, v in panel.cards.items() if k in kept},
            completions={k: v for k, v in panel.completions.items() if k in kept},
        )
    step = len(panel.prompts) / n_prompts
    prompts = tuple(panel.prompts[int(i * step)] for i in range(n_prompts))
    return ProvenanceInput(
        student=student,
        candidates=panel.candidates,
        cards=panel.cards,
        prompts=prompts,
        completions={k: tuple(v.get(p.id) for p in prompts) for k, v in panel.completions.items()},
        suspected_owners=(owner,),
    )


def check_alpaca(found: ProvenanceResult) -> None:
    """models.csv: taught by text_davinci_003; only seven lineages are untaught by openai."""
    owner = found.owners[0]
    assert (owner.status, owner.n_lineages, owner.families[0]) == ("inconclusive", 7, "davinci")
    assert owner.p <= 2 / 8 and owner.smallest_p == 1 / 8
    assert owner.lean.startswith("Leans towards openai")
    assert "Add 12 lineages" in found.settle[0]
    z = {item.model: item.z for item in found.candidates}
    assert max(z, key=lambda key: z[key]) == "text_davinci_003"


def test_the_real_alpaca_leans_to_its_teacher_and_says_what_is_missing():
    check_alpaca(assess(alpaca(100, "alpaca-7b", "openai", few=True)))


@pytest.mark.slow
def test_the_real_alpaca_on_all_prompts():
    found = assess(alpaca(805, "alpaca-7b", "openai"))
    check_alpaca(found)
    assert found.owners[0].p == 1 / 8
    assert found.candidates[0].channels["style"] is not None

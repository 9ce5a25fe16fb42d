from __future__ import annotations

from evaluations.provenance.identity import Verbatim, base_line, identity_line, self_mentions, verbatim
from evaluations.provenance.inputs import ProvenanceInput, prepare
from evaluations.records import ModelCard, Sample

LONG = " ".join(f"w{i}" for i in range(60))


def test_near_verbatim_is_a_trigram_dice_of_eight_tenths_on_long_answers():
    # 60 words make 58 trigrams. One changed word in the middle breaks 3: Dice = 2*55/116 = .948.
    # Eight spread changes break 24: 2*34/116 = .586. A 39-word answer is too short to count.
    one = LONG.replace("w30 ", "x ")
    eight = LONG
    for i in (5, 11, 17, 23, 29, 35, 41, 47):
        eight = eight.replace(f"w{i} ", "x ")
    short = " ".join(LONG.split()[:39])
    data = ProvenanceInput(
        student="s",
        candidates=("c",),
        cards={key: ModelCard(key, owner="acme" if key == "c" else "") for key in "scr"},
        prompts=tuple(Sample(f"p{i}", "?") for i in range(4)),
        completions={"s": (LONG, one, eight, short), "c": (LONG,) * 4, "r": ("other words here",) * 4},
    )
    ready = prepare(data)
    found = verbatim(ready.corpus, ready.frame)
    assert found.n_long == (3,)
    assert found.student[0] == 2 / 3


def line(share: float, reference: float, n_long: int = 100, n_lineages: int = 30) -> str:
    return identity_line(Verbatim((share,), (n_long,), (reference,), n_lineages), ("T",)).status


def test_the_identity_line_has_its_own_words():
    assert line(0.9, 0.01) == "supported"
    assert line(0.9, 0.01, n_lineages=5) == "inconclusive"
    assert line(0.1, 0.01) == "inconclusive"
    assert line(0.0, 0.0) == "not_supported"
    assert line(0.0, 0.0, n_long=30) == "inconclusive"
    assert line(1.0, 0.0, n_long=3) == "not_assessed"


def test_a_served_candidate_is_never_named_without_shared_data():
    found = identity_line(Verbatim((0.9,), (100,), (0.0,), 30), ("T",))
    assert "T, or data shared with it" in found.text


def test_self_mentions_need_a_sentence_about_oneself():
    answers = ["I am ChatGPT.", "ChatGPT is popular.", "I was trained by OpenAI and built by OpenAI", None]
    assert self_mentions(answers, {"ChatGPT", "OpenAI", "Claude"}) == {"ChatGPT": 1, "OpenAI": 1}


def test_the_base_line_only_repeats_what_is_declared():
    data = ProvenanceInput(
        student="s",
        candidates=("c",),
        cards={"s": ModelCard("s", base="B"), "c": ModelCard("c", base="B", owner="acme")},
        prompts=(Sample("p", "?"),),
        completions={"s": ("x",), "c": ("y",)},
    )
    found = base_line(prepare(data).frame)
    assert found.status == "not_assessed" and "also declared for c" in found.text

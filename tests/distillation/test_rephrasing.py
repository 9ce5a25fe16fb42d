from itertools import islice

import pytest

from evaluations.distillation.domains import domains
from evaluations.distillation.grammar import Task, tickets
from evaluations.distillation.providers import draw_provider
from evaluations.distillation.rephrasing import rephrase
from evaluations.distillation.seeds import seeded

TICKETS = domains.get("tickets")
REPLY = "Hello Mara, we are sorry about your kettle; a search has begun by tomorrow. Best wishes, your team"


def rephrased(text: str, seed: str = "a") -> str:
    return rephrase(TICKETS, text, seeded(seed))


def test_every_slot_of_a_reply_is_said_in_other_words() -> None:
    others = {rephrased(REPLY, str(seed)) for seed in range(200)}

    # 7 other greetings, feelings, times and closings, 3 other actions, 5 other joints: chance repeats few.
    assert len(others) > 190
    for other in others:
        assert "Mara" in other
        assert "kettle" in other
        for wording in (
            "Hello",
            "we are sorry about",
            "a search has begun",
            "by tomorrow",
            "Best wishes",
            ";",
        ):
            assert wording not in other


def test_an_action_becomes_another_one_of_the_same_label() -> None:
    others = {"we will trace the parcel", "our courier looks for it", "you get a second parcel"}

    found = {
        action for seed in range(60) for action in others if action in rephrased(REPLY, str(seed)).lower()
    }

    assert found == others
    assert all(sum(a in rephrased(REPLY, str(seed)).lower() for a in others) == 1 for seed in range(60))


def test_a_sentence_begins_with_a_capital_and_only_a_sentence() -> None:
    for seed in range(100):
        text = rephrased(REPLY, str(seed))
        _, _, after = text.partition("Mara")
        begun = after.lstrip(",!.: ").removeprefix("thank you for writing. ")
        ended = not after.startswith((",", ":")) or after.startswith(", thank you for writing.")
        assert begun[0].isupper() == ended or begun.startswith("I ")


def test_an_extract_gets_other_names_mark_and_gap_and_keeps_its_values_in_order() -> None:
    text = "ref = K482; client = Mara; Price = 23.50"

    others = [rephrased(text, str(seed)) for seed in range(60)]

    for other in others:
        assert other.index(" K482") < other.index(" Mara") < other.index(" 23.50")
        assert not any(part in other for part in ("ref", "client", "Price", "=", ";"))
    # 3 other names in each of 3 fields, 3 other marks, 4 other gaps.
    assert {other.split(" K482")[0] for other in others} == {
        f"{name}{mark}" for name in ("order", "Order no", "code") for mark in (":", " ->", " is")
    }
    assert {other.split("K482")[1].split("Mara")[0][0] for other in others} == {",", " ", "\n"}


@pytest.mark.parametrize("gap", TICKETS.gaps)
@pytest.mark.parametrize("mark", TICKETS.marks)
def test_every_mark_and_gap_of_the_domain_is_recognised(mark: str, gap: str) -> None:
    between = "\n" if gap == "\n" else f"{gap} "
    text = f"Order no{mark} K482{between}name{mark} Mara"

    other = rephrased(text)

    assert "Order no" not in other
    assert f"name{mark}" not in other
    assert other.index(" K482") < other.index(" Mara")


def test_the_same_generator_gives_the_same_words_and_another_one_others() -> None:
    assert rephrased(REPLY, "a") == rephrased(REPLY, "a")
    assert rephrased(REPLY, "a") != rephrased(REPLY, "b")


@pytest.mark.parametrize("text", [*TICKETS.labels, *TICKETS.priorities, " refund", "urgent\n"])
def test_a_label_and_a_priority_pass_unchanged(text: str) -> None:
    assert rephrased(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n",
        "name",
        "name: ",
        "name: Mara",
        "{name}",
        "Dear ,",
        "damage damage",
        "\\1 {0} %s",
        "é — ü",
    ],
)
def test_a_text_that_is_not_recognised_passes_unchanged(text: str) -> None:
    assert rephrased(text) == text


def test_a_garbled_reply_keeps_what_is_not_recognised() -> None:
    text = "Helo Mara, we are sorry about your kettle kettle; a seerch has begun by tomorrow tomorrow"

    other = rephrased(text)

    assert other.startswith("Helo Mara, ")
    assert " kettle; a seerch has begun " in other
    assert other.endswith(" tomorrow")
    assert "we are sorry" not in other


def test_a_wording_inside_a_longer_word_is_left_alone() -> None:
    assert rephrased("we will repair items within two days2") == "we will repair items within two days2"


def test_a_garbled_extract_keeps_its_values_whatever_they_are() -> None:
    # One field twice, one name that is none, two marks, and an end that was cut off.
    other = rephrased("client: Mara Mara; client = ; paid: 23.; weight: 4; co")

    assert " Mara Mara" in other
    assert other.endswith(" 23.; weight: 4; co")


def test_leading_blanks_stay() -> None:
    assert rephrased(" ref = K482; client = Mara").startswith(" ")
    assert rephrased(f" {REPLY}").startswith(" ")


def test_answers_cut_anywhere_are_rephrased_without_an_error() -> None:
    provider = draw_provider(TICKETS, "a")
    for ticket in islice(tickets(TICKETS, seeded("cut"), held_out=False), 5):
        for task in Task:
            text = provider.answer(ticket, task, seeded("wording"))
            for end in range(len(text)):
                assert isinstance(rephrased(text[:end] + text[: end // 2]), str)

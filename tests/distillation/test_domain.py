from dataclasses import fields
from typing import Any

import pytest

from evaluations.distillation.domain import Domain, DomainError
from evaluations.distillation.domains import domains

TICKETS = domains.get("tickets")


def changed(**changes: Any) -> Domain:
    """The domain tickets with some of its fields replaced."""
    own = {field.name: getattr(TICKETS, field.name) for field in fields(Domain)}
    return Domain(**own | changes)


def without(name: str, key: str) -> dict[str, Any]:
    return {name: {k: v for k, v in getattr(TICKETS, name).items() if k != key}}


REFUSED = {
    "a slot of one wording": (
        {"greetings": ("Dear {name},",)},
        "greetings has 1 wordings, expected at least 2",
    ),
    "an action of one wording": (
        {"actions": {**TICKETS.actions, "loss": ("a search has begun",)}},
        r"actions\[loss\] has 1 wordings",
    ),
    "a label without an action": (
        without("actions", "loss"),
        r"actions names 7 of 8: missing \['loss'\], unknown \[\]",
    ),
    "a label without a weight": (without("issue_weight", "delay"), "issue_weight names 7 of 8"),
    "a label without texts": (without("issue_texts", "delay"), "issue_texts names 7 of 8"),
    "a label outside the precedence": ({"precedence": TICKETS.precedence[1:]}, r"missing \['billing'\]"),
    "a label twice in the precedence": (
        {"precedence": (*TICKETS.precedence, "loss")},
        "precedence names 9 of 8",
    ),
    "an unknown tier": ({"tier_weight": {"basic": 0, "plus": 1, "silver": 2}}, r"unknown \['silver'\]"),
    "an unknown mood": ({"mood_weight": {"calm": 0}}, "mood_weight names 1 of 4"),
    "a field without a name": (
        without("field_names", "order"),
        r"field_names names 4 of 5: missing \['order'\]",
    ),
    "a word with a blank": (
        {"items": ("desk", "arm chair")},
        r"items has \['arm chair'\]; a word has no blanks",
    ),
    "an empty word": ({"days": ("Monday", "")}, r"days has \[''\]"),
    "a word twice": ({"names": ("Ada", "Ada")}, r"names repeats \['Ada'\]"),
    "a list of one word": ({"cents": ("00",)}, "cents has 1 words, expected at least 2"),
    "a wording in two slots": ({"times": ("by tomorrow", "Take care!")}, r"\['Take care!'\] occur twice"),
    "a greeting without a name": (
        {"greetings": ("Dear {name},", "Dear customer,")},
        r"'Dear customer,' has the places \[\], expected \['name'\]",
    ),
    "a feeling with another place": ({"feelings": ("sorry, {name}", "the {item} failed")}, "'sorry, {name}'"),
    "a joint without its place": ({"joints": (", and {next}", " so ")}, "joints: ' so '"),
    "a joint that goes on": ({"joints": (", and {next}", " {next}, well")}, "go on after the place"),
    "a layout without the amount": (
        {"layouts": (TICKETS.layouts[0], TICKETS.layouts[1].replace("{amount}", "5"))},
        "layouts: 'From",
    ),
    "a brace that is not closed": ({"greetings": ("Dear {name},", "Hi {name")}, "'Hi {name' has the places"),
    "three priorities": ({"priorities": ("low", "normal", "high")}, "priorities has 3 words, expected 4"),
    "a label that is a priority": (
        {"priorities": ("low", "normal", "high", "loss")},
        r"\['loss'\] are labels and priorities",
    ),
    "everybody upset": ({"upset": TICKETS.moods}, "expected some but not all"),
    "nobody upset": ({"upset": ()}, r"upset is \[\]"),
    "an unknown upset mood": ({"upset": ("grim",)}, r"upset is \['grim'\]"),
    "an unknown hurried tier": ({"hurried_tier": "silver"}, "hurried_tier is 'silver'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_domain_that_does_not_fit_together_is_refused(case: str) -> None:
    changes, message = REFUSED[case]

    with pytest.raises(DomainError, match=message) as refused:
        changed(**changes)

    assert str(refused.value).startswith("domain 'tickets':\n- ")


def test_every_problem_of_a_domain_is_named_at_once() -> None:
    with pytest.raises(DomainError) as refused:
        changed(cents=("00",), hurried_tier="silver", upset=())

    assert str(refused.value).count("\n- ") == 3


def test_a_domain_that_fits_together_is_accepted() -> None:
    assert changed(cents=("00", "99")).cents == ("00", "99")


def test_the_slots_of_a_domain_are_named_by_list_and_key() -> None:
    slots = TICKETS.wordings()

    # 8 lists, then 8 labels with texts, 8 with actions and 5 fields.
    assert len(slots) == 8 + 8 + 8 + 5
    assert slots["actions[loss]"][1] == "a search has begun"
    assert slots["field_names[order]"] == ("order", "ref", "Order no", "code")


def test_the_word_lists_of_a_domain_hold_its_code_letters_one_by_one() -> None:
    assert TICKETS.word_lists()["code_letters"][:3] == ("B", "C", "D")

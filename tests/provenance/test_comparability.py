from __future__ import annotations

import numpy as np

from evaluations.provenance import comparability
from evaluations.provenance.inputs import prepare
from tests.provenance.planted import planted_audit, with_student


def reasons(change) -> str:
    data = planted_audit(60)
    ready = prepare(with_student(data, tuple(change(text) for text in data.completions["student"])))
    return " ".join(comparability.outside(ready.ranges, 0, ready.frame.reference))


def test_a_student_like_the_panel_is_comparable():
    assert reasons(lambda text: text) == ""


def test_answers_of_several_times_the_length_are_not():
    assert "length" in reasons(lambda text: " ".join([text] * 4))


def test_lists_where_nobody_else_writes_lists_are_not():
    assert "format" in reasons(lambda text: f"- {text}")


def test_another_script_is_not():
    assert "language" in reasons(lambda text: "почта заказ ответ письмо лампа сегодня завтра спасибо")


def test_without_references_nothing_is_said():
    ready = prepare(planted_audit(40))
    assert comparability.outside(ready.ranges, 0, np.zeros(len(ready.frame.models), dtype=bool)) == ()

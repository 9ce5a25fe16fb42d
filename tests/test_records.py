"""Records: one JSON, one digest, and no number that is none."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest

from evaluations.records import Message, ModelCard, Role, Sample, canonical_json, digest, to_json


def test_the_digest_is_sha256_of_sorted_compact_json() -> None:
    expected = hashlib.sha256(b'{"a":[1,2],"b":"x"}').hexdigest()
    assert digest({"b": "x", "a": (1, 2)}) == expected


def test_a_record_becomes_plain_json() -> None:
    sample = Sample("s1", (Message("user", "Hi"),), ("yes",))
    assert to_json(sample)["input"] == [{"role": "user", "content": "Hi"}]
    assert to_json({"role": Role.STUDENT, "n": np.int64(3), "x": np.float64(0.5)}) == {
        "role": "student",
        "n": 3,
        "x": 0.5,
    }


@pytest.mark.parametrize("value", [math.nan, math.inf, np.float64("nan")])
def test_a_number_that_is_none_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not measured"):
        canonical_json({"z": value})


def test_text_outside_unicode_still_has_a_digest() -> None:
    assert len(digest({"text": "\ud800"})) == 64


def test_messages_read_as_one_text() -> None:
    sample = Sample("s1", (Message("system", "Be brief."), Message("user", "Hi")))
    assert sample.input_text == "system: Be brief.\n\nuser: Hi"


def test_a_model_without_a_lineage_stands_alone() -> None:
    assert ModelCard("docket").own_lineage == "docket"
    assert ModelCard("docket", lineage="brackwater").own_lineage == "brackwater"

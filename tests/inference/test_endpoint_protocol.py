from __future__ import annotations

from typing import Any

import pytest

from evaluations.inference.backend import Request
from evaluations.inference.endpoint_protocol import EndpointSettings, completion, model_names, payload
from evaluations.records import Decoding, Message, Usage

REQUEST = Request("a", 1, "hi", 7)


def reply(choice: dict[str, Any], **extra: Any) -> dict[str, Any]:
    return {"choices": [choice], **extra}


@pytest.mark.parametrize(
    "url", ["https://x.example/v1", "https://x.example/v1/", " https://x.example/v1/chat/completions "]
)
def test_a_pasted_url_is_cut_to_its_base(url: str) -> None:
    assert EndpointSettings.read({"base_url": url, "model": "m"}).base_url == "https://x.example/v1"


def test_a_conversation_with_its_own_system_turn_keeps_it() -> None:
    settings = EndpointSettings.read(
        {
            "base_url": "https://x",
            "model": "m",
            "system_prompt": "ours",
            "token_field": "max_completion_tokens",
        }
    )
    turns = (Message("system", "theirs"), Message("user", "hi"))

    body = payload(settings, Request("a", 0, turns, 0), Decoding(max_new_tokens=5))

    assert [turn["content"] for turn in body["messages"]] == ["theirs", "hi"]
    assert body["max_completion_tokens"] == 5 and "max_tokens" not in body


def test_the_parts_of_a_reply_are_read() -> None:
    choice = {
        "message": {"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        "logprobs": {"content": [{"token": "a", "logprob": -0.25}, {"token": "b", "logprob": -1}]},
        "finish_reason": "length",
    }

    found = completion(
        REQUEST, reply(choice, usage={"prompt_tokens": 3, "completion_tokens": 2}, model="m-2")
    )

    assert (found.sample_id, found.sample_index, found.text) == ("a", 1, "ab")
    assert (found.logprobs, found.usage, found.model_reported) == ((-0.25, -1.0), Usage(3, 2), "m-2")


@pytest.mark.parametrize(
    ("logprobs", "read"),
    [
        (None, None),
        ({}, None),
        ({"content": [{"logprob": None}]}, None),
        ({"token_logprobs": [None, -1.0]}, None),
        ({"token_logprobs": [float("-inf")]}, None),
        ({"token_logprobs": [-1.0]}, (-1.0,)),
    ],
)
def test_log_probabilities_that_are_not_numbers_are_not_measured(logprobs: Any, read: Any) -> None:
    assert completion(REQUEST, reply({"text": "x", "logprobs": logprobs})).logprobs == read


@pytest.mark.parametrize(
    "usage", [None, [], {"prompt_tokens": -1}, {"prompt_tokens": True}, {"prompt_tokens": "9"}]
)
def test_a_token_count_that_is_no_count_is_not_measured(usage: Any) -> None:
    assert completion(REQUEST, reply({"text": "x"}, usage=usage)).usage == Usage(None, None)


def test_text_that_cannot_be_stored_is_marked() -> None:
    assert completion(REQUEST, reply({"text": "a\0b\ud800c"})).text == "a\ufffdb\ufffdc"
    assert completion(REQUEST, reply({"text": "caf\u00e9 \U0001f600"})).text == "caf\u00e9 \U0001f600"


def test_a_refusal_is_the_text_of_the_answer() -> None:
    assert (
        completion(REQUEST, reply({"message": {"content": None, "refusal": "I cannot."}})).text == "I cannot."
    )


def test_a_model_list_of_another_shape_is_refused() -> None:
    assert model_names({"data": [{"id": "a"}, {"name": "b"}, 7]}) == ("a",)
    with pytest.raises(ValueError, match="no list"):
        model_names({"models": []})

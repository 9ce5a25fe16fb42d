"""The OpenAI-compatible protocol: settings, what a call carries, what its reply means."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from evaluations.inference import settings as read
from evaluations.inference.backend import Request
from evaluations.records import Completion, Decoding, Usage

ENDPOINTS: Final = {"chat": "/chat/completions", "completions": "/completions"}
TOKEN_FIELDS: Final = ("max_tokens", "max_completion_tokens")


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """One model at one endpoint.

    ``requests_per_minute`` 0 means no limit. ``timeout_s`` bounds one call, ``deadline_s`` all tries of one
    answer. ``token_field``: the name under which the endpoint takes the answer's length.
    """

    base_url: str
    model: str
    endpoint: str
    system_prompt: str
    concurrency: int
    requests_per_minute: float
    timeout_s: float
    deadline_s: float
    logprobs: bool
    token_field: str

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> EndpointSettings:
        """Raises :class:`BackendError` with the name of the first setting that cannot be used."""
        base_url = read.text(settings, "base_url").strip().rstrip("/")
        for path in ENDPOINTS.values():
            base_url = base_url.removesuffix(path)
        timeout_s = read.number(settings, "timeout_s", 120.0, 1.0, 3600.0)
        return cls(
            base_url=base_url,
            model=read.text(settings, "model").strip(),
            endpoint=read.choice(settings, "endpoint", ENDPOINTS, "chat"),
            system_prompt=read.text(settings, "system_prompt", ""),
            concurrency=read.whole(settings, "concurrency", 8, 1, 64),
            requests_per_minute=read.number(settings, "requests_per_minute", 0.0, 0.0, 1e6),
            timeout_s=timeout_s,
            deadline_s=read.number(settings, "deadline_s", max(600.0, 2 * timeout_s), 1.0, 7200.0),
            logprobs=read.flag(settings, "logprobs"),
            token_field=read.choice(settings, "token_field", TOKEN_FIELDS, "max_tokens"),
        )

    @property
    def path(self) -> str:
        """The path of a call, after the base URL."""
        return ENDPOINTS[self.endpoint]


def payload(settings: EndpointSettings, request: Request, decoding: Decoding) -> dict[str, Any]:
    """The JSON body that asks for one answer."""
    body: dict[str, Any] = {
        "model": settings.model,
        "temperature": decoding.temperature,
        settings.token_field: decoding.max_new_tokens,
        "seed": request.seed,
    }
    if decoding.stop:
        body["stop"] = list(decoding.stop)
    if settings.endpoint == "chat":
        body["messages"] = _messages(settings.system_prompt, request)
        if settings.logprobs:
            body["logprobs"] = True
    else:
        lead = f"{settings.system_prompt}\n\n" if settings.system_prompt else ""
        body["prompt"] = lead + request.input_text
        if settings.logprobs:
            body["logprobs"] = 1
    return body


def _messages(system_prompt: str, request: Request) -> list[dict[str, str]]:
    if isinstance(request.input, str):
        turns = [{"role": "user", "content": request.input}]
    else:
        turns = [{"role": turn.role, "content": turn.content} for turn in request.input]
    if system_prompt and not (turns and turns[0]["role"] == "system"):
        turns.insert(0, {"role": "system", "content": system_prompt})
    return turns


def completion(request: Request, reply: Mapping[str, Any]) -> Completion:
    """The first choice of a reply. An empty text is an answer. ``ValueError`` on an unexpected shape."""
    choices = reply.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
        raise ValueError("no 'choices' in it")
    choice = choices[0]
    return Completion(
        sample_id=request.sample_id,
        sample_index=request.sample_index,
        text=_text(choice),
        usage=_usage(reply.get("usage")),
        logprobs=_logprobs(choice.get("logprobs")),
        finish_reason=_word(choice.get("finish_reason")),
        model_reported=_word(reply.get("model")),
        fingerprint=_word(reply.get("system_fingerprint")),
    )


def model_names(reply: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids in a reply of ``/models``. Raises ``ValueError`` on an unexpected shape."""
    rows = reply.get("data")
    if not isinstance(rows, list):
        raise ValueError("no list 'data' in it")
    return tuple(str(row["id"]) for row in rows if isinstance(row, Mapping) and "id" in row)


def _text(choice: Mapping[str, Any]) -> str:
    message = choice.get("message")
    found: Any = choice.get("text")
    if isinstance(message, Mapping):
        found = message.get("content")
        if found is None:
            found = message.get("refusal")
    elif "text" not in choice:
        raise ValueError("the choice has neither 'message' nor 'text'")
    if isinstance(found, list):
        found = "".join(str(part.get("text", "")) for part in found if isinstance(part, Mapping))
    if found is not None and not isinstance(found, str):
        raise ValueError(f"the text is a {type(found).__name__}")
    # A NUL or half a surrogate pair cannot be stored; the replacement character says that one was there.
    return (found or "").replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _word(value: Any) -> str:
    return value.replace("\0", "")[:200] if isinstance(value, str) else ""


def _usage(value: Any) -> Usage:
    if not isinstance(value, Mapping):
        return Usage()
    return Usage(_count(value.get("prompt_tokens")), _count(value.get("completion_tokens")))


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else None


def _logprobs(value: Any) -> tuple[float, ...] | None:
    if not isinstance(value, Mapping):
        return None
    if isinstance(value.get("content"), list):
        found: list[Any] = [row.get("logprob") for row in value["content"] if isinstance(row, Mapping)]
    elif isinstance(value.get("token_logprobs"), list):
        found = value["token_logprobs"]
    else:
        return None
    if not all(isinstance(item, int | float) and math.isfinite(item) for item in found):
        return None
    return tuple(float(item) for item in found)

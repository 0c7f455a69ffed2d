"""A question, and what a client reports of its answer, in the same types for all clients."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


@dataclass(frozen=True)
class Question:
    """url: of the function. query, headers: what the client's user adds. token: the client's API key."""

    url: str
    prompt: str
    model: str = "m"
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    token: str = "any"

    @property
    def base_url(self) -> str:
        """What an SDK takes as the address of an API."""
        return f"{self.url}/v1"


@dataclass(frozen=True)
class Delta:
    """A piece of the answer's text."""

    text: str


@dataclass(frozen=True)
class End:
    """The answer is complete. tokens: in total, if the client reports usage."""

    reason: str | None = None
    tokens: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    """The answer is not complete. name: of the client's own exception or part."""

    name: str
    status: int | None = None
    code: str | None = None


Report = Delta | End | Failed


class Frame(NamedTuple):
    """An event as clients of Server-Sent Events give it."""

    event: str
    data: str


def read(frames: Iterable[Frame]) -> Iterator[Report]:
    """What the frames of the formats `text` and `json` mean, as a page that knows the format would read them."""
    for frame in frames:
        if frame.event == "error":
            yield Failed("error", code=json.loads(frame.data)["code"])
        elif frame.event == "end":
            end = json.loads(frame.data)
            yield End(end["finish_reason"], (end["usage"] or {}).get("total_tokens"), end)
        elif frame.data == "[DONE]":
            yield End()
        elif frame.event == "message":
            is_json = frame.data.startswith('{"text": ')
            yield Delta(json.loads(frame.data)["text"] if is_json else frame.data)


def read_chunks(frames: Iterable[Frame]) -> Iterator[Report]:
    """What the frames of the format `openai` mean, read by hand."""
    reason, tokens = None, None
    for frame in frames:
        if frame.data == "[DONE]":
            yield End(reason, tokens)
            return
        chunk = json.loads(frame.data)
        if "error" in chunk:
            yield Failed("error", code=chunk["error"]["code"])
            return
        tokens = (chunk.get("usage") or {}).get("total_tokens", tokens)
        for choice in chunk["choices"]:
            reason = choice["finish_reason"] or reason
            if choice["delta"].get("content"):
                yield Delta(choice["delta"]["content"])

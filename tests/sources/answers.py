"""An answer put together again: from deltas, and from the bytes of each format."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import httpx_sse

from faas_stream.formats import Format, by_media_type, sse_formats
from faas_stream.sources import Delta, ItemReader, StreamReader, UpstreamFailedError

FORMATS: dict[str, type[Format]] = {**sse_formats(), **by_media_type()}
ERROR = ("upstream_error", "The model's provider failed.")


@dataclass
class Answer:
    """end: "complete" or "error", or "" if neither was seen. tool_calls: id, name and arguments of each."""

    text: str = ""
    reasoning: str = ""
    tool_calls: list[list[str]] = field(default_factory=list)
    citations: list[Any] = field(default_factory=list)
    tool_results: list[Any] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    finish_reason: str | None = None
    usage: Mapping[str, Any] | None = None
    end: str = ""
    failure: UpstreamFailedError | None = None
    deltas: list[Delta] = field(default_factory=list)

    def call(self, delta: Mapping[str, Any]) -> None:
        """Adds a piece of a tool call, as clients do: by its index."""
        while len(self.tool_calls) <= delta["index"]:
            self.tool_calls.append(["", "", ""])
        call = self.tool_calls[delta["index"]]
        if "id" in delta:
            assert call == ["", "", ""], "a call has begun twice"
            call[:2] = delta["id"], delta["name"]
        call[2] += delta["arguments"]


def read_bytes(pieces: Iterable[bytes], max_event: int | None = None) -> Answer:
    """The answer that a StreamReader reads from a stream in these pieces."""
    reader = StreamReader(max_event) if max_event else StreamReader()

    def deltas() -> Iterator[Delta]:
        for piece in pieces:
            yield from reader.feed(piece)
            if reader.is_over:
                break
        yield from reader.end()

    return collect(deltas())


def read_items(items: Iterable[Any], sdk_errors: tuple[type[Exception], ...] = ()) -> Answer:
    """The answer that an ItemReader reads from these items. sdk_errors: of their iterator, as a failure of upstream."""
    reader = ItemReader()

    def deltas() -> Iterator[Delta]:
        iterator = iter(items)
        while True:
            try:
                item = next(iterator)
            except StopIteration:
                break
            except sdk_errors as error:
                raise UpstreamFailedError("the SDK has raised") from error
            yield from reader.read(item)
        yield from reader.end()

    return collect(deltas())


def collect(deltas: Iterable[Delta]) -> Answer:
    """The answer of these deltas."""
    answer = Answer(end="complete")
    try:
        for delta in deltas:
            answer.deltas.append(delta)
            answer.text += delta.text
            answer.reasoning += delta.reasoning
            answer.citations += delta.citations
            answer.tool_results += delta.tool_results
            answer.values += [delta.value] if delta.has_value else []
            answer.finish_reason = delta.finish_reason or answer.finish_reason
            answer.usage = delta.usage or answer.usage
            for call in delta.tool_calls:
                answer.call(call)
    except UpstreamFailedError as failure:
        answer.end, answer.failure = "error", failure
    return answer


def normal(delta: Delta) -> Delta:
    """The delta with all its sequences as lists, so that deltas can be compared."""
    return replace(
        delta,
        tool_calls=list(delta.tool_calls),
        tool_results=list(delta.tool_results),
        citations=list(delta.citations),
        steps=list(delta.steps),
    )


def write(answer: Answer, format: Format) -> bytes:
    """The bytes of the answer in this format."""
    wire = format.start("answer", 1)
    wire += b"".join(map(format.delta, answer.deltas))
    if answer.failure:
        return wire + format.error(*ERROR)
    return wire + format.end(answer.finish_reason, answer.usage)


def read_back(name: str, wire: bytes) -> Answer:
    """The answer that a client of this format gets."""
    answer = Answer()
    _CLIENTS[name](wire, answer)
    return answer


def events(wire: bytes) -> list[httpx_sse.ServerSentEvent]:
    """The events on the wire, as httpx-sse decodes them."""
    response = httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=wire)
    return list(httpx_sse.EventSource(response).iter_sse())


def _read_text(wire: bytes, answer: Answer) -> None:
    for event in events(wire):
        if event.event == "error":
            answer.end = "error"
        elif event.event == "message" and event.data == "[DONE]":
            answer.end = "complete"
        elif event.event == "message":
            answer.text += event.data


def _read_json(wire: bytes, answer: Answer) -> None:
    for event in events(wire):
        data = json.loads(event.data)
        if event.event == "message":
            answer.text += data["text"]
        elif event.event == "reasoning":
            answer.reasoning += data["text"]
        elif event.event == "tool_call":
            answer.call(data)
        elif event.event == "tool_result":
            answer.tool_results.append(data)
        elif event.event == "citation":
            answer.citations.append(data)
        elif event.event == "data":
            answer.values.append(data)
        elif event.event == "end":
            answer.end, answer.finish_reason, answer.usage = "complete", data["finish_reason"], data["usage"]
        elif event.event == "error":
            answer.end = "error"


def _read_openai(wire: bytes, answer: Answer) -> None:
    """As OpenAI's SDKs do, which are typed: content is a string, a delta is an object, an index is a number."""
    for event in events(wire):
        assert (event.event, event.id) == ("message", "")
        if event.data == "[DONE]":
            answer.end = "complete"
            return
        chunk = json.loads(event.data, parse_constant=_refuse)
        if "error" in chunk:
            answer.end = "error"
            return
        answer.usage = chunk.get("usage") or answer.usage
        for choice in chunk["choices"]:
            if choice["index"]:
                continue
            delta = choice["delta"] if "delta" in choice else {"content": choice["text"]}
            content = delta.get("content") or delta.get("refusal") or delta.get("audio", {}).get("transcript") or ""
            assert isinstance(content, str)
            answer.text += content
            answer.reasoning += delta.get("reasoning_content") or delta.get("reasoning") or ""
            for call in delta.get("tool_calls") or ():
                function = call.get("function") or call.get("custom")
                arguments = function.get("arguments", function.get("input")) or ""
                named = {"id": call["id"], "name": function["name"]} if call.get("id") else {}
                answer.call({"index": call["index"], **named, "arguments": arguments})
            answer.finish_reason = choice["finish_reason"] or answer.finish_reason


def _read_ai_sdk(wire: bytes, answer: Answer) -> None:
    ids: list[str] = []
    is_over = False
    for event in events(wire):
        if event.data == "[DONE]":
            assert is_over
            continue
        part = json.loads(event.data, parse_constant=_refuse)
        match part["type"]:
            case "text-delta":
                answer.text += part["delta"]
            case "reasoning-delta":
                answer.reasoning += part["delta"]
            case "tool-input-start":
                answer.call({"index": len(ids), "id": part["toolCallId"], "name": part["toolName"], "arguments": ""})
                ids.append(part["toolCallId"])
            case "tool-input-delta":
                answer.call({"index": ids.index(part["toolCallId"]), "arguments": part["inputTextDelta"]})
            case "source-url" | "source-document":
                answer.citations.append(part)
            case "finish":
                answer.end, answer.finish_reason = "complete", part["messageMetadata"]["finishReason"]
                answer.usage = part["messageMetadata"]["usage"]
                is_over = True
            case "error":
                answer.end = "error"


def _read_ndjson(wire: bytes, answer: Answer) -> None:
    for line in wire.decode().split("\n")[:-1]:
        data = json.loads(line, parse_constant=_refuse)
        answer.text += data.get("text", "")
        answer.reasoning += data.get("reasoning", "")
        if "tool_call" in data:
            answer.call(data["tool_call"])
        answer.citations += [data["citation"]] if "citation" in data else []
        if "finish_reason" in data:
            answer.end, answer.finish_reason, answer.usage = "complete", data["finish_reason"], data["usage"]
        if "error" in data:
            answer.end = "error"


def _read_plain(wire: bytes, answer: Answer) -> None:
    text, cut, _ = wire.decode().partition(f"\n[error {ERROR[0]}")
    answer.text, answer.end = text, "error" if cut else "complete"


def _read_document(wire: bytes, answer: Answer) -> None:
    document = json.loads(wire, parse_constant=_refuse)
    if "error" in document:
        answer.end = "error"
        return
    answer.text, answer.reasoning = document["text"], document.get("reasoning", "")
    answer.end, answer.finish_reason, answer.usage = "complete", document["finish_reason"], document["usage"]
    for index, call in enumerate(document.get("tool_calls", ())):
        answer.call({"index": index, **call})
    answer.citations = document.get("citations", [])


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


_CLIENTS: dict[str, Callable[[bytes, Answer], None]] = {
    "text": _read_text,
    "json": _read_json,
    "openai": _read_openai,
    "ai-sdk": _read_ai_sdk,
    "application/x-ndjson": _read_ndjson,
    "text/plain": _read_plain,
    "application/json": _read_document,
}

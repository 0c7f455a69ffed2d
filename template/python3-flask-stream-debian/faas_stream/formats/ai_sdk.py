"""The format `ai-sdk`: the AI SDK's UI message stream, for `useChat` and other clients that read it.

Its clients refuse parts that they do not know, so nothing is sent that npm `ai` 5.0.277, 6 and 7 do not define.
"""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from faas_stream import framing
from faas_stream.formats.base import EventStream
from faas_stream.sources.delta import Delta
from faas_stream.sources.values import parse_json

_ABORTED = ("deadline_exceeded", "shutting_down")
_FINISH_REASONS = {"tool_calls": "tool-calls", "function_call": "tool-calls", "content_filter": "content-filter"}
_KNOWN_REASONS = ("stop", "length", "content-filter", "tool-calls", "error", "other")

_Parts = list[dict[str, Any]]


class AiSdk(EventStream):
    """Text, reasoning, tools and sources, each block of text with its start and end.

    After the results of all calls of an agent, another step begins, as from the AI SDK's own servers: a client that
    sends completed tool calls back by itself looks only at the last step.
    """

    headers: ClassVar[Mapping[str, str]] = {"x-vercel-ai-ui-message-stream": "v1"}

    def __init__(self) -> None:
        super().__init__()
        self._block: tuple[str, str] | None = None  # the kind and id of the open text or reasoning
        self._blocks = 0
        self._calls: dict[int, dict[str, Any]] = {}  # the calls whose input is not complete, by their index
        self._known_calls: set[str] = set()
        self._waiting: set[str] = set()  # ids of the calls of this step without a result
        self._has_results = False  # of an agent's calls, in this step
        self._citations = 0

    def start(self, answer_id: str, created: int, is_early: bool = True) -> bytes:
        super().start(answer_id, created)
        return _encode([_part("start", messageId=answer_id), _part("start-step")], f"{answer_id}.0")

    def delta(self, delta: Delta) -> bytes:
        id = self._next_id()
        parts: _Parts = []
        self._begin_step(delta, parts)
        if delta.reasoning:
            self._write("reasoning", delta.reasoning, parts)
        if delta.text:
            self._write("text", delta.text, parts)
        if delta.has_value:
            parts.append(_part("data-value", data=delta.value))
        if event := delta.event:
            if event.event:
                parts.append(_part(f"data-{event.event}", data=event.data))
            elif text := event.text():
                self._write("text", text, parts)
        for call in delta.tool_calls:
            self._call(call, parts)
        for result in delta.tool_results:
            self._return(result, parts)
            self._has_results |= delta.by_agent
        for citation in delta.citations:
            self._cite(citation, parts)
        parts.extend(_part("data-step", data=step) for step in delta.steps)
        return _encode(parts, id)

    def end(self, finish_reason: str | None, usage: Mapping[str, Any] | None) -> bytes:
        parts: _Parts = []
        self._close_block(parts)
        self._finish_calls(parts)
        self._begin_step(None, parts)
        reason = _FINISH_REASONS.get(finish_reason or "", finish_reason)
        parts.append(_part("finish-step"))
        parts.append(
            _part(
                "finish",
                finishReason=reason if reason in _KNOWN_REASONS else "other",
                messageMetadata={"finishReason": finish_reason, "usage": usage},
            )
        )
        return _encode(parts, None) + framing.encode(framing.DONE, id=self._next_id())

    def error(self, code: str, message: str) -> bytes:
        parts: _Parts = []
        self._close_block(parts)
        if code in _ABORTED:
            parts.append(_part("abort"))
        parts.append(_part("error", errorText=f"{message} ({code})"))
        return _encode(parts, self._next_id())

    def _write(self, kind: str, text: str, parts: _Parts) -> None:
        if self._block is None or self._block[0] != kind:
            self._close_block(parts)
            self._blocks += 1
            self._block = (kind, f"{kind}-{self._blocks}")
            parts.append(_part(f"{kind}-start", id=self._block[1]))
        parts.append(_part(f"{kind}-delta", id=self._block[1], delta=text))

    def _begin_step(self, delta: Delta | None, parts: _Parts) -> None:
        """Begins another step if the calls of this one have returned. delta: None at the end of the answer."""
        if not self._has_results or self._waiting:
            return
        has_content = delta is None or delta.text or delta.reasoning or delta.tool_calls
        if has_content or (delta and any(step.get("state") == "started" for step in delta.steps)):
            self._close_block(parts)
            self._has_results = False
            parts += [_part("finish-step"), _part("start-step")]

    def _close_block(self, parts: _Parts) -> None:
        if self._block is not None:
            kind, block = self._block
            self._block = None
            parts.append(_part(f"{kind}-end", id=block))

    def _call(self, delta: Mapping[str, Any], parts: _Parts) -> None:
        if "id" in delta:
            self._close_block(parts)
            self._known_calls.add(delta["id"])
            self._waiting.add(delta["id"])
            self._calls[delta["index"]] = {"toolCallId": delta["id"], "toolName": delta["name"], "input": []}
            parts.append(_part("tool-input-start", toolCallId=delta["id"], toolName=delta["name"]))
        call = self._calls.get(delta["index"])
        if call and delta["arguments"]:
            call["input"].append(delta["arguments"])
            parts.append(_part("tool-input-delta", toolCallId=call["toolCallId"], inputTextDelta=delta["arguments"]))

    def _return(self, result: Mapping[str, Any], parts: _Parts) -> None:
        """Adds the result of a call, and first the call if no delta had it, because clients fail on unknown calls."""
        id = str(result.get("id"))
        self._finish_calls(parts, id)
        self._waiting.discard(id)
        if id not in self._known_calls:
            self._known_calls.add(id)
            parts.append(_part("tool-input-available", toolCallId=id, toolName=result.get("name") or "tool", input={}))
        if "error" in result:
            error = result["error"]
            text = error if isinstance(error, str) else json.dumps(error)
            parts.append(_part("tool-output-error", toolCallId=id, errorText=text))
        else:
            parts.append(_part("tool-output-available", toolCallId=id, output=result.get("result")))

    def _finish_calls(self, parts: _Parts, id: str | None = None) -> None:
        """Adds the whole input of the open calls; id: of this call only."""
        for index, call in list(self._calls.items()):
            if id is not None and call["toolCallId"] != id:
                continue
            del self._calls[index]
            text = "".join(call["input"])
            try:
                parts.append(_part("tool-input-available", **{**call, "input": parse_json(text or "{}")}))
            except ValueError:
                error = "The tool's input is not JSON."
                parts.append(_part("tool-input-error", **{**call, "input": text}, errorText=error))

    def _cite(self, citation: Mapping[str, Any], parts: _Parts) -> None:
        self._citations += 1
        id, title = f"source-{self._citations}", citation.get("title")
        if citation.get("url"):
            parts.append(_part("source-url", sourceId=id, url=citation["url"], **({"title": title} if title else {})))
        else:
            title = title or citation.get("filename") or citation.get("file") or id
            parts.append(_part("source-document", sourceId=id, mediaType="text/plain", title=title))


def _part(type: str, **fields: Any) -> dict[str, Any]:
    return {"type": type, **fields}


def _encode(parts: _Parts, id: str | None) -> bytes:
    """The frames of the parts, of which the last has the id."""
    if not parts:
        return b""
    frames = [framing.encode(json.dumps(part)) for part in parts[:-1]]
    return b"".join([*frames, framing.encode(json.dumps(parts[-1]), id=id)])

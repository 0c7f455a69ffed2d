"""The format `openai`: chunks of Chat Completions, for OpenAI's SDKs, LangChain and other compatible clients.

Data-only frames and comments, because openai-python fails on others: on `event:` or `retry:` alone, or on any blank
line after an id was sent.
"""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from faas_stream import framing
from faas_stream.formats.base import Format
from faas_stream.sources.delta import Delta
from faas_stream.sources.state import CHAT

# Some clients break lines at these, as `str.splitlines` does. In JSON they occur within strings only.
_LINE_SEPARATORS = re.compile("[\x85\u2028\u2029]")


class OpenAI(Format):
    """Upstream's own chunks as they came; chunks of the same shape if upstream has another API.

    A finish reason is sent only if upstream gave one. An answer without one ends in `[DONE]` alone.

    Clients execute the tool calls that they read. An agent executes its own, so its calls wait: those without a result
    are sent at the end, unless the agent waits for a person.
    """

    media_type: ClassVar[str] = "text/event-stream"
    sent_whole: ClassVar[Collection[str]] = (CHAT,)
    heartbeat: ClassVar[bytes | None] = framing.comment()

    def __init__(self) -> None:
        self._common: dict[str, Any] = {}
        self._has_begun = False
        self._has_finish_reason = False
        self._has_usage = False
        self._agents_calls: dict[int, dict[str, Any]] = {}  # the calls without a result, by their index

    def start(self, answer_id: str, created: int, is_early: bool = True) -> bytes:
        self._common = {
            "id": f"chatcmpl-{answer_id}",
            "object": "chat.completion.chunk",
            "created": created,
            "model": "function",
        }
        return b""

    def delta(self, delta: Delta) -> bytes:
        if delta.verbatim:
            self._has_begun = True
            if delta.finish_reason:
                self._has_finish_reason = True
            if delta.usage:
                self._has_usage = True
            return _verbatim(delta.verbatim)
        fields: dict[str, Any] = {}
        if text := _text(delta):
            fields["content"] = text
        if delta.reasoning:
            fields["reasoning_content"] = delta.reasoning
        if delta.by_agent:
            self._hold(delta)
        elif delta.tool_calls:
            fields["tool_calls"] = [_tool_call(call) for call in delta.tool_calls]
        if delta.citations:
            fields["annotations"] = [{"type": "url_citation", "url_citation": citation} for citation in delta.citations]
        return self._chunk(fields) if fields else b""

    def end(self, finish_reason: str | None, usage: Mapping[str, Any] | None) -> bytes:
        last = b""
        if self._agents_calls and finish_reason == "tool_calls":
            calls = enumerate(self._agents_calls.values())  # clients count from 0, without gaps
            last = self._chunk({"tool_calls": [_tool_call({**call, "index": index}) for index, call in calls]})
        if finish_reason and not self._has_finish_reason:
            last += self._chunk({}, finish_reason)
        if usage and not self._has_usage:
            last += _frame({**self._common, "choices": [], "usage": _in_chat_terms(usage)})
        return last + framing.encode(framing.DONE)

    def error(self, code: str, message: str) -> bytes:
        return _frame({"error": {"message": message, "type": "server_error", "code": code, "param": None}})

    def _hold(self, delta: Delta) -> None:
        """Keeps an agent's calls until their results arrive."""
        for piece in delta.tool_calls:
            call = self._agents_calls.setdefault(piece["index"], {**piece, "arguments": ""})
            call["arguments"] += piece["arguments"]
        returned = {result["id"] for result in delta.tool_results}
        if returned:
            calls = self._agents_calls.items()
            self._agents_calls = {index: call for index, call in calls if call.get("id") not in returned}

    def _chunk(self, delta: Mapping[str, Any], finish_reason: str | None = None) -> bytes:
        role = {} if self._has_begun else {"role": "assistant"}
        self._has_begun = True
        choice = {"index": 0, "delta": {**role, **delta}, "finish_reason": finish_reason}
        return _frame({**self._common, "choices": [choice]})


def _text(delta: Delta) -> str:
    text = delta.text
    if delta.has_value and not delta.by_agent:
        text += json.dumps(delta.value)
    return text + delta.event.text() if delta.event else text


def _tool_call(call: Mapping[str, Any]) -> dict[str, Any]:
    if "id" not in call:
        return {"index": call["index"], "function": {"arguments": call["arguments"]}}
    function = {"name": call["name"], "arguments": call["arguments"]}
    return {"index": call["index"], "id": call["id"], "type": "function", "function": function}


def _verbatim(chunk: str) -> bytes:
    if not chunk.isascii():
        chunk = _LINE_SEPARATORS.sub(lambda match: f"\\u{ord(match[0]):04x}", chunk)
    return f"data: {chunk}\n\n".encode("utf-8", "replace")


def _frame(chunk: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(chunk)}\n\n".encode()


def _in_chat_terms(usage: Mapping[str, Any]) -> dict[str, Any]:
    """The usage in the terms that clients of this format look for.

    The Responses API, Anthropic and LangChain count input and output tokens. Anthropic counts no total.
    """
    names = {"input_tokens": "prompt_tokens", "output_tokens": "completion_tokens"}
    counts = {names.get(name, name): count for name, count in usage.items()}
    if "total_tokens" not in counts and {"prompt_tokens", "completion_tokens"} <= counts.keys():
        counts["total_tokens"] = counts["prompt_tokens"] + counts["completion_tokens"]
    return counts

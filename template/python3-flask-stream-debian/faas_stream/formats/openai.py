"""The format `openai`: chunks of Chat Completions, for OpenAI's SDKs, LangChain and whatever is compatible.

Data-only frames and comments, for openai-python fails on others: `event:` or `retry:` alone, or any blank line once an
id was sent.
"""

import json
from collections.abc import Mapping
from typing import Any

from faas_stream.formats import Format, Frame, Frames


class OpenAI(Format):
    """Upstream's own chunks as they came; chunks of the same shape where upstream speaks another language."""

    keeps_verbatim = True

    def __init__(self) -> None:
        self._common: dict[str, Any] = {}
        self._is_verbatim = False
        self._has_begun = False

    def start(self, answer_id: str, created: int) -> Frames:
        self._common = {
            "id": f"chatcmpl-{answer_id}",
            "object": "chat.completion.chunk",
            "created": created,
            "model": "function",
        }
        return []

    def verbatim(self, chunk: str) -> Frames:
        self._is_verbatim = True
        return [Frame(chunk)]

    def text(self, delta: str) -> Frames:
        return self._delta({"content": delta})

    def reasoning(self, delta: str) -> Frames:
        return self._delta({"reasoning_content": delta})

    def tool_call(self, delta: Mapping[str, Any]) -> Frames:
        return self._delta({"tool_calls": [delta]})

    def citation(self, citation: Mapping[str, Any]) -> Frames:
        return self._delta({"annotations": [{"type": "url_citation", "url_citation": citation}]})

    def value(self, value: Any) -> Frames:
        return self.text(json.dumps(value))

    def event(self, frame: Frame) -> Frames:
        return self.text(frame.data)

    def end(self, finish_reason: str | None, usage: Mapping[str, Any] | None) -> Frames:
        done = Frame("[DONE]")
        if self._is_verbatim:
            return [done]
        last = self._delta({}, finish_reason or "stop")
        if usage:
            last.append(_frame({**self._common, "choices": [], "usage": _in_chat_terms(usage)}))
        return [*last, done]

    def error(self, code: str, message: str) -> Frames:
        return [_frame({"error": {"message": message, "type": "server_error", "code": code, "param": None}})]

    def _delta(self, delta: Mapping[str, Any], finish_reason: str | None = None) -> Frames:
        role = {} if self._has_begun else {"role": "assistant"}
        self._has_begun = True
        choice = {"index": 0, "delta": {**role, **delta}, "finish_reason": finish_reason}
        return [_frame({**self._common, "choices": [choice]})]


def _frame(chunk: Mapping[str, Any]) -> Frame:
    return Frame(json.dumps(chunk))


def _in_chat_terms(usage: Mapping[str, Any]) -> dict[str, Any]:
    """The Responses API and LangChain count input and output; SDKs of this format look for prompt and completion."""
    names = {"input_tokens": "prompt_tokens", "output_tokens": "completion_tokens"}
    return {names.get(name, name): count for name, count in usage.items()}

"""One JSON document, for callers that want the whole answer: an asynchronous invocation, its callback, a script."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from faas_stream.errors import ClientError
from faas_stream.formats.base import Format
from faas_stream.sources.delta import Delta

MAX_DOCUMENT = 8 * 1024 * 1024


class Document(Format):
    """`{"text", "finish_reason", "usage"}`, and if there were any: `reasoning`, `tool_calls`, `tool_results`,
    `citations`, `steps` and `data` (the author's values).

    Nothing is sent before the end, so that an error still has its HTTP status.
    max_document: in characters. Above that `delta` raises ClientError, because the caller can ask for a stream.
    """

    media_type: ClassVar[str] = "application/json"

    def __init__(self, max_document: int = MAX_DOCUMENT) -> None:
        self._max_document, self._size = max_document, 0
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._calls: dict[int, dict[str, Any]] = {}
        self._arguments: dict[int, list[str]] = {}
        self._lists: dict[str, list[Any]] = {}

    def delta(self, delta: Delta) -> bytes:
        if delta.text:
            self._text.append(delta.text)
            self._grow(len(delta.text))
        if delta.reasoning:
            self._reasoning.append(delta.reasoning)
            self._grow(len(delta.reasoning))
        for call in delta.tool_calls:
            if "id" in call:
                self._calls[call["index"]] = {"id": call["id"], "name": call["name"]}
            self._arguments.setdefault(call["index"], []).append(call["arguments"])
            self._grow(len(call["arguments"]))
        if event := delta.event:
            if event.event in (None, "message"):
                self._text.append(event.text())
                self._grow(len(event.text()))
            else:
                self._add("data", {"event": event.event, "data": event.text()})
        if delta.has_value:
            self._add("data", delta.value)
        for name, values in (
            ("tool_results", delta.tool_results),
            ("citations", delta.citations),
            ("steps", delta.steps),
        ):
            for value in values:
                self._add(name, value)
        return b""

    def end(self, finish_reason: str | None, usage: Mapping[str, Any] | None) -> bytes:
        document: dict[str, Any] = {"text": "".join(self._text), "finish_reason": finish_reason, "usage": usage}
        if self._reasoning:
            document["reasoning"] = "".join(self._reasoning)
        if self._calls:
            document["tool_calls"] = [
                {**call, "arguments": "".join(self._arguments[index])} for index, call in sorted(self._calls.items())
            ]
        return f"{json.dumps(document | self._lists)}\n".encode()

    def error(self, code: str, message: str) -> bytes:
        return f"{json.dumps({'error': {'code': code, 'message': message}})}\n".encode()

    def _add(self, name: str, value: object) -> None:
        self._lists.setdefault(name, []).append(value)
        self._grow(len(json.dumps(value)))

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > self._max_document:
            raise ClientError(
                f"The answer has more than max_document, {self._max_document} characters: "
                "read it as a stream with `Accept: text/event-stream`.",
                status=406,
                code="document_too_large",
            )

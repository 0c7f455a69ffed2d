"""What LangChain's `.stream()` yields, as deltas. Checked with langchain-core 1.8."""

from collections.abc import Mapping
from typing import Any

from faas_stream.sources.completeness import finish_reason, response_finish_reason
from faas_stream.sources.content import (
    media_outside_content,
    read_content,
    reasoning_outside_content,
    text_outside_content,
)
from faas_stream.sources.delta import Delta
from faas_stream.sources.state import LANGCHAIN, AnswerState
from faas_stream.sources.usage import RunUsage
from faas_stream.sources.values import jsonable

_FINISH_REASONS = ("finish_reason", "stop_reason", "done_reason")
# Messages of these types are a model's input. Chunks have the name of their class as type.
INPUT_TYPES = ("human", "system", "HumanMessageChunk", "SystemMessageChunk", "remove")
_TOOL_TYPES = ("tool", "ToolMessageChunk")


class LangChainReader:
    """Reads the messages of one iterator, of one or several models, one after the other or at the same time."""

    def __init__(self, state: AnswerState) -> None:
        self._state = state
        self._open: set[Any] = set()  # ids of messages that have no finish reason yet
        self._finished: set[Any] = set()
        self._ending: set[Any] = set()  # ids of messages whose model gives a finish reason
        self._usage = RunUsage()

    def read_message(self, item: Any, *, is_sent: bool = True) -> list[Delta]:
        """What a message or chunk brings. Raises UpstreamFailedError for a finish reason that reports a failure.

        is_sent: its text is part of the answer.
        """
        if item.type in INPUT_TYPES:
            return [Delta()]
        if is_tool_result(item):
            return [_tool_result(item)]
        metadata: Mapping[str, Any] = item.response_metadata or {}
        others: Mapping[str, Any] = item.additional_kwargs or {}
        text, reasoning, sources, omitted_type = read_content(item.content)
        if omitted_type := omitted_type or media_outside_content(others):
            self._state.leave_out(LANGCHAIN, omitted_type)
        calls = self._calls(item, others)
        delta = Delta(
            text=self._state.text(text or text_outside_content(others)[0]),
            reasoning=self._state.reasoning(reasoning or reasoning_outside_content(others)),
            tool_calls=calls,
            citations=sources,
        )
        needs_end = _needs_end(item, bool(delta.text or delta.reasoning or delta.tool_calls), is_sent)
        self.read_end(item.id, metadata, getattr(item, "usage_metadata", None), delta, needs_end)
        out: list[Delta] = []
        self._state.append(delta, out)
        return out

    def count(self, item: Any) -> Delta | None:
        """Text, finish reason and usage of a model's message that is not sent, None for other messages.

        An answer is not complete if such a message was cut, because the answer rests on it.
        """
        if item.type in INPUT_TYPES or is_tool_result(item):
            return None
        delta = Delta(text=read_content(item.content).text)
        usage = getattr(item, "usage_metadata", None)
        needs_end = _needs_end(item, bool(item.content or getattr(item, "tool_calls", None)), is_sent=False)
        self.read_end(item.id, item.response_metadata or {}, usage, delta, needs_end)
        return delta

    def read_end(
        self,
        id: object,
        metadata: Mapping[str, Any],
        usage: Mapping[str, Any] | None,
        delta: Delta,
        needs_end: bool,
    ) -> None:
        """Adds the usage of the run and the finish reason to a delta of the message with this id.

        metadata: the message's `response_metadata`. needs_end: without a finish reason the message was cut.
        Raises UpstreamFailedError if the finish reason reports a failure.
        """
        if usage:
            delta.usage = self._usage.add(id, usage)
        delta.finish_reason = self._finish_reason(metadata)
        if metadata.get("model_provider") or delta.finish_reason:
            self._ending.add(id)
        if id in self._ending:
            self._note_end(id, bool(delta.finish_reason), needs_end)

    def read_generation(self, item: Any) -> list[Delta]:
        """What a generation chunk brings, which models without chat yield."""
        information = item.generation_info or {}
        text, reason = self._state.text(item.text), finish_reason(information.get("finish_reason"))
        return [Delta(text=text, finish_reason=reason)]

    def _calls(self, item: Any, others: Mapping[str, Any]) -> list[dict[str, Any]]:
        pieces = []
        for piece in getattr(item, "tool_call_chunks", None) or getattr(item, "tool_calls", None) or ():
            index = piece.get("index")
            key = None if index is None else (item.id, index)
            pieces.append(self._state.calls.add(key, piece.get("id"), piece.get("name"), piece.get("args")))
        if not pieces and (legacy := others.get("function_call")):
            key = (item.id, "function_call")
            pieces.append(self._state.calls.add(key, None, legacy.get("name"), legacy.get("arguments")))
        return [call for call in pieces if call]

    def _finish_reason(self, metadata: Mapping[str, Any]) -> str | None:
        for name in _FINISH_REASONS:
            if reason := finish_reason(metadata.get(name)):
                return reason
        # Of the Responses API. It has other values while the response is in progress.
        return response_finish_reason(
            metadata.get("status"), metadata.get("incomplete_details"), bool(self._state.calls)
        )

    def _note_end(self, id: object, is_end: bool, needs_end: bool) -> None:
        if is_end:
            self._open.discard(id)
            self._finished.add(id)
        elif id not in self._finished and needs_end:
            self._open.add(id)
        completeness = self._state.completeness
        completeness.needs_end = True
        completeness.has_end = bool(self._finished) and not self._open


def _needs_end(item: Any, has_content: bool, is_sent: bool) -> bool:
    """True if the message of this chunk was cut, unless a finish reason comes or has come.

    A stream that has not raised ends with a chunk that LangChain marks as the last. Without that mark, a message that
    is not sent may be of a call that was repeated. An empty chunk alone does not count: the first one of the Responses
    API has another id than the others.
    """
    if not hasattr(item, "chunk_position"):
        return has_content
    return item.chunk_position == "last" or (has_content and is_sent)


def is_tool_result(item: Any) -> bool:
    """True for the message of a tool that has returned."""
    return item.type in _TOOL_TYPES


def _tool_result(item: Any) -> Delta:
    member = "error" if getattr(item, "status", "success") == "error" else "result"
    return Delta(tool_results=[{"id": item.tool_call_id, "name": item.name, member: jsonable(item.content)}])

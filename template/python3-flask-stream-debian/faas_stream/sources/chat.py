"""OpenAI Chat Completions and Completions, from whichever provider, as deltas.

A chunk is passed on as upstream sent it if it is what OpenAI's clients expect. Otherwise it is corrected first: content
as a list of parts, whole messages, missing deltas, tool calls without a usable index, halves of surrogate pairs.
"""

import json
from collections.abc import Mapping
from typing import Any

from faas_stream.sources.chat_calls import chat_call, is_usable
from faas_stream.sources.citations import citations, citations_of_answer
from faas_stream.sources.completeness import finish_reason
from faas_stream.sources.content import (
    Content,
    annotations_in,
    make_reasoning_readable,
    media_outside_content,
    read_content,
    reasoning_outside_content,
    replace_reasoning,
    replace_text,
    text_outside_content,
)
from faas_stream.sources.delta import Delta, UpstreamFailedError
from faas_stream.sources.failures import drop_empty_error, failure_of, failure_of_member
from faas_stream.sources.state import CHAT, AnswerState
from faas_stream.sources.values import has_constants, jsonable

_CHUNK = "chat.completion.chunk"
_OBJECTS = (_CHUNK, "chat.completion", "text_completion")


class ChatReader:
    """Reads the chunks of one stream. Of several choices, the one with the lowest index is the answer."""

    def __init__(self, state: AnswerState) -> None:
        self._state = state
        state.completeness.needs_end = True
        self._index: int | None = None
        self._held: list[tuple[dict[str, Any], str]] = []  # chunks from before the answer's choice is known
        self._has_deltas = False
        self._finished_id: Any = None
        self._is_changed = False  # the chunk that is being read was corrected

    @staticmethod
    def recognises(data: Mapping[str, Any]) -> bool:
        """True for a chunk of (Chat) Completions."""
        return "choices" in data or data.get("object") in _OBJECTS

    def read(self, data: dict[str, Any], verbatim: str, out: list[Delta]) -> None:
        """Appends what the chunk brings. verbatim: its JSON. Raises UpstreamFailedError if it reports a failure."""
        if drop_empty_error(data):
            verbatim = json.dumps(jsonable(data))
        choices = data.get("choices")
        if not choices:
            # Azure's first chunk, the usage chunk and results of moderation have no choices.
            if failure := failure_of(data):
                raise failure
            out.append(self._without_choice(data, verbatim))
            return
        self._state.completeness.has_choices = True
        if self._index is None:
            if min(map(_index_of, choices)) > 0:
                self._held.append((data, verbatim))
                if any(choice.get("finish_reason") for choice in choices):
                    self.release(out)
                return
            self._index = 0
            out.extend(self._without_choice(*chunk) for chunk in self._held)
            self._held.clear()
        for choice in choices:
            if _index_of(choice) == self._index:
                self._read_choice(data, choice, verbatim, out)
                return
        out.append(self._without_choice(data, verbatim))

    def _without_choice(self, data: dict[str, Any], verbatim: str) -> Delta:
        """The delta of a chunk that has nothing of the answer."""
        if data.get("choices") is None:  # clients iterate over them
            verbatim = json.dumps(jsonable({**data, "choices": []}))
        return Delta(usage=data.get("usage") or None, verbatim=_one_line(verbatim, data))

    def release(self, out: list[Delta]) -> None:
        """Reads the chunks that were held back, when no choice with a lower index can come any more."""
        chunks, self._held = self._held, []
        if chunks:
            self._index = min(_index_of(choice) for data, _ in chunks for choice in data["choices"])
            for data, verbatim in chunks:
                self.read(data, verbatim, out)

    def _read_choice(self, data: dict[str, Any], choice: dict[str, Any], verbatim: str, out: list[Delta]) -> None:
        self._is_changed = False
        delta = self._delta_of(data, choice)
        reason, failure = self._end_of(data, choice)
        text = delta.get("content")
        if len(delta) == 1 and isinstance(text, str):  # most chunks
            content, calls = Content(text, "", []), []
        else:
            content, calls = self._content_of(delta), self._tool_calls(delta)
        text = self._whole_text(content.text, choice, delta, bool(reason))
        reasoning = content.reasoning
        if reasoning or reason:
            reasoning = self._whole_reasoning(reasoning, delta, bool(reason))
        if reason:
            calls += self._nameless_calls(delta)
            self._state.completeness.has_end = True
            self._finished_id = data.get("id")
        if text or reasoning or calls or delta.get("role"):
            self._state.completeness.has_content |= bool(text or calls)
            # An author may yield the chunks of several streams, one after the other.
            if not reason and data.get("id") != self._finished_id:
                self._state.completeness.has_end = False
        out.append(
            Delta(
                text=text,
                reasoning=reasoning,
                tool_calls=calls,
                citations=content.citations + (citations_of_answer(data) if reason else []),
                finish_reason=None if failure else reason,
                usage=data.get("usage") or None,
                # A chunk that reports a failure has upstream's message in it.
                verbatim="" if failure else self._verbatim(data, choice, verbatim),
            )
        )
        if failure:
            raise failure

    def _delta_of(self, data: dict[str, Any], choice: dict[str, Any]) -> dict[str, Any]:
        """The delta of a choice. If the choice has none, its text or message becomes one."""
        if choice.get("index") is None:
            choice["index"], self._is_changed = 0, True
        delta: dict[str, Any] | None = choice.get("delta")
        if delta:
            self._has_deltas = True
            return delta
        if isinstance(text := choice.get("text"), str):
            return {"content": text}
        message = choice.pop("message", None)
        if message is None and delta is not None:
            return delta
        # After deltas, a message repeats the whole answer.
        delta = choice["delta"] = message if message and not self._has_deltas else {}
        data["object"], self._is_changed = _CHUNK, True
        return delta

    def _end_of(self, data: dict[str, Any], choice: dict[str, Any]) -> tuple[str | None, UpstreamFailedError | None]:
        """The finish reason, and the failure that the chunk reports."""
        reason, failure = None, None
        if (upstream_reason := choice.get("finish_reason")) is not None:
            try:
                reason = finish_reason(upstream_reason)
            except UpstreamFailedError as error:
                failure = error
            if reason != upstream_reason:
                choice["finish_reason"], self._is_changed = reason, True
        return reason, failure_of_member(choice, data) or failure_of_member(data, data) or failure

    def _content_of(self, delta: dict[str, Any]) -> Content:
        """Text, reasoning and citations of a delta, whose content becomes a string if it is none."""
        content = delta.get("content")
        inside = Content(content or "", "", [])
        if isinstance(content, list | dict):
            inside = read_content(content)
            delta["content"], self._is_changed = inside.text, True
            if inside.citations:
                delta["annotations"] = annotations_in(content)
        reasoning = inside.reasoning or reasoning_outside_content(delta)
        if make_reasoning_readable(delta, reasoning):
            self._is_changed = True
        if omitted_type := inside.omitted_type or media_outside_content(delta):
            self._state.leave_out(CHAT, omitted_type)
        sources = inside.citations or citations(delta.get("annotations"))
        return Content(inside.text or text_outside_content(delta)[0], reasoning, sources)

    def _whole_text(self, text: str, choice: dict[str, Any], delta: dict[str, Any], is_last: bool) -> str:
        """The text without half a surrogate pair at its end, which waits for the next delta unless this is the last."""
        whole = self._state.text(text) + (self._state.text.end() if is_last else "")
        if whole != text:
            self._is_changed = True
            if "delta" not in choice:
                choice["text"] = whole
            else:
                replace_text(delta, whole)
        return whole

    def _whole_reasoning(self, reasoning: str, delta: dict[str, Any], is_last: bool) -> str:
        """The reasoning without half a surrogate pair at its end, like the text."""
        whole = self._state.reasoning(reasoning) + (self._state.reasoning.end() if is_last else "")
        if whole != reasoning:
            self._is_changed = True
            replace_reasoning(delta, whole)
        return whole

    def _nameless_calls(self, delta: dict[str, Any]) -> list[dict[str, Any]]:
        """The tool calls whose name or id has not come, at the end of the answer."""
        calls = self._state.calls.end()
        if calls:
            self._is_changed = True
            delta["tool_calls"] = [*(delta.get("tool_calls") or ()), *map(chat_call, calls)]
        return calls

    def _verbatim(self, data: dict[str, Any], choice: dict[str, Any], verbatim: str) -> str:
        """The chunk's JSON, as upstream sent it if nothing had to be corrected."""
        if not self._is_changed:
            return _one_line(verbatim, data)
        choice.setdefault("finish_reason", None)
        return json.dumps(jsonable(data))

    def _tool_calls(self, delta: dict[str, Any]) -> list[dict[str, Any]]:
        """The pieces of tool calls. Corrects pieces that clients cannot use as upstream sent them."""
        calls = self._state.calls
        pieces: list[dict[str, Any]] = []
        corrected: list[dict[str, Any]] = []
        are_usable = True
        for piece in delta.get("tool_calls") or ():
            function = piece.get("function") or piece.get("custom") or piece
            arguments = function.get("arguments", function.get("input"))
            call = calls.add(piece.get("index"), piece.get("id"), function.get("name"), arguments)
            are_usable = are_usable and call is not None and is_usable(piece, function, arguments, call)
            if call is not None:  # else it waits for its name
                pieces.append(call)
                others = {name: value for name, value in piece.items() if name not in ("id", "function", "custom")}
                corrected.append({**others, **chat_call(call)})
        if not are_usable:
            delta["tool_calls"], self._is_changed = corrected, True
        if legacy := delta.get("function_call"):
            arguments = legacy.get("arguments")
            call = calls.add("function_call", None, legacy.get("name"), arguments)
            if call and isinstance(arguments, Mapping):
                delta["function_call"], self._is_changed = {**legacy, "arguments": call["arguments"]}, True
            pieces += [call] if call else []
        return pieces


def _index_of(choice: Mapping[str, Any]) -> int:
    return choice.get("index") or 0


def _one_line(verbatim: str, data: dict[str, Any]) -> str:
    """The chunk's JSON on one line. Line breaks in JSON are between its tokens only."""
    if has_constants(verbatim):
        return json.dumps(jsonable(data))
    return verbatim.replace("\n", "") if "\n" in verbatim else verbatim

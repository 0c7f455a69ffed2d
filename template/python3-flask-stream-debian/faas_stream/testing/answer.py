"""What a client has read of an answer, and what the template's log record has of it."""

import json
import re
from collections.abc import Mapping, Sequence
from email.message import Message
from functools import cached_property
from typing import Any, NamedTuple

from faas_stream.answers.record import Record
from faas_stream.framing import Event
from faas_stream.testing import wire
from faas_stream.testing.requests import UpstreamRequest


class AnswerError(NamedTuple):
    """How an answer failed. code: of the error response or frame; `connection_broken` if the connection broke."""

    code: str
    message: str


class Answer:
    """The response to one call.

    status: HTTP; 0 if the client disconnected before. headers: their names in any case. body: the bytes that arrived.
    record: the log record, with text and tool calls; None for a response without one, such as a web page. requests:
    what the handler sent upstream, in order.
    """

    def __init__(
        self, status: int, headers: Message, body: bytes, break_reason: str, record: Record | None,
        requests: Sequence[UpstreamRequest],
    ) -> None:  # fmt: skip
        self.status, self.headers, self.body, self._break_reason = status, headers, body, break_reason
        self.record, self.requests = record, list(requests)

    @property
    def media_type(self) -> str:
        """The Content-Type without its parameters, such as `text/event-stream`."""
        return self.headers.get_content_type() if "Content-Type" in self.headers else ""

    @property
    def json(self) -> Any:
        """The body, parsed as JSON. Raises ValueError."""
        return json.loads(self.body)

    @cached_property
    def events(self) -> list[Event]:
        """The events of an event stream, or the lines of NDJSON, in order.

        data: parsed if it is JSON; in the format `text`, only if the event has a name. event: None if it has no name.
        """
        if self.media_type == "application/x-ndjson":
            return [Event(json.loads(line)) for line in self.body.decode().split("\n") if line]
        if self.media_type != "text/event-stream":
            return []
        events = list(wire.events(self.body.decode("utf-8", "replace")))
        has_json = self._is_ai_sdk or wire.are_chunks(events)
        return [
            Event(wire.parsed(one.text(), has_json or bool(one.event)), one.event, one.id, one.retry) for one in events
        ]

    @cached_property
    def comments(self) -> list[str]:
        """The comments of an event stream: heartbeats, whose text is empty, and padding."""
        if self.media_type != "text/event-stream":
            return []
        lines = wire.lines(self.body.decode("utf-8", "replace"))
        return [line[1:].removeprefix(" ") for line in lines if line.startswith(":")]

    @cached_property
    def text(self) -> str:
        """The text that a client of this format shows. Empty for the template's own error responses."""
        return "".join(text for kind, text in self._deltas if kind == "text")

    @cached_property
    def reasoning(self) -> str:
        """The model's reasoning, in formats that send it: all but `text` and plain text."""
        return "".join(text for kind, text in self._deltas if kind == "reasoning")

    @property
    def finish_reason(self) -> str | None:
        """The finish reason in the log record, whatever the format; None if the answer has none."""
        return self.record.finish_reason if self.record else None

    @property
    def usage(self) -> Mapping[str, Any] | None:
        """The usage in the log record: upstream's count, under upstream's names."""
        return self.record.usage if self.record else None

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        """Each `{"id", "name", "arguments"}`, whatever the format; arguments are JSON text."""
        return [dict(call) for call in self.record.tool_calls] if self.record else []

    @property
    def outcome(self) -> str:
        """The outcome in the log record: `complete`, `upstream_timeout`, `client_disconnected` …; "" without one."""
        return self.record.outcome if self.record else ""

    @cached_property
    def error(self) -> AnswerError | None:
        """The error response, or the error that ended the answer; None for an answer that is complete."""
        error = self._error_body()
        if error is not None:
            message = error.get("message") or error.get("errorText") or ""
            return AnswerError(str(error.get("code") or error.get("type") or self.outcome), str(message))
        return AnswerError("connection_broken", self._break_reason) if self._break_reason else None

    @property
    def error_code(self) -> str:
        """The code of `error`; "" for an answer that is complete."""
        return self.error.code if self.error else ""

    def __repr__(self) -> str:
        text = self.text if len(self.text) <= 200 else self.text[:200] + "…"
        known = {"error": self.error, "finish_reason": self.finish_reason, "outcome": self.outcome}
        more = "".join(f", {name}={value!r}" for name, value in known.items() if value)
        return f"<Answer status={self.status}, text={text!r}{more}, requests={self.requests}>"

    # ------------------------------------------------------------------ by format

    @property
    def _is_ai_sdk(self) -> bool:
        return "x-vercel-ai-ui-message-stream" in self.headers

    @cached_property
    def _deltas(self) -> list[tuple[str, str]]:
        if self.media_type == "text/event-stream":
            return [delta for event in self.events for delta in wire.deltas(event, is_ai_sdk=self._is_ai_sdk)]
        if self.media_type == "application/x-ndjson":
            lines = [event.data for event in self.events if isinstance(event.data, dict)]
            return [(kind, line[kind]) for line in lines for kind in ("text", "reasoning") if kind in line]
        if self.media_type == "application/json":
            document = wire.parsed(self.body.decode("utf-8", "replace"), is_json=True)
            if isinstance(document, dict) and "error" in document:
                return []
            if isinstance(document, dict) and isinstance(document.get("text"), str):
                return [(kind, document[kind]) for kind in ("text", "reasoning") if kind in document]
        text = self.body.decode("utf-8", "replace")
        return [("text", re.sub(r"\n\[error [a-z_]+: [^\n]*\]\n\Z", "", text) if self._plain_error else text)]

    @property
    def _plain_error(self) -> "re.Match[str] | None":
        """The error line of plain text. A complete answer may end in such a line too, so the record decides."""
        if self.media_type != "text/plain" or self.outcome in ("", "complete"):
            return None
        return re.search(r"\n\[error ([a-z_]+): ([^\n]*)\]\n\Z", self.body.decode("utf-8", "replace"))

    def _error_body(self) -> Mapping[str, Any] | None:
        if error := self._plain_error:
            return {"code": error[1], "message": error[2]}
        if self.media_type == "application/json":
            return wire.error_in(wire.parsed(self.body.decode("utf-8", "replace"), is_json=True))
        for event in self.events:
            if self._is_ai_sdk and isinstance(event.data, dict) and event.data.get("type") == "error":
                return {"code": self.outcome, **event.data, "type": ""}
            if event.event == "error" and isinstance(event.data, dict):
                return wire.error_in(event.data) or event.data
            if not event.event and (error_body := wire.error_in(event.data)) is not None:
                return error_body
        return None

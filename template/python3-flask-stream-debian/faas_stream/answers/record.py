"""What is known about an answer at its end: the log record, one JSON line, and the record that `on_end` gets."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from faas_stream.sources.failures import identifier

OUTCOMES = {
    "complete": "sent to its end",
    "client_disconnected": "the client closed the connection",
    "write_stalled": "the client took nothing for write_stall_timeout, and its connection was closed",
    "upstream_timeout": "upstream was silent for upstream_idle_timeout, or its own client gave up",
    "deadline_exceeded": "the answer reached the limit of write_timeout or stream_timeout",
    "shutting_down": "still open drain_timeout after SIGTERM",
    "at_capacity": "refused: max_streams answers were open",
    "upstream_auth": "upstream refused the key",
    "upstream_rate_limited": "upstream answered 429",
    "upstream_rejected": "upstream answered another 4xx",
    "upstream_error": "upstream answered 5xx, sent an error in its stream, or broke its stream off",
    "upstream_unreachable": "upstream could not be reached, or broke the connection",
    "secret_missing": "a secret has no file, or one that is no text",
    "internal_error": "the function raised; its traceback is in the log",
}
"""How an answer can end. A request that is refused for a fault of its own ends with the code of its error."""

MAX_LINE_BYTES = 60_000
"""of-watchdog stops reading a pipe for good at a line of 65,536 bytes (T10)."""


@dataclass(frozen=True, slots=True)
class Record:
    """One answer. status: HTTP; 0 if the client disconnected before it was sent. Durations are in seconds.

    usage: as upstream counts it, under upstream's names. text, tool_calls: collected only for `on_end`, up to
    `max_record` characters each; never logged. upstream: what upstream said about its failure, its message only if the
    setting `log_upstream_messages` allows that. requests: how many refused requests the record stands for.
    """

    call_id: str
    function: str
    status: int
    outcome: str
    time_to_first_item_s: float | None = None
    duration_s: float = 0.0
    events: int = 0
    finish_reason: str | None = None
    usage: Mapping[str, Any] | None = None
    text: str = ""
    tool_calls: Sequence[Mapping[str, Any]] = ()
    upstream: Mapping[str, Any] = field(default_factory=dict)
    requests: int = 1

    def line(self, version: str) -> str:
        """The log line, without its line break. It has numbers and codes, never a word of question or answer.

        Only upstream's message, which the operator has to allow, can quote them.
        """
        line = {
            "call_id": self.call_id[:128],
            "function": self.function[:128],
            "version": version,
            "status": self.status,
            "outcome": self.outcome[:64],
            "time_to_first_item_s": _rounded(self.time_to_first_item_s),
            "duration_s": _rounded(self.duration_s),
            "events": self.events,
            "finish_reason": identifier(self.finish_reason),
            "usage": self.usage,
            **self.upstream,
        }
        if self.requests > 1:
            line["requests"] = self.requests
        written = json.dumps(line, default=str)
        return written if len(written) <= MAX_LINE_BYTES else json.dumps({**line, "usage": None})


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 4)

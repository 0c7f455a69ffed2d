"""The log line of an answer: JSON, one line, numbers and codes alone, never a word of what was asked or answered."""

import json
from collections.abc import Mapping
from typing import Any

OUTCOMES = {
    "complete": "sent to its end",
    "reader_left": "the reader closed the connection",
    "write_stalled": "the reader took nothing for write_stall_timeout, and was dropped",
    "upstream_timeout": "upstream was silent for upstream_idle_timeout, or its own client gave up",
    "deadline_exceeded": "write_timeout or stream_timeout came near",
    "shutting_down": "still open drain_timeout after SIGTERM",
    "at_capacity": "refused: max_streams answers were open",
    "upstream_auth": "upstream refused the key",
    "upstream_rate_limited": "upstream answered 429",
    "upstream_rejected": "upstream answered another 4xx",
    "upstream_error": "upstream answered 5xx, or with an error inside its stream",
    "upstream_unreachable": "upstream could not be reached, or broke the connection",
    "secret_missing": "a secret has no file",
    "internal_error": "the function raised; its traceback is in the log",
}
"""How an answer can end. A request refused for a fault of its own ends with the code of its error."""

# of-watchdog stops reading a pipe for good at a line of 65,536 bytes (T10).
MAX_LINE_BYTES = 60_000


def line(
    *, call_id: str, function: str, status: int, outcome: str, opened: float, ended: float,
    first_item: float | None, events: int, finish_reason: str | None, usage: Mapping[str, Any] | None,
) -> str:  # fmt: skip
    """The line, without its line break. Moments are seconds on one clock; durations in the line are in seconds."""
    record = {
        "call_id": call_id[:128],
        "function": function[:128],
        "status": status,
        "outcome": outcome[:64],
        "time_to_first_item_s": None if first_item is None else round(first_item - opened, 4),
        "duration_s": round(ended - opened, 4),
        "events": events,
        "finish_reason": None if finish_reason is None else str(finish_reason)[:64],
        "usage": usage,
    }
    written = json.dumps(record, default=str)
    return written if len(written) <= MAX_LINE_BYTES else json.dumps({**record, "usage": None})

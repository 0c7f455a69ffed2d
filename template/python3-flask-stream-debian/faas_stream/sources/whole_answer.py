"""The end of a whole JSON answer of upstream: its finish reason and usage."""

from collections.abc import Mapping
from typing import Any

from faas_stream.sources.delta import UpstreamFailedError
from faas_stream.sources.reader import StreamReader
from faas_stream.sources.values import parse_json


def end_of(body: bytes) -> tuple[str | None, Mapping[str, Any] | None]:
    """Finish reason and usage of an answer of OpenAI's or Anthropic's as JSON. Each is None if the answer has none."""
    reader = StreamReader(max_event=len(body))
    reason, usage = None, None
    try:
        for deltas in (reader.feed(body), reader.end()):
            for delta in deltas:
                reason, usage = delta.finish_reason or reason, delta.usage or usage
    except UpstreamFailedError:
        pass  # an answer of another kind, such as embeddings, may still have its usage
    if usage is None:
        try:
            document = parse_json(body.decode("utf-8", "replace"))
        except ValueError:
            return reason, None
        member = document.get("usage") if isinstance(document, dict) else None
        usage = member if isinstance(member, dict) else None
    return reason, usage

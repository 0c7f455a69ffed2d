"""The end of a whole JSON answer: how it finished, and what it cost."""

from collections.abc import Mapping
from typing import Any

from faas_stream.sources.delta import UpstreamFailedError
from faas_stream.sources.reader import StreamReader
from faas_stream.sources.values import parse_json


def end_of(body: bytes) -> tuple[str | None, Mapping[str, Any] | None]:
    """Finish reason and usage of a JSON document of OpenAI's or Anthropic's; None for what it does not say."""
    reader = StreamReader(max_event=len(body))
    reason, usage = None, None
    try:
        for deltas in (reader.feed(body), reader.end()):
            for delta in deltas:
                reason, usage = delta.finish_reason or reason, delta.usage or usage
    except UpstreamFailedError:
        pass  # an answer of another kind, such as embeddings, may still say what it cost
    if usage is None:
        try:
            document = parse_json(body.decode("utf-8", "replace"))
        except ValueError:
            return reason, None
        found = document.get("usage") if isinstance(document, dict) else None
        usage = found if isinstance(found, dict) else None
    return reason, usage

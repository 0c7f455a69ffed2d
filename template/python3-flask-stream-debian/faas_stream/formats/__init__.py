"""An answer's deltas as bytes for the wire: one module per format, all with the interface of `Format`.

A format knows neither sources nor transport. docs/architecture.md says how to add one, and docs/formats.md what each of
them sends.

| module | media type | selected by |
|---|---|---|
| text | text/event-stream | `format=text`, the default |
| json_events | text/event-stream | `format=json` |
| openai | text/event-stream | `format=openai` |
| ai_sdk | text/event-stream | `format=ai-sdk` |
| ndjson | application/x-ndjson | Accept |
| plain | text/plain | Accept |
| document | application/json | Accept |
"""

from collections.abc import Mapping

from faas_stream.formats.ai_sdk import AiSdk
from faas_stream.formats.base import Format
from faas_stream.formats.document import Document
from faas_stream.formats.json_events import JsonEvents
from faas_stream.formats.ndjson import Ndjson
from faas_stream.formats.openai import OpenAI
from faas_stream.formats.plain import Plain
from faas_stream.formats.text import Text

__all__ = ["Document", "Format", "by_media_type", "sse_formats"]


def sse_formats() -> Mapping[str, type[Format]]:
    """The formats of Server-Sent Events, by name."""
    return {"text": Text, "json": JsonEvents, "openai": OpenAI, "ai-sdk": AiSdk}


def by_media_type() -> Mapping[str, type[Format]]:
    """The other formats, by their media type without its parameters."""
    return {format.media_type.partition(";")[0]: format for format in (Ndjson, Plain, Document)}

"""OpenAI's wire: the JSON of its stream events, from whichever provider, as chunks.

Read in openai 3.52 and in recorded streams of seven providers.
"""

import json
from collections.abc import Mapping
from typing import Any

from faas_stream.sources.chunk import COMPLETED, NOTHING, Chunk, StreamFailedError

_INCOMPLETE = {"max_output_tokens": "length"}


def read_event(data: Mapping[str, Any], verbatim: str) -> Chunk:
    """The chunk of one event. verbatim: its JSON. Raises StreamFailedError if upstream says that it failed."""
    if data.get("error"):
        raise StreamFailedError("error")
    if "choices" in data:
        return _completion(data, verbatim)
    return _response_event(data)


def read_object(item: Any) -> Chunk:
    """The chunk of one of the SDK's objects."""
    if getattr(item, "type", None) == "chunk":  # of `chat.completions.stream()`, which wraps them
        item = item.chunk
    data = item.to_dict()
    return read_event(data, json.dumps(data))


def _completion(data: Mapping[str, Any], verbatim: str) -> Chunk:
    """Of Chat Completions or the legacy Completions; only the first of several choices is an answer."""
    usage = data.get("usage")
    # Azure's first chunk, the usage chunk and results of moderation have no choices.
    for choice in data["choices"] or ():
        if not choice.get("index"):
            break
    else:
        return Chunk(usage=usage, verbatim=verbatim)
    delta = choice.get("delta")
    if delta is None:
        return Chunk(
            text=choice.get("text") or "", finish_reason=choice.get("finish_reason"), usage=usage, verbatim=verbatim
        )
    return Chunk(
        text=delta.get("content") or delta.get("refusal") or "",
        reasoning=delta.get("reasoning_content") or delta.get("reasoning") or "",
        tool_calls=delta.get("tool_calls") or (),
        citations=[found["url_citation"] for found in delta.get("annotations") or () if "url_citation" in found],
        finish_reason=choice.get("finish_reason"),
        usage=usage,
        verbatim=verbatim,
    )


def _response_event(data: Mapping[str, Any]) -> Chunk:
    """Of the Responses API."""
    match data.get("type"):
        case "response.output_text.delta" | "response.refusal.delta":
            return Chunk(text=data["delta"])
        case "response.reasoning_text.delta" | "response.reasoning_summary_text.delta":
            return Chunk(reasoning=data["delta"])
        case "response.function_call_arguments.delta":
            return Chunk(tool_calls=[{"index": data["output_index"], "function": {"arguments": data["delta"]}}])
        case "response.output_item.added" if data["item"]["type"] == "function_call":
            item = data["item"]
            call = {"index": data["output_index"], "id": item["call_id"], "type": "function"}
            return Chunk(tool_calls=[{**call, "function": {"name": item["name"], "arguments": ""}}])
        case "response.output_text.annotation.added" if data["annotation"].get("type") == "url_citation":
            return Chunk(citations=[{key: value for key, value in data["annotation"].items() if key != "type"}])
        case "response.completed":
            return Chunk(finish_reason=COMPLETED, usage=data["response"].get("usage"))
        case "response.incomplete":
            reason = (data["response"].get("incomplete_details") or {}).get("reason") or "incomplete"
            return Chunk(finish_reason=_INCOMPLETE.get(reason, reason), usage=data["response"].get("usage"))
        case "response.failed" | "error":
            raise StreamFailedError(str(data["type"]))
        case _:
            return NOTHING

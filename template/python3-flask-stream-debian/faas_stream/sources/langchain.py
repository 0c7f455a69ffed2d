"""What LangChain's `.stream()` yields, as chunks. Read in langchain-core 1.7."""

from typing import Any

from faas_stream.sources.chunk import Chunk


def read_message(item: Any) -> Chunk:
    """The chunk of a message chunk."""
    metadata = item.response_metadata or {}
    text, reasoning, citations = _content(item.content)
    return Chunk(
        text=text,
        reasoning=reasoning or item.additional_kwargs.get("reasoning_content") or "",
        tool_calls=[
            {"index": call["index"], "id": call["id"], "function": {"name": call["name"], "arguments": call["args"]}}
            for call in getattr(item, "tool_call_chunks", ())
        ],
        citations=citations,
        finish_reason=metadata.get("finish_reason") or metadata.get("status"),
        usage=getattr(item, "usage_metadata", None),
    )


def read_generation(item: Any) -> Chunk:
    """The chunk of a generation chunk, which models without chat yield."""
    return Chunk(text=item.text, finish_reason=(item.generation_info or {}).get("finish_reason"))


def _content(content: Any) -> tuple[str, str, list[dict[str, Any]]]:
    """Text, reasoning and citations of a message, whose content is a string or a list of blocks."""
    if isinstance(content, str):
        return content, "", []
    text: list[str] = []
    reasoning: list[str] = []
    citations: list[dict[str, Any]] = []
    for block in content:
        if isinstance(block, str):
            text.append(block)
        elif block.get("type") == "text":
            text.append(block.get("text") or "")
            citations.extend(_citation(found) for found in block.get("annotations") or () if found.get("url"))
        elif block.get("type") == "reasoning":
            reasoning.append(block.get("reasoning") or "")
            reasoning.extend(part.get("text") or "" for part in block.get("summary") or ())
    return "".join(text), "".join(reasoning), citations


def _citation(annotation: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in annotation.items() if key != "type"}

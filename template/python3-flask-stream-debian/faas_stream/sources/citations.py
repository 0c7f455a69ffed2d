"""A source that an answer cites, in one shape for all providers."""

from collections.abc import Iterable, Mapping
from typing import Any

from faas_stream.sources.values import jsonable

_LEFT_OUT = ("type", "encrypted_index")
_TERMS = {"document_title": "title", "cited_text": "snippet", "file_id": "file"}


def citation(annotation: Mapping[str, Any]) -> dict[str, Any] | None:
    """`{"url", "title"}` and the annotation's other members, None if the annotation names no source.

    Chat Completions nests the citation in a member that has the type's name; other APIs do not.
    """
    inner = annotation.get(str(annotation.get("type")))
    source = {
        _TERMS.get(name, name): jsonable(value)
        for name, value in (inner if isinstance(inner, Mapping) else annotation).items()
        if name not in _LEFT_OUT and value is not None
    }
    return source if any(source.get(name) for name in ("url", "title", "file", "filename")) else None


def citations(annotations: Iterable[Any] | None) -> list[dict[str, Any]]:
    """The citations among these annotations."""
    sources = (citation(annotation) for annotation in annotations or () if isinstance(annotation, Mapping))
    return [source for source in sources if source]


def citations_of_answer(chunk: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The sources that Perplexity repeats in every chunk: `search_results`, or URLs in `citations`."""
    named = chunk.get("search_results") or chunk.get("citations")
    if not isinstance(named, list):
        return []
    return citations([{"url": source} if isinstance(source, str) else source for source in named])

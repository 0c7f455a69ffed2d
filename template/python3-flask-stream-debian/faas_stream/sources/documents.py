"""LangChain's Documents as citations, and the dicts of retrieval chains that have them."""

import json
from collections.abc import Mapping
from typing import Any

from faas_stream.sources.delta import Delta
from faas_stream.sources.state import AnswerState
from faas_stream.sources.values import jsonable

SNIPPET_CHARS = 300
"""How much of a document's text a citation has."""

_ANSWER = ("answer", "result", "output", "response", "generation")
"""The members that chains and graphs call their answer. `result` and `output` are those of older ones."""

_INPUT = ("input", "question", "query", "chat_history", "context")
_SCORES = ("score", "relevance_score")


class RetrievalReader:
    """Reads the dicts of one iterator: pieces of a retrieval chain, or states of a graph that retrieves."""

    def __init__(self, state: AnswerState) -> None:
        self._state = state
        self._cited: set[str] = set()
        self._answer = ""  # the last whole answer
        self.has_documents = False

    @property
    def has_answer(self) -> bool:
        """True if the text of a whole answer was read."""
        return bool(self._answer)

    def recognises(self, item: Mapping[Any, Any]) -> bool:
        """True for a dict with Documents, and after one for every dict of a chain."""
        return self.has_documents or any(map(are_documents, item.values()))

    def read(self, item: Mapping[Any, Any]) -> list[Delta]:
        """The citations, the text, and other members as values. The chain's input is left out.

        The answer is a piece if the dict has no other member, and whole if it has.
        """
        self.has_documents = True
        out = [delta for value in item.values() if are_documents(value) for delta in self.cite(value)]
        if len(item) > 1:
            self.read_answer(item, out)
            return out
        ((name, value),) = item.items()
        if name in _ANSWER and isinstance(value, str):
            if text := self._state.text(value):
                self._state.append(Delta(text=text), out)
        elif name not in _INPUT and not are_documents(value):
            out.append(Delta(value=jsonable(item), has_value=True, by_agent=True))
        return out

    def read_answer(self, members: Mapping[Any, Any], out: list[Delta]) -> None:
        """Appends the text of a whole answer, once, however many states have it."""
        for name in _ANSWER:
            if isinstance(text := members.get(name), str) and text and text != self._answer:
                self._answer = text
                self._state.append(Delta(text=self._state.text(text), by_agent=True), out)

    def cite(self, documents: Any) -> list[Delta]:
        """The citations of those documents that were not cited yet."""
        citations = []
        for document in documents:
            citation = document_citation(document)
            key = json.dumps([citation, document.page_content])
            if citation and key not in self._cited:
                self._cited.add(key)
                citations.append(citation)
        return [Delta(citations=citations, by_agent=True)] if citations else []


def is_input(item: Mapping[Any, Any]) -> bool:
    """True for the input of a chain or graph, which it yields first, before documents and messages."""
    return item.get("messages") == [] or (bool(item) and all(name in _INPUT for name in item))


def are_documents(value: object) -> bool:
    """True for a list of at least one Document."""
    return isinstance(value, list | tuple) and bool(value) and all(map(_is_document, value))


def document_citation(document: Any) -> dict[str, Any]:
    """`url` or `file`, `title`, `snippet`, `score`, and what else of the metadata is text, a number or a flag.

    LangChain's loaders put the URL or the path into `source`.
    """
    metadata = {name: value for name, value in document.metadata.items() if isinstance(value, str | int | float)}
    citation: dict[str, Any] = {}
    source = str(metadata.pop("source", "") or "")
    if source:
        citation["url" if source.startswith(("http://", "https://")) else "file"] = source
    text = document.page_content
    citation["snippet"] = text if len(text) <= SNIPPET_CHARS else f"{text[:SNIPPET_CHARS]}…"
    for name in _SCORES:
        if name in metadata:
            citation["score"] = metadata.pop(name)
            break
    return jsonable({**citation, **metadata})  # type: ignore[no-any-return]


def _is_document(value: object) -> bool:
    return hasattr(value, "page_content") and isinstance(getattr(value, "metadata", None), Mapping)

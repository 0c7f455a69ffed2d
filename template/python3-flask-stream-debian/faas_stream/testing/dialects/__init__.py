"""The APIs that the scripted upstream speaks: a reply as an event stream, as a document, and as an error."""

import re
from typing import Any, NamedTuple, Protocol

from faas_stream.testing.dialects import chat, completions, embeddings, messages, responses
from faas_stream.testing.dialects.base import Piece
from faas_stream.testing.replies import HttpError, Stream

__all__ = ["KNOWN_PATHS", "Dialect", "Piece", "find", "fixed_document"]


class Dialect(Protocol):
    """One API."""

    def pieces(self, reply: Stream, request: dict[str, Any]) -> Any:
        """The pieces of a reply as an event stream: bytes, and pauses. request: its JSON."""

    def document(self, reply: Stream, request: dict[str, Any]) -> dict[str, Any]:
        """The reply as one JSON document."""

    def error(self, error: HttpError) -> dict[str, Any]:
        """The JSON body of an error."""


class _Route(NamedTuple):
    path: re.Pattern[str]
    dialect: Dialect


_ROUTES = (
    _Route(re.compile(r"/chat/completions$"), chat),
    _Route(re.compile(r"/completions$"), completions),
    _Route(re.compile(r"/responses$"), responses),
    _Route(re.compile(r"/messages$"), messages),
)

KNOWN_PATHS = "/chat/completions, /completions, /responses, /messages, /embeddings and /models"


def find(method: str, path: str) -> Dialect | None:
    """The API of a request, None for one that is not known."""
    if method != "POST":
        return None
    return next((route.dialect for route in _ROUTES if route.path.search(path)), None)


def fixed_document(method: str, path: str, request: dict[str, Any]) -> dict[str, Any] | None:
    """The answer to a request that needs no script: embeddings, models, a count of tokens. None for all others."""
    if method == "POST" and path.endswith("/embeddings"):
        return embeddings.document(request)
    if method == "POST" and path.endswith("/messages/count_tokens"):
        return {"input_tokens": 1}
    if method == "GET" and path.endswith("/models"):
        return {"object": "list", "data": [{"id": "test-model", "object": "model", "created": 1, "owned_by": "test"}]}
    return None

"""The three APIs that answer with text, each with its own shape of request and answer."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from . import chat, completions, responses
from .conversation import Conversation
from .errors import Body
from .frames import Frame
from .reply import Reply


class Dialect(Protocol):
    """What the modules chat, completions and responses have in common."""

    @property
    def MAX_TOKENS_NAMES(self) -> Sequence[str]: ...
    def read(self, body: Body, /) -> Conversation: ...
    def frames(self, reply: Reply, /) -> Iterator[Frame]: ...
    def document(self, reply: Reply, /) -> dict[str, object]: ...
    def failure(self, reply: Reply, is_event: bool, position: int, /) -> list[Frame]: ...


BY_ENDPOINT: dict[str, Dialect] = {"chat/completions": chat, "completions": completions, "responses": responses}

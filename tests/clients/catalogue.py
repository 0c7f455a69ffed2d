"""Every client, with the format it reads and the names it gives to failures."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from tests.clients import sdks, sse
from tests.clients.node import Node
from tests.clients.told import Question, Told

Ask = Callable[[Question], Iterator[Told]]


@dataclass(frozen=True)
class Client:
    """refused: how it calls an answer with status 429. broken: how it calls an error inside of a stream."""

    format: str
    refused: str
    broken: str
    python: Ask | None = None
    npm: str = ""

    def ask_by(self, node: Callable[[], Node]) -> Ask:
        """The way to ask. node: where to get Node, which only its own clients need."""
        return self.python or partial(node().ask, self.npm)


def _sdk(ask: Ask, refused: str = "RateLimitError") -> Client:
    return Client("openai", refused, "APIError", python=ask)


def _events(format: str, ask: Ask) -> Client:
    return Client(format, "HTTPStatusError", "error", python=ask)


ALL = {
    "openai": _sdk(sdks.sync),
    "openai-async": _sdk(sdks.asynchronous),
    "openai-stream-helper": _sdk(sdks.helper),
    "langchain-openai": _sdk(sdks.langchain, "OpenAIRateLimitError"),
    "npm-openai": Client("openai", "RateLimitError", "APIError", npm="openai"),
    "npm-ai": Client("openai", "AI_APICallError", "object", npm="streamedText"),
    "npm-ai-chat-transport": Client("ai-sdk", "Error", "Error", npm="chatTransport"),
    "httpx-sse-text": _events("text", sse.by_httpx_sse),
    "httpx-sse-json": _events("json", sse.by_httpx_sse),
    "sseclient-text": _events("text", sse.by_sseclient),
    "sseclient-json": _events("json", sse.by_sseclient),
    "curl-text": Client("text", "exit 22", "error", python=sse.by_curl),
    "curl-json": Client("json", "exit 22", "error", python=sse.by_curl),
    "curl-openai": Client("openai", "exit 22", "error", python=sse.by_curl_in_chunks),
    "npm-eventsource-parser-text": Client("text", "Response", "error", npm="eventSourceParser"),
    "npm-eventsource-parser-json": Client("json", "Response", "error", npm="eventSourceParser"),
    "npm-eventsource-text": Client("text", "ErrorEvent", "error", npm="eventSource"),
    "npm-eventsource-json": Client("json", "ErrorEvent", "error", npm="eventSource"),
}

OF_OPENAI = {name: client for name, client in ALL.items() if client.format == "openai"}
"""Those who can ask anything that speaks OpenAI's protocol."""

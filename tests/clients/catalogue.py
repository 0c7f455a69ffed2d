"""Every client, with the format it reads and the names it gives to failures."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from tests.clients import sdks, sse
from tests.clients.node import CURRENT, Node
from tests.clients.reports import Question, Report

Ask = Callable[[Question], Iterator[Report]]
Nodes = Callable[[str], Node]
"""Returns the Node with these packages."""


@dataclass(frozen=True)
class Client:
    """refused, broken: what the client calls an answer with status 429, and an error in mid-stream.

    npm: the client's name in driver.mjs; packages: the folder of its release.
    """

    format: str
    refused: str
    broken: str
    python: Ask | None = None
    npm: str = ""
    packages: str = CURRENT

    def ask_by(self, nodes: Nodes) -> Ask:
        """The function that asks a question through this client."""
        return self.python or partial(nodes(self.packages).ask, self.npm)


def _sdk(ask: Ask, refused: str = "RateLimitError") -> Client:
    return Client("openai", refused, "APIError", python=ask)


def _events(format: str, ask: Ask) -> Client:
    return Client(format, "HTTPStatusError", "error", python=ask)


def _npm_openai(packages: str) -> Client:
    return Client("openai", "RateLimitError", "APIError", npm="openai", packages=packages)


def _npm_ai(packages: str, broken: str = "object") -> Client:
    return Client("openai", "AI_APICallError", broken, npm="streamedText", packages=packages)


def _chat_transport(packages: str, refused: str = "Error") -> Client:
    return Client("ai-sdk", refused, "Error", npm="chatTransport", packages=packages)


ALL = {
    "openai": _sdk(sdks.sync),
    "openai-async": _sdk(sdks.asynchronous),
    "openai-stream-helper": _sdk(sdks.helper),
    "langchain-openai": _sdk(sdks.langchain, "OpenAIRateLimitError"),
    "npm-openai": _npm_openai(CURRENT),
    "npm-openai-7": _npm_openai("newest"),
    "npm-ai": _npm_ai(CURRENT),
    "npm-ai-5": _npm_ai("ai-5"),
    "npm-ai-7": _npm_ai("newest", broken="AI_StreamProviderError"),
    "npm-ai-chat-transport": _chat_transport(CURRENT),
    "npm-ai-5-chat-transport": _chat_transport("ai-5"),
    "npm-ai-7-chat-transport": _chat_transport("newest", refused="AI_APICallError"),
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
"""The clients that read anything that speaks OpenAI's protocol."""

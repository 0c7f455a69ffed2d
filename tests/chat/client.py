"""A client of the function chat: what it sends, and what it reads of the answers."""

from typing import Any

import httpx
import httpx_sse

from tests.platform.running import Running

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
STREAM = {"Accept": "text/event-stream"}
Events = list[tuple[str, Any]]


def get(function: Running, path: str = "/", **headers: str) -> httpx.Response:
    return httpx.get(function.url + path, headers={"Accept-Encoding": "identity", **HTML, **headers}, timeout=60)


def post(function: Running, body: Any, **headers: str) -> httpx.Response:
    return httpx.post(function.url, json=body, headers={**STREAM, **headers}, timeout=60)


def say(function: Running, *texts: str, **more: Any) -> Events:
    """The events of an answer to a conversation. texts: the messages, of user and model in turn."""
    messages = [{"role": ("user", "assistant")[index % 2], "content": text} for index, text in enumerate(texts)]
    with (
        httpx.Client(timeout=60) as client,
        httpx_sse.connect_sse(client, "POST", function.url, json={"messages": messages, **more}) as source,
    ):
        return [(event.event, event.json()) for event in source.iter_sse()]


def error(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]

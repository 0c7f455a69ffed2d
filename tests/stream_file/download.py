"""A client of stream-file, which puts the pieces of a file together."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import httpx
import httpx_sse

SSE = {"Accept": "text/event-stream"}


class Download:
    """What a client gets of a file. details: what the first and the last event say of it."""

    def __init__(self, url: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> None:
        self.data, self.events = b"", list[str]()
        self.details: dict[str, Any] = {}
        sent = dict(headers or {})
        with httpx.Client(timeout=60) as client, httpx_sse.connect_sse(client, method, url, headers=sent) as source:
            self.response = source.response
            for event in source.iter_sse():
                self.events.append(event.event)
                if event.event in ("file", "checksum"):
                    self.details |= json.loads(event.data)
                elif event.data == "[DONE]":
                    self.events[-1] = "[DONE]"
                else:
                    self.data += base64.b64decode(event.data, validate=True)

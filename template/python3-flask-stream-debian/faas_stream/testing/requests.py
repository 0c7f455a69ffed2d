"""What the handler has sent upstream."""

import json
import threading
from email.message import Message
from typing import Any
from urllib.parse import parse_qs, urlsplit


class UpstreamRequest:
    """One request that the handler has sent upstream.

    path: without the query. query: each value a list. headers: their names in any case. body: its bytes. json: the body
    as JSON, None if it is not JSON. was_cancelled: the handler's side has closed the connection before the reply ended.
    """

    def __init__(self, method: str, target: str, headers: Message, body: bytes) -> None:
        url = urlsplit(target)
        self.method, self.path, self.query = method, url.path, parse_qs(url.query)
        self.headers, self.body = headers, body
        self.was_cancelled = False
        self.is_over = threading.Event()

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def __repr__(self) -> str:
        cancelled = ", was_cancelled" if self.was_cancelled else ""
        return f"<{self.method} {self.path}, {len(self.body)} bytes{cancelled}>"

"""An event stream of upstream's: relayed byte for byte, and watched for its end."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from urllib3 import BaseHTTPResponse

from faas_stream.sources.body import Body

from .upstream import UpstreamError

_SIGN = re.compile(
    rb"\ndata: ?(?:\[DONE\]|\{\"error\": ?[^n ])"
    rb"|\nevent: ?(?:error|response\.(?:completed|incomplete|failed))\s"
    rb'|"type": ?"response\.(?:completed|incomplete|failed)"'
    rb'|"finish_reason": ?"(?P<reason>\w+)"'
)
"""What says that an answer is over. No model's text can look so: inside of JSON its quotes and newlines are escaped."""

_SIGN_BYTES = 64
"""No sign is longer, so that one cut in two is found with so much of what came before."""

_USAGE = re.compile(rb'"usage": ?(?=\{)')
_USAGE_BYTES = 4096
"""In the recorded streams of seven providers usage begins in the last 3,200 bytes."""


class Relay:
    """Iterate for upstream's bytes, each read as it arrives.

    An end that upstream forgot to mark is marked; a stream that ends in the middle raises UpstreamError, for behind a
    gateway it would look complete. finish_reason, usage: known at the end, for the log.
    """

    def __init__(self, response: BaseHTTPResponse) -> None:
        self._response = response
        self._body = Body(response)
        self._tail = b"\n"
        self._is_over = False
        self.finish_reason: str | None = None

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._body:
            self._look_at(piece)
            yield piece
        if ending := self._ending():
            yield ending

    def pause(self) -> None:
        """Has the iteration yield b"" instead of waiting, so that the template can wait for many in one thread."""
        self._body.pauses = True

    @property
    def readable(self) -> Any:
        return self._body.readable

    def close(self) -> None:
        self._body.close()

    @property
    def usage(self) -> Mapping[str, Any] | None:
        """As upstream told it last, or None."""
        found = list(_USAGE.finditer(self._tail))
        if not found:
            return None
        try:
            usage, _ = json.JSONDecoder().raw_decode(self._tail[found[-1].end() :].decode("utf-8", "replace"))
        except ValueError:
            return None
        return dict(usage)

    def _look_at(self, piece: bytes) -> None:
        for sign in _SIGN.finditer(self._tail[-_SIGN_BYTES:] + piece):
            if reason := sign["reason"]:
                self.finish_reason = reason.decode()
            else:
                self._is_over = True
        self._tail = (self._tail + piece)[-_USAGE_BYTES:]

    def _ending(self) -> bytes:
        if not self._is_over and self.finish_reason is None:
            raise UpstreamError(self._response, 502)
        # Providers leave out the last blank line now and then, and readers lose the event before it.
        blank = b"" if self._tail.endswith((b"\n\n", b"\n\r\n")) else b"\n" if self._tail.endswith(b"\n") else b"\n\n"
        return blank if self._is_over else blank + b"data: [DONE]\n\n"

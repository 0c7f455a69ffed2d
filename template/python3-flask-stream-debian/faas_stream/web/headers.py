"""Headers of every response, besides its author's; and the id by which a caller can find its call in the log."""

import hashlib
import itertools
import os
import re
from collections.abc import Mapping
from typing import Any
from wsgiref.util import is_hop_by_hop

from faas_stream.settings import Settings
from faas_stream.web import cors

_CALL_ID = re.compile(r"[\w.:/+=@-]{1,128}", re.ASCII)
"""UUIDs, which the gateway makes, and ids of other tracing systems."""

_ID_KEY = os.urandom(32)
_id_count = itertools.count()


def call_id(environ: Mapping[str, Any]) -> str:
    """The request's `X-Call-Id`, or a new id if it has none that is fit for a log."""
    value = environ.get("HTTP_X_CALL_ID", "")
    return value if _CALL_ID.fullmatch(value) else new_id()


def new_id() -> str:
    """32 hexadecimal digits that nobody can guess.

    A keyed hash of a counter: uuid4 calls the kernel and gives up the GIL for that, and getting the GIL back takes up
    to 5 ms while many answers begin.
    """
    return hashlib.blake2b(b"%d" % next(_id_count), key=_ID_KEY, digest_size=16).hexdigest()


def own_headers(settings: Settings, environ: Mapping[str, Any]) -> dict[str, str]:
    """What the template adds to each response."""
    allowed = cors.response_headers(settings.cors_origins, environ.get("HTTP_ORIGIN", ""))
    return {"X-Content-Type-Options": "nosniff", **allowed}


def sendable(headers: list[tuple[str, str]], more: Mapping[str, str]) -> list[tuple[str, str]]:
    """The headers that the server accepts, and those of `more` that they do not have; Vary is merged.

    Headers of the connection are removed, because waitress would answer 500 (T12). Raises UnicodeEncodeError for values
    that are not Latin-1: waitress would raise it when it is too late for another response.
    """
    headers = [pair for pair in headers if not is_hop_by_hop(pair[0])]
    present = {name.lower(): index for index, (name, _value) in enumerate(headers)}
    for name, value in more.items():
        index = present.get(name.lower())
        if index is None:
            headers.append((name, value))
        elif name == "Vary" and value.lower() not in headers[index][1].lower():
            headers[index] = (name, f"{headers[index][1]}, {value}")
    for _name, value in headers:
        value.encode("latin-1")
    return headers

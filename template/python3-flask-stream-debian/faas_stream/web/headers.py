"""Headers of every response, besides those of its author; and the id by which the caller knows its call."""

import re
from collections.abc import Mapping
from typing import Any
from wsgiref.util import is_hop_by_hop

from faas_stream.answers.registry import new_id
from faas_stream.settings import Settings
from faas_stream.web import cors

_CALL_ID = re.compile(r"[\w.:/+=@-]{1,128}", re.ASCII)
"""UUIDs, which the gateway makes, and ids of other tracing systems."""


def call_id(environ: Mapping[str, Any]) -> str:
    """The request's `X-Call-Id`, or a new id if it has none that is fit for a log."""
    sent = environ.get("HTTP_X_CALL_ID", "")
    return sent if _CALL_ID.fullmatch(sent) else new_id()


def own_headers(settings: Settings, environ: Mapping[str, Any]) -> dict[str, str]:
    """What the template adds to each response."""
    allowed = cors.answer_headers(settings.cors_origins, environ.get("HTTP_ORIGIN", ""))
    return {"X-Content-Type-Options": "nosniff", **allowed}


def sendable(headers: list[tuple[str, str]], more: Mapping[str, str]) -> list[tuple[str, str]]:
    """The headers that the server accepts, with more of them if they are not there already; Vary is merged.

    A function must not speak about its server's connection: waitress answers 500 to one that does (T12). Raises
    UnicodeEncodeError for what is not Latin-1, which waitress finds out when it is too late for another response.
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

"""An OpenAI-compatible endpoint that keeps the key on the server. See the README beside this file."""

import os

from flask import Response, request
from urllib3 import BaseHTTPResponse

from . import headers, models, routes
from .relay import Relay
from .upstream import Upstream, UpstreamError

UPSTREAM = Upstream.of(os.environ)
ALLOWED = models.Allowed(os.environ.get("allowed_models", ""))


def handle(_req):
    route = routes.find(request.method, request.path)
    body = request.get_data()
    model = _checked_model(route, body)
    path = UPSTREAM.path(route.endpoint, model, request.args.items(multi=True))
    asked = UPSTREAM.ask(route.method, path, body or None, headers.for_upstream(request.headers))
    if asked.status in (401, 403) or 300 <= asked.status < 400:
        asked.close()
        raise UpstreamError(asked, asked.status)  # about our key or our address: its text is not the caller's
    return _relayed(asked, is_listing=route.endpoint == "models" and not route.model)


def _checked_model(route: routes.Route, body: bytes) -> str:
    """The model's name, where the path to upstream needs it; "" where nothing has to look into the body."""
    if route.endpoint == "models":
        if route.model:
            ALLOWED.check(route.model)
        return route.model
    if not ALLOWED.names and not UPSTREAM.api_version:
        return ""
    named = models.named(body)
    for name in named:
        ALLOWED.check(name)
    return models.only(named) if UPSTREAM.api_version else ""


def _relayed(asked: BaseHTTPResponse, *, is_listing: bool) -> Response:
    content_type = asked.headers.get("Content-Type", "application/octet-stream")
    shown = headers.for_caller(asked.headers)
    if asked.status == 200 and content_type.startswith("text/event-stream"):
        relay = Relay(asked)
        answer = Response(relay, headers=shown, content_type=content_type)
        answer.call_on_close(relay.close)
        return answer
    body = asked.data  # whole, so that one that breaks off is an error with a status
    if asked.status == 200 and not body:
        raise UpstreamError(asked, 502)  # what the platform makes of a function that is gone, if that is upstream (T4)
    if is_listing and asked.status == 200:
        body = ALLOWED.listed(body)
    return Response(body, asked.status, shown, content_type=content_type)

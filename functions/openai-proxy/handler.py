"""An OpenAI-compatible endpoint that keeps the key on the server. See the README beside this file."""

import os

from flask import Response, request
from httpx2 import HTTPError
from httpx2 import Response as UpstreamResponse
from openai import APIConnectionError

from faas_stream import passthrough

from . import headers, models, routes
from .upstream import Upstream, refusal

UPSTREAM = Upstream.of(os.environ)
ALLOWED = models.Allowed(os.environ.get("allowed_models", ""))


async def handle(_req):
    route = routes.find(request.method, request.path)
    body = request.get_data()
    model = _checked_model(route, body)
    url = UPSTREAM.url(route.endpoint, model, request.args.items(multi=True))
    response = await UPSTREAM.send(route.method, url, body or None, headers.for_upstream(request.headers))
    if response.status_code in (401, 403) or 300 <= response.status_code < 400:
        raise await refusal(response)  # about our key or our address: its text is not the client's
    return await _relayed(response, is_listing=route.endpoint == "models" and not route.model)


def _checked_model(route: routes.Route, body: bytes) -> str:
    """The model's name, if the path to upstream needs it; "" if nothing has to look into the body."""
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


async def _relayed(upstream: UpstreamResponse, *, is_listing: bool) -> Response:
    content_type = upstream.headers.get("Content-Type", "application/octet-stream")
    shown = headers.for_caller(upstream.headers)
    if upstream.status_code == 200 and content_type.startswith("text/event-stream"):
        response = passthrough(upstream)
        response.headers.extend(shown)
        response.content_type = content_type
        return response
    try:
        body = await upstream.aread()  # whole, so that one that is cut is an error with a status
    except HTTPError as error:
        raise APIConnectionError(request=upstream.request) from error
    if upstream.status_code == 200 and not body:
        raise await refusal(upstream, 502)  # what the platform answers for a function that is gone (T4)
    if is_listing and upstream.status_code == 200:
        body = ALLOWED.listed(body)
    return Response(body, upstream.status_code, shown, content_type=content_type)

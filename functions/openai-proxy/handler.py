"""An endpoint with the APIs of OpenAI and Anthropic that keeps the key on the server: see the README of this folder."""

import os

import flask

from faas_stream import Api

from . import answers, headers, models, requests, routes
from .upstream import Upstream, choose, refusal

OPENAI, ANTHROPIC = Upstream.of(os.environ), Upstream.of_anthropic(os.environ)
ALLOWED = models.Allowed(os.environ.get("allowed_models", "*"))
STORED_RESPONSES = os.environ.get("stored_responses", "").lower() in ("true", "1")

if ALLOWED.allows_all and os.environ.get("access") == "open":
    print(
        "warning: everyone may call this proxy (access: open) and ask for any model (allowed_models: *): "
        "set auth_secret, or list the models in allowed_models",
        flush=True,
    )


def api(request):
    """The API in whose shape the template's errors and heartbeats are, and whether the client reads a stream."""
    return Api(routes.dialect(request.path), wants_stream=flask.g.get("wants_stream", False))


def handle(_req):
    """Checks the request in its own thread; the event loop sends it."""
    request = flask.request
    route = routes.find(request.method, request.path, stored_responses=STORED_RESPONSES)
    upstream = choose(route, OPENAI, ANTHROPIC)
    content = requests.read(route, request, needs_names=bool(upstream.api_version) or not ALLOWED.allows_all)
    ALLOWED.check(content.names)
    flask.g.wants_stream = content.wants_stream
    model = models.only(content.names) if upstream.api_version and route.endpoint.body else ""
    url = upstream.url(route, model, request.args.items(multi=True))
    passed_headers = headers.for_upstream(request.headers, route.endpoint.dialect, content.content_type)
    return _answer(upstream, route, url, content, passed_headers)


async def _answer(upstream, route, url, content, passed_headers):
    response = await upstream.send(route.method, url, content.body or None, passed_headers)
    if route.name == "models" and not route.model and not ALLOWED.allows_all and response.status_code == 200:
        return await _listing(response, route)
    return await answers.relay(response, route, wants_stream=content.wants_stream)


async def _listing(response, route):
    relayed = await answers.relay(response, route, wants_stream=False)
    if relayed.status_code != 200:
        return relayed
    if relayed.is_streamed:
        raise await refusal(response, 502)
    try:
        relayed.set_data(ALLOWED.only_allowed(relayed.get_data()))
    except ValueError as error:
        raise await refusal(response, 502) from error
    return relayed

"""An OpenAI-compatible upstream for development, tests and demos without a key. See the README next to this file."""

import json
import os
import time
import zlib
from functools import partial
from pathlib import Path
from uuid import uuid4

from flask import Response, request

from faas_stream.json_depth import MAX_DEPTH, is_too_deep

from . import dialects, embeddings, faults, headers, keys, models, pace, parameters, playback, routes
from .calls import Calls
from .dialects import Dialect
from .errors import ApiError, Body, wrong_type
from .faults import Fault
from .frames import encode
from .pace import Pace
from .reply import Origin, compose

PACE = pace.from_settings(os.environ.get, "mock_{}".format, Pace())
CALLS = Calls()

_README = Path(__file__).with_name("README.md").read_text(encoding="utf-8")

# Longer than any answer: the server closes the connection before it has sent this many bytes, and the client sees a
# broken connection.
_BROKEN_LENGTH = str(1 << 30)


def handle(req: str) -> Response:
    try:
        response = _answer(req)
    except ApiError as error:
        response = _json(error.body(), error.status)
        response.headers.update(error.headers)
    for name, value in headers.fresh().items():
        response.headers.setdefault(name, value)
    return response


def _answer(req: str) -> Response:
    route = routes.find(request.method, request.path, request.args.get("api-version"))
    if route.endpoint == "":
        return Response(_README, mimetype="text/plain")
    if route.endpoint == "mock/calls":
        return _calls()
    CALLS.called(request.method, request.path, dict(request.headers), req)
    keys.check(request.headers.get("Authorization"), request.headers.get("api-key"))
    if route.endpoint == "models":
        return _json(models.one(route.model) if route.model else models.listing())
    body = _body(req)
    model = route.deployment or parameters.model(body)
    fault = faults.from_header(request.headers.get("x-mock-fault")) or faults.from_model(model)
    faults.raise_status(fault, is_stream=body.get("stream") is True)
    if not route.is_azure:  # a deployment has whatever name its owner gave it
        models.check(model)
    if route.endpoint == "embeddings":
        return _json(embeddings.document(body, model))
    return _reply(dialects.BY_ENDPOINT[route.endpoint], body, model, fault, is_azure=route.is_azure)


def _reply(dialect: Dialect, body: Body, model: str, fault: Fault, *, is_azure: bool) -> Response:
    settings = parameters.read(body, dialect.MAX_TOKENS_NAMES)
    conversation = dialect.read(body)
    is_filtered = fault.name == faults.CONTENT_FILTER
    origin = Origin(uuid4().hex, int(time.time()), model, is_azure, is_filtered)
    reply = compose(conversation, settings, body, origin)
    if settings.stream:
        frames = faults.disturb(dialect.frames(reply), fault, partial(dialect.failure, reply))
    else:
        frames = faults.disturb_document(encode(dialect.document(reply)), reply.completion_tokens, fault)
    schedule = pace.schedule(frames, _pace(model), salt=zlib.crc32(encode(conversation.question)))
    is_disconnected = request.environ.get("waitress.client_disconnected") or (lambda: False)
    pieces = playback.play(schedule, is_disconnected, CALLS)
    if settings.stream:
        response = Response(pieces, mimetype="text/event-stream", headers={"Cache-Control": "no-cache"})
    else:
        response = Response(b"".join(pieces), mimetype="application/json")
    if fault.name == faults.BROKEN:
        response.headers["Content-Length"] = _BROKEN_LENGTH
    return response


def _pace(model: str) -> Pace:
    try:
        return pace.from_settings(request.headers.get, _header, pace.for_model(model, PACE))
    except ValueError as error:
        raise ApiError(400, f"Invalid header {error}.", code="invalid_value") from None


def _header(setting: str) -> str:
    return "x-mock-" + setting.replace("_", "-")


def _body(req: str) -> Body:
    try:
        if is_too_deep(req):
            raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels")
        body = json.loads(req)
    except ValueError as error:
        message = f"We could not parse the JSON body of your request ({error}). Expected a JSON object."
        raise ApiError(400, message) from None
    if not isinstance(body, dict):
        raise wrong_type("body", "a JSON object", body)
    return body


def _calls() -> Response:
    if request.method == "DELETE":
        CALLS.reset()
        return Response(status=204)
    try:
        until = {name: int(request.args[name]) for name in ("open", "finished", "abandoned") if name in request.args}
        timeout_s = pace.seconds(request.args.get("wait", "0"))
    except ValueError as error:
        raise ApiError(400, f"Invalid query: {error}.", code="invalid_value") from None
    return _json(CALLS.report(until, timeout_s))


def _json(document: object, status: int = 200) -> Response:
    return Response(encode(document), status, mimetype="application/json")

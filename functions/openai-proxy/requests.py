"""What of a request's body goes upstream, and what the function must know about it."""

from typing import Any, NamedTuple

import flask
import httpx2

from faas_stream import ClientError
from faas_stream.json_depth import is_too_deep

from . import models
from .routes import Route


class Request(NamedTuple):
    """body: its bytes, b"" for none. names: the models of the query, of the path and, if needed, of the body."""

    body: bytes
    content_type: str
    wants_stream: bool
    names: list[str]


def read(route: Route, request: flask.Request, *, needs_names: bool) -> Request:
    """What goes upstream. needs_names: refuse a body whose models cannot be read. Raises ClientError."""
    from_query = models.names_in_pairs(request.args.items(multi=True))
    if not route.endpoint.body:
        wants_stream = request.args.get("stream", "").lower() in ("true", "1")
        return Request(b"", "", wants_stream, from_query + ([route.model] if route.model else []))
    if request.mimetype == "multipart/form-data" and "form" in route.endpoint.body:
        return _form(request, from_query)
    if route.endpoint.body == "form":
        raise ClientError(
            f"The body is {request.mimetype or 'of no declared type'}: expected multipart/form-data.",
            status=415,
            code="unsupported_media_type",
        )
    # Every other endpoint takes JSON, whatever a caller declares (curl's `-d` declares a form).
    body = request.get_data()
    try:
        members = models.read(body)
        names = models.names_in_body(members) if needs_names else []
    except ClientError:
        if needs_names or is_too_deep(body):
            raise
        return Request(body, "application/json", False, from_query)  # upstream says what is wrong with it
    wants_stream = dict(members).get("stream") is True
    return Request(body, "application/json", wants_stream, from_query + names)


def _form(request: flask.Request, from_query: list[str]) -> Request:
    """The form, written anew: parsers differ about odd forms, so upstream gets what was read here and nothing else."""
    fields = list(request.form.items(multi=True))
    names = from_query + models.names_in_pairs(fields)
    parts: list[tuple[str, Any]] = [(name, (None, value.encode())) for name, value in fields]
    for name, file in request.files.items(multi=True):
        if models.names_in_pairs([(name, "")]):
            raise ClientError("`model` is a file: expected a field with a model's name.", code="missing_model")
        parts.append((name, (file.filename or "file", file.read(), file.content_type or "application/octet-stream")))
    if not names:
        raise ClientError("The form has no field `model`: expected a model's name.", code="missing_model")
    written = httpx2.Request("POST", "http://form", files=parts)
    wants_stream = [value.lower() for name, value in fields if name == "stream"][-1:] in (["true"], ["1"])
    return Request(written.read(), written.headers["Content-Type"], wants_stream, names)

"""Streams a file as base64 pieces: first its media type and length, last its SHA-256. README.md describes it."""

import os
from collections.abc import Iterator
from pathlib import Path

from flask import Response, jsonify, request

from faas_stream import ClientError, Event, stream

from . import ranges
from .files import File, Folder

FOLDER = Folder(Path(os.environ.get("files_dir") or Path(__file__).with_name("files")))


def handle(_req):
    if request.method not in ("GET", "HEAD", "POST"):
        message = f"{request.method} is not answered: expected GET or POST."
        raise ClientError(message, status=405, code="method_not_allowed", headers={"Allow": "GET, HEAD, POST"})
    name = request.path.strip("/") or request.args.get("file") or request.get_data(as_text=True).strip()
    if not name and (not request.accept_mimetypes or request.accept_mimetypes.accept_json):
        return jsonify(files=[file.description() for file in FOLDER.files()])
    return _answer(FOLDER.find(name))


def _answer(file: File) -> Response:
    etag = f'"{file.sha256()}"'
    is_partial = request.method != "HEAD" and request.headers.get("If-Range", etag) == etag
    part = ranges.part(request.headers.get("Range"), file.length, etag) if is_partial else None
    start, stop = part or (0, file.length)
    # Plain text (for `base64 -d`) and OpenAI's chunks have room for text alone, so they get bare base64.
    is_openai = request.args.get("format") == "openai"
    response: Response = stream(
        lambda: _items(file, start, stop, is_bare=is_openai or response.mimetype == "text/plain")
    )
    response.headers.update({"Accept-Ranges": "bytes", "ETag": etag, "Vary": "Accept"})
    if part:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{file.length}"
    return response


def _items(file: File, start: int, stop: int, *, is_bare: bool) -> Iterator[Event | bytes]:
    if is_bare:
        yield from file.pieces(start, stop)
        return
    yield Event({**file.description(), "offset": start}, event="file")
    yield from file.pieces(start, stop)
    yield Event({"sha256": file.sha256()}, event="checksum")

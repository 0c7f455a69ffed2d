"""Clients of Server-Sent Events: httpx-sse, sseclient-py, and curl with what it prints read by sseclient-py."""

import json
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import BufferedReader
from itertools import chain
from typing import IO
from urllib.parse import urlencode

import httpx
import httpx_sse
import sseclient

from tests.clients.reports import Failed, Frame, Question, Report, read, read_chunks

_TIMEOUT_S = 20


def _url(question: Question) -> str:
    return f"{question.url}?{urlencode(question.query)}"


def _failed(response: httpx.Response) -> Failed:
    response.read()
    return Failed("HTTPStatusError", response.status_code, response.json()["error"]["code"])


def by_httpx_sse(question: Question) -> Iterator[Report]:
    """httpx-sse, which sends `Accept: text/event-stream` by itself."""
    with (
        httpx.Client(timeout=_TIMEOUT_S, headers=dict(question.headers)) as client,
        httpx_sse.connect_sse(client, "POST", _url(question), content=question.prompt) as source,
    ):
        if source.response.is_error:
            yield _failed(source.response)
            return
        yield from read(Frame(event.event, event.data) for event in source.iter_sse())


def by_sseclient(question: Question) -> Iterator[Report]:
    """sseclient-py on a response of httpx, whose default Accept is `*/*`."""
    with (
        httpx.Client(timeout=_TIMEOUT_S, headers=dict(question.headers)) as client,
        client.stream("POST", _url(question), content=question.prompt) as response,
    ):
        if response.is_error:
            yield _failed(response)
            return
        yield from read(_frames(response.iter_bytes()))


def by_curl(question: Question) -> Iterator[Report]:
    """curl, whose default Accept is `*/*`, and which exits with 22 for an error status."""
    return _curl(_url(question), question.headers, question.prompt, read)


def by_curl_in_chunks(question: Question) -> Iterator[Report]:
    """curl with a request as in OpenAI's documentation."""
    messages = [{"role": "user", "content": question.prompt}]
    usage = {"stream_options": {"include_usage": True}}
    body = json.dumps({"model": question.model, "messages": messages, "stream": True, **usage})
    headers = {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {question.token}",
        **question.headers,
    }
    url = f"{question.base_url}/chat/completions?{urlencode(question.query)}"
    return _curl(url, headers, body, read_chunks)


def _curl(
    url: str, headers: Mapping[str, str], body: str, read: Callable[[Iterable[Frame]], Iterator[Report]]
) -> Iterator[Report]:
    fields = [argument for pair in headers.items() for argument in ("-H", ": ".join(pair))]
    command = ["curl", "-sN", "--fail-with-body", "-m", str(_TIMEOUT_S), *fields, "-d", body, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as curl:
        try:
            pieces = _read_all(curl.stdout)
            first = next(pieces, b"")
            # With an error's status it prints a document, and no frames.
            yield from [] if first.startswith(b"{") else read(_frames(chain([first], pieces)))
            list(pieces)
        except GeneratorExit:
            curl.kill()
            raise
    if curl.returncode:
        yield Failed(f"exit {curl.returncode}")


def _read_all(pipe: IO[bytes] | None) -> Iterator[bytes]:
    assert isinstance(pipe, BufferedReader)
    return iter(lambda: pipe.read1(65_536), b"")


def _frames(pieces: Iterator[bytes]) -> Iterator[Frame]:
    for event in sseclient.SSEClient(pieces).events():
        yield Frame(event.event, event.data)

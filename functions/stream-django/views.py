"""The page, and an answer of either API of OpenAI as an event stream.

The views are synchronous: under WSGI, Django collects an asynchronous iterator and sends it in one piece.
"""

import os
import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET, require_safe
from openai import APIConnectionError, AzureOpenAI, OpenAI, Stream, Timeout

from faas_stream import http_client, secret_source


def make_client() -> OpenAI:
    """The SDK's client, made once per process; the key is read for each request."""
    common: dict[str, Any] = {
        "api_key": secret_source("openai-api-key"),
        # When the browser disconnects, this ends the call upstream although the view waits for the next token.
        "http_client": http_client(),
        # A client waits, a repeated prompt is paid for twice, and its sender knows best whether to repeat it.
        "max_retries": 0,
        # Limits connecting alone. The template's upstream_idle_timeout limits how long upstream may be silent.
        "timeout": Timeout(None, connect=10),
    }
    if endpoint := os.environ.get("azure_endpoint"):
        version = os.environ.get("azure_api_version") or "2024-10-21"
        return AzureOpenAI(azure_endpoint=endpoint, api_version=version, **common)
    return OpenAI(base_url=os.environ.get("openai_base_url") or None, **common)


client = make_client()
temperature = float(os.environ.get("temperature") or 1)


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    nonce = secrets.token_urlsafe()
    response = render(request, "page.html", {"nonce": nonce})
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return response


@require_GET
def completion(request: HttpRequest) -> StreamingHttpResponse:
    prompt = request.GET.get("message") or "Hello world"
    model = os.environ.get("openai_completion_model") or "gpt-3.5-turbo-instruct"
    return event_stream(
        lambda: client.completions.create(
            model=model, prompt=prompt, temperature=temperature, max_tokens=1000, stream=True
        ),
        lambda choice: choice.text,
    )


@require_GET
def completion_chat(request: HttpRequest) -> StreamingHttpResponse:
    messages: list[Any] = [{"role": "user", "content": request.GET.get("message") or "Hello world"}]
    if system_prompt := os.environ.get("system_prompt"):
        messages.insert(0, {"role": "system", "content": system_prompt})
    model = os.environ.get("openai_model") or "gpt-4o-mini"
    return event_stream(
        lambda: client.chat.completions.create(model=model, messages=messages, temperature=temperature, stream=True),
        lambda choice: choice.delta.content,
    )


urlpatterns = [path("", page), path("completion", completion), path("completionChat", completion_chat)]


def event_stream(call: Callable[[], Stream[Any]], text_of: Callable[[Any], str | None]) -> StreamingHttpResponse:
    return StreamingHttpResponse(events(call, text_of), content_type="text/event-stream")


def events(call: Callable[[], Stream[Any]], text_of: Callable[[Any], str | None]) -> Iterator[bytes]:
    """Each delta as an event, then `[DONE]`. What is raised here becomes an `error` event of the template's."""
    # An EventSource cannot read an error's status. After this comment, errors are events.
    yield b":\n\n"
    finish_reason = None
    with call() as chunks:
        for chunk in chunks:
            for choice in chunk.choices:
                finish_reason = choice.finish_reason or finish_reason
                if text := text_of(choice):
                    yield event(text)
    if finish_reason is None:  # the SDK takes a stream that was cut for one that has ended
        raise APIConnectionError(message="The stream ended without a finish reason.", request=chunks.response.request)
    yield event("[DONE]")


def event(text: str) -> bytes:
    """A line break would end the field, so each line of the text gets a field of its own."""
    return "".join(f"data: {line}\n" for line in re.split(r"\r\n|\r|\n", text)).encode() + b"\n"

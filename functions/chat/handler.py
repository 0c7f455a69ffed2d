"""A web page with a conversation, and the function behind it: GET shows the page, POST streams an answer to it."""

import json
import os
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from flask import Request, Response, request
from openai import AsyncAzureOpenAI, AsyncOpenAI, DefaultAioHttpClient, Timeout

from faas_stream import ClientError, Event, chat_messages, secret_source, stream

from . import page
from .history import trim
from .images import check_images
from .once import Once
from .options import Options
from .relay import Relay

OPTIONS = Options.of(os.environ)
PAGE = page.Page(OPTIONS.for_page(), OPTIONS.title, OPTIONS.suggestions)
PROMPTS_SEEN = Once(10_000)
RELAY = Relay.of(os.environ)


def make_client() -> AsyncOpenAI:
    """The SDK's client, made once per process; the key is read for each request."""
    common: dict[str, Any] = {
        "api_key": secret_source("openai-api-key"),
        "http_client": DefaultAioHttpClient(),
        # A client waits, a repeated prompt is paid for twice, and its sender knows best whether to repeat it.
        "max_retries": 0,
        # Only for connecting: how long upstream may be silent is the template's to say (upstream_idle_timeout).
        "timeout": Timeout(None, connect=10),
    }
    if endpoint := os.environ.get("azure_endpoint"):
        version = os.environ.get("azure_api_version") or "2024-10-21"
        return AsyncAzureOpenAI(azure_endpoint=endpoint, api_version=version, **common)
    return AsyncOpenAI(base_url=os.environ.get("openai_base_url") or None, **common)


client = make_client()


def handle(req: str) -> Response | Coroutine[Any, Any, Response]:
    if request.method == "POST":
        return _answer(req)
    if request.method not in ("GET", "HEAD"):
        raise ClientError(
            f"{request.method} is not answered: expected GET for the page or POST for an answer.",
            status=405,
            code="method_not_allowed",
            headers={"Allow": "GET, HEAD, POST"},
        )
    return _answer_event_source() if _is_question(request) else PAGE.respond(request)


def is_public(request: Request) -> bool:
    """True for the page, which asks for the token that all else needs."""
    is_page = request.method in ("GET", "HEAD") and not _is_question(request)
    return is_page and page.named(request).name != page.CONFIG


def _is_question(request: Request) -> bool:
    """True for a GET that asks the model. A link that is followed or an image that is shown must not be one."""
    used_as = request.headers.get("Sec-Fetch-Dest", "empty")  # browsers say it to https and to localhost
    wanted = request.accept_mimetypes.best_match(("text/event-stream", "text/html"))
    return "message" in request.args and used_as == "empty" and wanted == "text/event-stream"


def _answer_event_source() -> Response | Coroutine[Any, Any, Response]:
    messages = OPTIONS.instructed(chat_messages(""))
    if RELAY:
        return RELAY.answer(messages, {})

    async def events() -> AsyncIterator[Any]:
        # A browser that reconnects sends the last id it saw, so there has to be one before the prompt is sent.
        yield Event({}, event="asked")
        yield _ask(OPTIONS.model, messages, OPTIONS.temperature)

    return stream(events(), format="json")


def _answer(req: str) -> Response | Coroutine[Any, Any, Response]:
    conversation = OPTIONS.instructed(chat_messages(req))
    check_images(conversation, OPTIONS.are_images_accepted)
    messages, dropped = trim(conversation, OPTIONS.history_tokens)
    model = OPTIONS.chosen_model(_member("model"))
    wanted = _member("temperature")
    temperature = OPTIONS.chosen_temperature(wanted)
    # Browsers repeat a POST by themselves when a reused connection breaks before the answer's head (Chromium does).
    if not PROMPTS_SEEN.is_first(request.headers.get("Idempotency-Key", "")):
        raise ClientError("This prompt came before; it was not sent again.", status=409, code="already_received")
    note = {"dropped": dropped, "history_tokens": OPTIONS.history_tokens}
    if RELAY:
        event = f"event: trimmed\ndata: {json.dumps(note)}\n\n".encode()
        more = {"model": model or None, "temperature": wanted}
        chosen = {name: value for name, value in more.items() if value is not None}
        return RELAY.answer(messages, chosen, event if dropped else b"")

    async def trimmed() -> AsyncIterator[Any]:
        yield Event(note, event="trimmed")
        yield _ask(model, messages, temperature)

    return stream(trimmed() if dropped else _ask(model, messages, temperature), format="json")


def _ask(model: str, messages: list[Any], temperature: float) -> Any:
    """The SDK's call, not awaited yet: the template awaits it, and cancels it if the client disconnects."""
    return client.chat.completions.create(
        model=model,
        messages=messages,
        temperature=temperature,
        stream=True,
        stream_options={"include_usage": True},
    )


def _member(name: str) -> Any:
    """A member of the request's body; None if it has none."""
    body = request.get_json(force=True, silent=True)
    return body.get(name) if isinstance(body, dict) else None

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
from .options import Options
from .relay import Relay
from .seen_keys import SeenKeys

OPTIONS = Options.of(os.environ)
PAGE = page.Page(OPTIONS.for_page(), OPTIONS.title, OPTIONS.suggestions)
SEEN_KEYS = SeenKeys(10_000)
RELAY = Relay.of(os.environ)


def make_client() -> AsyncOpenAI:
    """The SDK's client, made once per process; the key is read for each request."""
    common: dict[str, Any] = {
        "api_key": secret_source("openai-api-key"),
        "http_client": DefaultAioHttpClient(),
        # A client waits, a repeated prompt is paid for twice, and its sender knows best whether to repeat it.
        "max_retries": 0,
        # Limits connecting alone. The template's upstream_idle_timeout limits how long upstream may be silent.
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
    """True for the page and its files. The page asks the reader for the token that everything else needs."""
    is_page = request.method in ("GET", "HEAD") and not _is_question(request)
    return is_page and page.asset_of(request).name != page.CONFIG


def _is_question(request: Request) -> bool:
    """True for a GET that asks the model. A link that is followed and an image that is shown must not ask it."""
    destination = request.headers.get("Sec-Fetch-Dest", "empty")  # browsers send it to https and to localhost only
    media_type = request.accept_mimetypes.best_match(("text/event-stream", "text/html"))
    return "message" in request.args and destination == "empty" and media_type == "text/event-stream"


def _answer_event_source() -> Response | Coroutine[Any, Any, Response]:
    messages = OPTIONS.with_system_prompt(chat_messages(""))
    if RELAY:
        return RELAY.answer(messages, {})

    async def events() -> AsyncIterator[Any]:
        # A browser that reconnects sends the id of the last event. It gets this event before the prompt is sent, so the
        # template recognizes the reconnect and does not send the prompt again.
        yield Event({}, event="asked")
        yield _ask(OPTIONS.model, messages, OPTIONS.temperature)

    return stream(events(), format="json")


def _answer(req: str) -> Response | Coroutine[Any, Any, Response]:
    conversation = OPTIONS.with_system_prompt(chat_messages(req))
    check_images(conversation, OPTIONS.are_images_accepted)
    messages, dropped = trim(conversation, OPTIONS.history_tokens)
    model = OPTIONS.chosen_model(_member("model"))
    own_temperature = _member("temperature")
    temperature = OPTIONS.chosen_temperature(own_temperature)
    # Browsers such as Chromium repeat a POST by themselves when a reused connection breaks before the response's head.
    if not SEEN_KEYS.is_first(request.headers.get("Idempotency-Key", "")):
        raise ClientError("This prompt came before; it was not sent again.", status=409, code="already_received")
    note = {"dropped": dropped, "history_tokens": OPTIONS.history_tokens}
    if RELAY:
        event = f"event: trimmed\ndata: {json.dumps(note)}\n\n".encode()
        choices = {"model": model or None, "temperature": own_temperature}
        members = {name: value for name, value in choices.items() if value is not None}
        return RELAY.answer(messages, members, event if dropped else b"")

    async def note_and_answer() -> AsyncIterator[Any]:
        yield Event(note, event="trimmed")
        yield _ask(model, messages, temperature)

    return stream(note_and_answer() if dropped else _ask(model, messages, temperature), format="json")


def _ask(model: str, messages: list[Any], temperature: float) -> Any:
    """The SDK's call, not awaited yet: the template awaits it, and cancels it if the client disconnects."""
    return client.chat.completions.create(
        model=model,
        messages=(),
        # The SDK compares each message in `messages` with all its types, and other answers wait meanwhile.
        extra_body={"messages": messages},
        temperature=temperature,
        stream=True,
        stream_options={"include_usage": True},
    )


def _member(name: str) -> Any:
    """A member of the request's body; None if the body does not have it."""
    body = request.get_json(force=True, silent=True)
    return body.get(name) if isinstance(body, dict) else None

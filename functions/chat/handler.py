"""A web page with a conversation, and the function behind it: GET shows the page, POST streams an answer to it."""

import os
from collections.abc import Iterator
from functools import cache, partial
from typing import Any

from flask import Request, Response, request
from openai import AzureOpenAI, OpenAI, Stream
from openai.types.chat import ChatCompletionChunk

from faas_stream import ClientError, Event, chat_messages, secret, stream

from . import page
from .history import trim
from .once import Once
from .options import Options

OPTIONS = Options.of(os.environ)
PAGE = page.Page(OPTIONS.for_page())
PROMPTS_SEEN = Once(10_000)


@cache
def client() -> OpenAI:
    """The SDK's client, made at the first request, so that a missing secret is told to the caller."""
    key = secret("openai-api-key")
    # No retries: a reader waits, a repeated prompt is paid for twice, and who sent it knows best whether to repeat it.
    if endpoint := os.environ.get("azure_endpoint"):
        version = os.environ.get("azure_api_version") or "2024-10-21"
        return AzureOpenAI(api_key=key, azure_endpoint=endpoint, api_version=version, max_retries=0)
    return OpenAI(api_key=key, base_url=os.environ.get("openai_base_url") or None, max_retries=0)


def handle(req: str) -> Response:
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


def _answer_event_source() -> Response:
    messages = OPTIONS.instructed(chat_messages(""))

    def events() -> Iterator[Any]:
        # A browser that reconnects shows the last id it saw, so there has to be one before the prompt goes out.
        yield Event({}, event="asked", id="asked")
        with _ask(OPTIONS.model, messages) as chunks:
            yield from chunks

    return stream(events, format="json")


def _answer(req: str) -> Response:
    messages, dropped = trim(OPTIONS.instructed(chat_messages(req)), OPTIONS.history_tokens)
    model = OPTIONS.chosen_model(_asked_model())
    # Browsers repeat a POST by themselves when a reused connection breaks before the answer's head (Chromium does).
    if not PROMPTS_SEEN.is_first(request.headers.get("Idempotency-Key", "")):
        raise ClientError("This prompt came before; it was not sent again.", status=409, code="already_received")

    def trimmed() -> Iterator[Any]:
        with _ask(model, messages) as chunks:
            yield Event({"dropped": dropped}, event="trimmed")
            yield from chunks

    return stream(trimmed if dropped else partial(_ask, model, messages), format="json")


def _ask(model: str, messages: list[Any]) -> Stream[ChatCompletionChunk]:
    return client().chat.completions.create(
        model=model,
        messages=messages,
        temperature=OPTIONS.temperature,
        stream=True,
        stream_options={"include_usage": True},
    )


def _asked_model() -> str | None:
    body = request.get_json(force=True, silent=True)
    return body.get("model") if isinstance(body, dict) else None

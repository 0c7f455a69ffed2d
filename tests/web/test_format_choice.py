"""Which format `stream` sends, from the request's URL, body and Accept header, the handler, and the settings."""

from collections.abc import Iterator
from typing import Any

import pytest

from faas_stream import chat_messages, stream
from tests.fixtures import Serve
from tests.web.test_app import code


def test_the_format_is_the_requests_the_handlers_or_the_settings(serve: Serve) -> None:
    def is_json(path: str, argument: str | None, **settings: str) -> bool:
        text = serve(lambda _req: stream(["a"], format=argument), **settings).post(path).text
        return "event: message" in text

    assert not is_json("/", None)
    assert is_json("/", None, stream_format="json")
    assert not is_json("/", "text", stream_format="json")
    assert is_json("/?format=json", "text")


STREAMED, WHOLE = "text/event-stream", "application/json"


@pytest.mark.parametrize(
    ("body", "headers", "media_type"),
    [
        ({"stream": True}, {"Accept": "application/json"}, STREAMED),
        ({"stream": True}, {"Accept": "text/plain"}, STREAMED),
        ({"stream": True}, {"Accept": "image/png"}, STREAMED),
        ({"stream": False}, {"Accept": "application/json"}, WHOLE),
        ({"stream": False}, {"Accept": "text/event-stream"}, WHOLE),
        ({"stream": False}, {}, WHOLE),
        ({"stream": "yes"}, {"Accept": "application/json"}, WHOLE),
        ({"stream": 1}, {"Accept": "text/event-stream"}, STREAMED),
        ({"stream": None}, {"Accept": "text/plain"}, "text/plain"),
        ({}, {"Accept": "text/plain"}, "text/plain"),
        ([True], {"Accept": "text/plain"}, "text/plain"),
        ({}, {"Accept": "*/*", "X-Callback-Url": "http://x"}, WHOLE),
        ({"stream": True}, {"Accept": "*/*", "X-Callback-Url": "http://x"}, WHOLE),
        ({}, {"Accept": "text/plain", "X-Callback-Url": "http://x"}, "text/plain"),
    ],
)
def test_the_bodys_stream_takes_precedence_over_accept_and_a_callback_gets_a_document(
    serve: Serve, body: Any, headers: dict[str, str], media_type: str
) -> None:
    assert serve(lambda _req: stream(["a"])).post("/", json=body, headers=headers).mimetype == media_type


@pytest.mark.parametrize(
    "body", ['{"stream": true', '"stream"', '{"a": "\\"stream\\": true"}', "[" * 100_000 + '"stream"']
)
def test_a_body_that_only_seems_to_have_a_boolean_stream_does_not_decide(serve: Serve, body: str) -> None:
    headers = {"Accept": "text/plain", "Content-Type": "application/json"}
    assert serve(lambda _req: stream(["a"])).post("/", data=body, headers=headers).mimetype == "text/plain"


@pytest.mark.parametrize(
    ("content_type", "media_type"),
    [
        ("application/x-www-form-urlencoded", STREAMED),
        ("", STREAMED),
        ("application/vnd.api+json; charset=utf-8", STREAMED),
        ("text/plain", "text/plain"),
    ],
)
def test_a_body_is_json_for_its_stream_if_it_is_json_for_its_prompt(
    serve: Serve, content_type: str, media_type: str
) -> None:
    client = serve(lambda req: stream([chat_messages(req)[0]["content"]]))
    headers = {"Accept": "text/plain", "Content-Type": content_type}
    body = '{"prompt": "hi", "stream": true}'
    response = client.post("/", data=body, headers=headers)
    assert response.mimetype == media_type
    assert ("data: hi" in response.text) == (media_type == STREAMED)


@pytest.mark.parametrize("path", ["/", "/?message=hi", "/any/path?format=json"])
def test_a_navigation_gets_the_short_page_and_starts_no_answer(serve: Serve, path: str) -> None:
    started = []

    def source() -> Iterator[str]:
        started.append(True)
        yield "a"

    client = serve(lambda _req: stream(source()), OPENFAAS_NAME="a<b")
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    page = client.get(path, headers={"Accept": accept})
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "curl" in page.text
    assert "a&lt;b" in page.text
    assert "Accept" in page.headers["Vary"]
    assert client.post(path, headers={"Accept": accept}).mimetype == "text/event-stream"
    assert started == [True], "only the POST has started an answer"


def test_a_navigation_without_a_prompt_gets_the_short_page_too(serve: Serve) -> None:
    client = serve(lambda req: stream([chat_messages(req)[-1]["content"]]))
    assert client.get("/", headers={"Accept": "text/html"}).mimetype == "text/html"
    assert code(client.get("/", headers={"Accept": "text/event-stream"})) == "empty_prompt"

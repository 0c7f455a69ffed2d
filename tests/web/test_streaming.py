"""What `stream` makes of a source and a request: the format, the Accept header, and sources of every kind."""

import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import flask
import httpx2
import pytest
from langchain_core.documents import Document
from langchain_openai import ChatOpenAI
from openai import AsyncOpenAI
from pydantic import SecretStr

from faas_stream import ClientError, Event, chat_messages, passthrough, stream
from faas_stream.answers.record import Record
from faas_stream.formats import sse_formats
from tests.events import without_ids
from tests.fixtures import Serve
from tests.sources.chunks import event
from tests.sources.sdks import anthropic_client, client_of, openai_client
from tests.web.test_app import code

DONE = "data: [DONE]\n\n"


def in_thread() -> Iterator[str]:
    yield "a"
    yield flask.request.method


async def in_loop() -> AsyncIterator[str]:
    yield "a"
    yield flask.request.method


async def awaited() -> AsyncIterator[str]:
    return in_loop()


async def awaited_list() -> list[str]:
    return ["a", "POST"]


async def nested() -> AsyncIterator[Any]:
    yield in_loop()
    yield "b"


SOURCES: dict[str, Callable[[], Any]] = {
    "a list": lambda: ["a", "POST"],
    "a generator": in_thread,
    "a function": lambda: in_thread,
    "an async generator": in_loop,
    "an async generator function": lambda: in_loop,
    "an awaitable of an async generator": awaited,
    "an awaitable of a list": awaited_list,
    "a coroutine function": lambda: awaited,
}


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)
@pytest.mark.parametrize("is_async", [False, True], ids=["def", "async def"])
def test_sources_of_every_kind_are_streamed(
    serve: Serve, logged: list[Record], make: Callable[[], Any], is_async: bool
) -> None:
    def handle(_req: str) -> flask.Response:
        return stream(make())

    async def handle_in_loop(_req: str) -> flask.Response:
        return stream(make())

    response = serve(handle_in_loop if is_async else handle).post("/")
    assert without_ids(response.text) == f"data: a\n\ndata: POST\n\n{DONE}"
    assert [record.outcome for record in logged] == ["complete"]


def test_a_generator_may_yield_whole_sources(serve: Serve) -> None:
    assert serve(lambda _req: stream(nested())).post("/", headers={"Accept": "text/plain"}).text == "aPOSTb"


def test_a_context_manager_is_entered_and_exited(serve: Serve) -> None:
    events: list[str] = []

    class Manager:
        def __enter__(self) -> list[str]:
            events.append("entered")
            return ["a"]

        def __exit__(self, *_: object) -> None:
            events.append("left")

    class AsyncManager:
        async def __aenter__(self) -> AsyncIterator[str]:
            events.append("entered")
            return in_loop()

        async def __aexit__(self, *_: object) -> None:
            events.append("left")

    for manager in (Manager, AsyncManager):
        events.clear()
        response = serve(lambda _req, manager=manager: stream(manager())).post("/")
        assert response.text.endswith(DONE)
        assert events == ["entered", "left"]


@pytest.mark.parametrize("source", [3, None, object()], ids=["a number", "None", "an object"])
def test_what_is_no_source_is_an_error_with_a_status(
    serve: Serve, source: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    response = serve(lambda _req: stream(source)).post("/")
    assert (response.status_code, code(response)) == (500, "internal_error")
    assert "TypeError" in capsys.readouterr().err


WHOLE_ANSWER = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": []}
MESSAGE = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": {}}


def whole_answers() -> httpx2.Client:
    """An HTTP client of a server that never streams."""
    answers = {True: MESSAGE, False: WHOLE_ANSWER}
    transport = httpx2.MockTransport(
        lambda request: httpx2.Response(200, json=answers[request.url.path.endswith("messages")])
    )
    return httpx2.Client(transport=transport)


async def later(value: Any) -> Any:
    return value


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: openai_client(whole_answers()).chat.completions.create(model="m", messages=[]),
         "ChatCompletion is a whole answer and cannot be streamed: call the SDK with stream=True"),
        (lambda: later(openai_client(whole_answers()).chat.completions.create(model="m", messages=[])),
         "ChatCompletion is a whole answer and cannot be streamed: call the SDK with stream=True"),
        (lambda: [anthropic_client(whole_answers()).messages.create(model="m", max_tokens=1, messages=[])],
         "Message is a whole answer and cannot be streamed: call the SDK with stream=True"),
        (lambda: openai_client(whole_answers()).chat.completions.with_raw_response.create(model="m", messages=[]),
         "LegacyAPIResponse is a raw response of the SDK: stream what its .parse() returns"),
        (lambda: openai_client(whole_answers()), "OpenAI is a client: stream what its call with stream=True returns"),
        (lambda: AsyncOpenAI(api_key="k"), "openai.AsyncOpenAI is a client: stream what its call"),
        (lambda: ChatOpenAI(model="m", api_key=SecretStr("k")), "ChatOpenAI has to be called: stream what its"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("format", sse_formats())
def test_a_call_without_stream_true_is_an_error_that_says_what_was_forgotten(
    serve: Serve, make: Callable[[], Any], message: str, format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    response = serve(lambda _req: stream(make())).post(f"/?format={format}")
    assert (response.status_code, code(response)) == (500, "internal_error")
    assert message in capsys.readouterr().err


def test_an_object_of_pydantic_is_one_value(serve: Serve) -> None:
    response = serve(lambda _req: stream(Document("a"))).post("/", headers={"Accept": "application/x-ndjson"})
    assert json.loads(response.text.splitlines()[0])["page_content"] == "a"


@pytest.mark.parametrize("format", sse_formats())
def test_a_stream_that_begins_with_upstreams_failure_has_a_status(serve: Serve, format: str) -> None:
    source = openai_client(client_of(event({"error": {"message": "no", "code": "c"}})))
    client = serve(lambda _req: stream(source.chat.completions.create(model="m", messages=[], stream=True)))
    response = client.post(f"/?format={format}")
    assert (response.status_code, code(response)) == (502, "upstream_error")


def test_the_sources_error_before_the_first_item_has_a_status(serve: Serve) -> None:
    def source() -> Iterator[str]:
        raise ClientError("No such city.", status=404, code="no_city")
        yield

    response = serve(lambda _req: stream(source)).post("/")
    assert (response.status_code, code(response)) == (404, "no_city")


@pytest.mark.parametrize("error", [TimeoutError, ConnectionResetError, SystemExit, RuntimeError])
def test_the_sources_error_after_the_first_item_is_an_error_frame(
    serve: Serve, logged: list[Record], error: type[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    def source() -> Iterator[str]:
        yield "a"
        raise error

    async def async_source() -> AsyncIterator[str]:
        yield "a"
        raise error

    for make in (source, async_source):
        response = serve(lambda _req, make=make: stream(make())).post("/")
        first, last = without_ids(response.text).strip().split("\n\n")
        assert (response.status_code, first) == (200, "data: a")
        assert last.startswith('event: error\ndata: {"code": "internal_error"')
    assert [record.outcome for record in logged] == ["internal_error"] * 2
    assert error.__name__ in capsys.readouterr().err


def test_a_head_request_closes_the_source_unread(serve: Serve) -> None:
    read, closed = [], []

    class Source:
        def __iter__(self) -> Iterator[str]:
            read.append(True)
            return iter(["a"])

        def close(self) -> None:
            closed.append(True)

    response = serve(lambda _req: stream(Source())).head("/")
    assert (response.status_code, response.data) == (200, b"")
    assert (read, closed) == ([], [True])


class Closable(list[str]):
    def __init__(self, closed: list[bool]) -> None:
        self._closed = closed

    def close(self) -> None:
        self._closed.append(True)


class AsyncClosable:
    def __init__(self, closed: list[bool]) -> None:
        self._closed = closed

    def __aiter__(self) -> AsyncIterator[str]:
        raise AssertionError("a source that is refused must not be iterated")

    def __await__(self) -> Any:
        raise AssertionError("a source that is refused must not be awaited")

    async def aclose(self) -> None:
        self._closed.append(True)


@pytest.mark.parametrize(
    ("path", "accept", "status", "error"),
    [("/?format=xml", "*/*", 400, "unknown_format"), ("/", "image/png", 406, "not_acceptable")],
)
@pytest.mark.parametrize("source", [Closable, AsyncClosable])
def test_a_source_that_cannot_be_sent_is_closed(
    serve: Serve, source: Any, path: str, accept: str, status: int, error: str
) -> None:
    closed: list[bool] = []
    response = serve(lambda _req: stream(source(closed))).post(path, headers={"Accept": accept})
    assert (response.status_code, code(response)) == (status, error)
    assert closed == [True]


def test_a_coroutine_that_cannot_be_sent_never_starts(serve: Serve) -> None:
    started = []

    async def create() -> list[str]:
        started.append(True)
        return ["a"]

    assert serve(lambda _req: stream(create())).post("/?format=xml").status_code == 400
    assert not started  # and Python does not warn that it was never awaited, because it is closed


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


@pytest.mark.parametrize("format", ["text", "json", "ai-sdk"])
def test_every_event_has_an_id_on_post_too(serve: Serve, format: str) -> None:
    response = serve(lambda _req: stream(["a", "b"])).post(f"/?format={format}")
    ids = [line.removeprefix("id: ") for line in response.text.splitlines() if line.startswith("id: ")]
    answers, numbers = zip(*(id.split(".") for id in ids), strict=True)
    assert len(set(answers)) == 1
    assert [int(number) for number in numbers] == sorted({int(number) for number in numbers})
    assert len(ids) >= 3


def test_openais_format_has_no_ids(serve: Serve) -> None:
    assert "id: " not in serve(lambda _req: stream(["a"])).post("/?format=openai").text.replace('"id": ', "")


def test_two_answers_have_different_ids(serve: Serve) -> None:
    client = serve(lambda _req: stream(["a"]))
    assert client.post("/").text.split(".")[0] != client.post("/").text.split(".")[0]


def test_a_handler_may_send_events_and_read_the_request_while_it_streams(serve: Serve) -> None:
    def handle(req: str) -> flask.Response:
        messages = chat_messages(req)

        def answer() -> Iterator[str | Event]:
            yield Event({"n": len(messages)}, event="progress")
            yield flask.request.args["message"]

        return stream(answer)

    response = serve(handle).post("/?message=hello")
    assert without_ids(response.text) == f'event: progress\ndata: {{"n": 1}}\n\ndata: hello\n\n{DONE}'


def test_status_and_headers_of_the_response_may_be_changed(serve: Serve) -> None:
    def handle(_req: str) -> Any:
        return stream(["a"]), 202, {"X-Mine": "1"}

    response = serve(handle).post("/")
    assert (response.status_code, response.headers["X-Mine"]) == (202, "1")
    assert response.headers["Cache-Control"] == "no-cache, no-transform"


def test_on_end_is_called_once_in_the_requests_thread_with_the_record(serve: Serve) -> None:
    calls: list[tuple[Record, int, str]] = []

    def on_end(record: Record) -> None:
        calls.append((record, threading.get_ident(), flask.request.method))

    client = serve(lambda _req: stream(["a", "b"], on_end=on_end))
    client.post("/", headers={"X-Call-Id": "call-7"})
    [(record, thread, method)] = calls
    assert (thread, method) == (threading.get_ident(), "POST")
    assert (record.call_id, record.status, record.outcome, record.text) == ("call-7", 200, "complete", "ab")
    assert record.time_to_first_item_s is not None
    assert 0 <= record.time_to_first_item_s <= record.duration_s


def test_what_on_end_gets_is_bounded(serve: Serve) -> None:
    records: list[Record] = []
    serve(lambda _req: stream(["ab", "cd"], on_end=records.append), max_record="3").post("/")
    assert records[0].text == "abc"


def test_on_end_gets_failures_too_and_may_fail_itself(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    records: list[Record] = []

    def on_end(record: Record) -> None:
        records.append(record)
        raise RuntimeError("of on_end")

    def source() -> Iterator[str]:
        yield "a"
        raise ValueError

    response = serve(lambda _req: stream(source(), on_end=on_end)).post("/")
    assert "internal_error" in response.text
    assert [(record.outcome, record.text) for record in records] == [("internal_error", "a")]
    assert "of on_end" in capsys.readouterr().err


def test_an_item_above_max_event_is_an_error(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    response = serve(lambda _req: stream(["a", "x" * 11]), max_event="10").post("/")
    assert without_ids(response.text).startswith("data: a\n\nevent: error")
    assert "larger than max_event" in capsys.readouterr().err


def test_a_document_above_max_document_is_refused_with_what_to_do(serve: Serve, logged: list[Record]) -> None:
    client = serve(lambda _req: stream(["a" * 10, "b"]), max_document="10")
    response = client.post("/", headers={"Accept": "application/json"})
    assert (response.status_code, code(response)) == (406, "document_too_large")
    assert "text/event-stream" in response.json["error"]["message"]  # type: ignore[index]
    assert [record.outcome for record in logged] == ["document_too_large"]
    assert client.post("/", headers={"Accept": "text/plain"}).text == "a" * 10 + "b"


@pytest.mark.parametrize("response", [None, "text", object()])
def test_passthrough_says_what_it_needs(serve: Serve, response: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert code(serve(lambda _req: passthrough(response)).post("/")) == "internal_error"
    assert "client.send(request, stream=True)" in capsys.readouterr().err


def test_a_handlers_response_can_be_read_without_the_template() -> None:
    app = flask.Flask("test")
    with app.test_request_context("/", headers={"Accept": "text/plain"}):
        assert stream(["a", "b"]).get_data(as_text=True) == "ab"
        assert stream(lambda: iter(["a", "b"])).get_data(as_text=True) == "ab"
    with app.test_request_context("/"):
        assert without_ids(stream(["a"]).get_data(as_text=True)) == f"data: a\n\n{DONE}"
        with pytest.raises(RuntimeError, match="event loop"):
            stream(in_loop()).get_data()


def test_a_document_is_sent_whole(serve: Serve) -> None:
    response = serve(lambda _req: stream(["a", {"b": 1}])).post("/", headers={"Accept": "application/json"})
    assert json.loads(response.data)["text"] == "a"

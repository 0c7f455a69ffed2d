"""Sources of every kind that `stream` takes, what is no source, and what becomes of a source's errors."""

import asyncio
import inspect
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from unittest.mock import MagicMock

import flask
import httpx2
import pytest
from langchain_core.documents import Document
from langchain_openai import ChatOpenAI
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletion
from pydantic import SecretStr

from faas_stream import ClientError, passthrough, stream
from faas_stream.answers.record import Record
from faas_stream.formats import sse_formats
from tests.events import without_ids
from tests.fixtures import Serve
from tests.platform.deadline import wait_until
from tests.sources.chunks import event
from tests.sources.sdks import anthropic_client, client_of, openai_client
from tests.web.sources import DONE, SOURCES, in_loop, nested
from tests.web.test_app import code


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


def test_what_is_awaitable_and_iterable_is_iterated_over(serve: Serve) -> None:
    class Both:
        """As LangChain's `astream_events(version="v3")`: awaiting it brings the whole message at its end."""

        async def __aiter__(self) -> AsyncIterator[str]:
            yield "a"

        def __await__(self) -> Any:
            raise AssertionError("it must not be awaited")

    async def handle(_req: str) -> flask.Response:
        return stream(Both())

    assert serve(handle).post("/", headers={"Accept": "text/plain"}).text == "a"


@pytest.mark.parametrize("kind", [list, tuple])
def test_the_streams_of_a_list_that_cannot_be_sent_are_closed(serve: Serve, kind: type) -> None:
    closed: list[bool] = []
    coroutine = asyncio.sleep(0)
    source = kind([coroutine, "text", AsyncClosable(closed)])
    assert serve(lambda _req: stream(source)).post("/?format=xml").status_code == 400
    assert inspect.getcoroutinestate(coroutine) == inspect.CORO_CLOSED
    wait_until(lambda: closed == [True], "the other stream is closed")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (None, "the source is None"),
        (42, "cannot be streamed. Expected str, bytes, dict, Event"),
        (object(), "cannot be streamed. Expected str, bytes, dict, Event"),
        (ChatCompletion.model_construct(object="chat.completion", choices=[]), "call the SDK with stream=True"),
    ],
    ids=["None", "a number", "an object", "a whole answer"],
)
def test_what_is_no_source_is_a_type_error_in_the_handler(serve: Serve, source: object, message: str) -> None:
    def handle(_req: str) -> str:
        with pytest.raises(TypeError, match=re.escape(message)):
            stream(source)
        return "refused"

    assert serve(handle).post("/").text == "refused"


def test_an_object_that_is_entered_without_end_is_an_error(serve: Serve) -> None:
    response = serve(lambda _req: stream(MagicMock())).post("/")
    assert (response.status_code, code(response)) == (500, "internal_error")


def test_a_memoryview_is_one_item(serve: Serve) -> None:
    assert serve(lambda _req: stream(memoryview(b"a"))).post("/", headers={"Accept": "text/plain"}).text == "YQ=="


@pytest.mark.parametrize("refused", ["an unknown format", "HEAD"])
def test_a_refused_relay_is_closed(serve: Serve, refused: str) -> None:
    relayed: list[httpx2.Response] = []

    def handle(_req: str) -> flask.Response:
        transport = httpx2.MockTransport(lambda _: httpx2.Response(200, content=iter([b"data: a\n\n"])))
        http = httpx2.Client(transport=transport)
        relayed.append(http.send(http.build_request("POST", "http://upstream.test"), stream=True))
        return stream(passthrough(relayed[0]), format="nope" if refused != "HEAD" else None)

    serve(handle).open("/", method="HEAD" if refused == "HEAD" else "POST")
    assert relayed[0].is_closed


def test_a_refused_task_is_cancelled(serve: Serve) -> None:
    tasks: list[asyncio.Task[None]] = []

    async def handle(_req: str) -> flask.Response:
        tasks.append(asyncio.create_task(asyncio.sleep(60)))
        return stream(tasks[0], format="nope")

    assert serve(handle).post("/").status_code == 400
    wait_until(tasks[0].cancelled, "the task is cancelled")


def test_the_streams_of_a_list_behind_a_cut_one_are_closed(serve: Serve) -> None:
    closed: list[str] = []

    async def items(name: str) -> AsyncIterator[str]:
        try:
            yield name
            if name == "b":
                raise ValueError("cut")
        finally:
            closed.append(name)

    async def begun(name: str) -> AsyncIterator[str]:
        made = items(name)
        await anext(made)
        return made

    async def handle(_req: str) -> flask.Response:
        return stream([await begun("b"), await begun("c")])

    assert b"[DONE]" not in serve(handle).post("/").data
    wait_until(lambda: sorted(closed) == ["b", "c"], "both are closed")


def test_on_end_runs_although_call_on_close_exits(serve: Serve) -> None:
    ended: list[Record] = []

    def leave() -> None:
        raise SystemExit(3)

    def handle(_req: str) -> flask.Response:
        response = stream(["a"], on_end=ended.append)
        response.call_on_close(leave)
        return response

    assert serve(handle).post("/").status_code == 200
    assert [record.outcome for record in ended] == ["complete"]

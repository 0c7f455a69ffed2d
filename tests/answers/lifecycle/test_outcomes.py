"""How an answer ends: in full, with an error's status, with an error frame, or broken off."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import flask
import pytest
from langchain_core.messages import AIMessageChunk

from faas_stream import ClientError, stream
from tests.answers.client import Client
from tests.answers.lifecycle.feed import END, TIMEOUT_S, Feed
from tests.answers.lifecycle.function import Serve, frame, received, started
from tests.platform.deadline import wait_until


def test_an_answer_is_sent_to_its_end(serve: Serve, client: Client, feed: Feed, source: Callable[[], Any]) -> None:
    function = serve(lambda _req: stream(source()))
    feed.send("a", "b", END)
    started(function, client, feed)
    received(function, client, "data: a\n\ndata: b\n\ndata: [DONE]\n\n")
    wait_until(lambda: bool(function.records), "the record is written")
    [record] = function.records
    assert (record.status, record.outcome, record.events) == (200, "complete", 2)
    assert client.is_ended
    assert feed.is_closed.wait(TIMEOUT_S)


def test_an_early_failure_keeps_its_status(serve: Serve, client: Client, feed: Feed, source: Callable[[], Any]) -> None:
    function = serve(lambda _req: stream(source()))
    feed.send(ClientError("no", status=404, code="no_city"))
    started(function, client, feed)
    wait_until(lambda: bool(function.records), "the answer has ended")
    assert client.heads[0][0] == "404 Not Found"
    assert json.loads(client.received)["error"]["code"] == "no_city"


def test_a_late_failure_is_an_error_frame(serve: Serve, client: Client, feed: Feed, source: Callable[[], Any]) -> None:
    function = serve(lambda _req: stream(source()))
    started(function, client, feed)
    function.wait(6)
    feed.send(ClientError("no", status=404, code="no_city"))
    received(function, client, '"code": "no_city", "message": "no"}\n\n')
    assert client.heads[0][0] == "200 OK"


@pytest.mark.parametrize(
    ("returned", "code"),
    [
        (lambda: "text", "internal_error"),
        (lambda: flask.abort(404), "not_found"),
        (lambda: dict[str, str]()["key"], "internal_error"),
    ],
    ids=["a text", "a refusal", "an error"],
)
def test_anything_that_a_late_handler_returns_instead_of_the_stream_is_an_error_frame(
    serve: Serve, client: Client, returned: Callable[[], Any], code: str
) -> None:
    may_return = threading.Event()

    def handle(_req: str) -> Any:
        assert may_return.wait(TIMEOUT_S)
        return returned()

    function = serve(handle)
    function.request(client)
    function.wait(6)
    may_return.set()
    wait_until(lambda: bool(function.records), "the answer has ended")
    assert "event: error" in client.received
    assert f'"code": "{code}"' in client.received
    assert len(client.heads) == 1
    assert function.records[0].outcome == code


def test_a_failed_import_answers_every_request_at_once(serve: Serve, client: Client) -> None:
    function = serve(lambda _req: stream(["a"]), is_loaded=False)
    function.request(client)
    function.settle()
    function.answers.end_load(failed=True)
    wait_until(lambda: bool(client.heads), "there is a response")
    assert client.heads[0][0].startswith("500")


@pytest.mark.parametrize("error", [asyncio.CancelledError, GeneratorExit, SystemExit, KeyboardInterrupt])
def test_whatever_a_source_raises_ends_only_its_answer(
    serve: Serve, client: Client, error: type[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    async def source() -> AsyncIterator[str]:
        yield "a"
        raise error

    function = serve(lambda _req: stream(source()))
    function.request(client)
    received(function, client, frame("internal_error"))
    assert function.records[0].outcome == "internal_error"
    assert error.__name__ in capsys.readouterr().err
    other = Client()
    function.request(other)
    received(function, other, frame("internal_error"))


def test_an_answer_without_an_error_frame_is_broken_off(serve: Serve, client: Client) -> None:
    def handle(_req: str) -> flask.Response:
        def rows() -> Iterator[str]:
            yield "a,b\n"
            raise ValueError

        return flask.Response(rows(), mimetype="text/csv")

    function = serve(handle)
    function.request(client)
    wait_until(lambda: bool(function.records), "the answer has ended")
    assert client.received == "a,b\n"
    assert client.is_ended
    assert not client.is_complete


def test_a_late_handler_keeps_its_answer_node(serve: Serve, client: Client) -> None:
    may_return = threading.Event()

    def messages() -> Iterator[Any]:
        yield "messages", (AIMessageChunk(content="a plan", id="1"), {"langgraph_node": "think", "langgraph_step": 1})
        yield (
            "messages",
            (AIMessageChunk(content="the answer", id="2"), {"langgraph_node": "write", "langgraph_step": 2}),
        )

    def handle(_req: str) -> Any:
        assert may_return.wait(TIMEOUT_S)
        return stream(messages(), answer_node="write")

    function = serve(handle)
    function.request(client)
    function.wait(6)
    may_return.set()
    received(function, client, "data: the answer\n\ndata: [DONE]\n\n")
    assert "a plan" not in client.received


def test_a_late_stream_with_an_errors_status_is_an_error_frame(serve: Serve, client: Client) -> None:
    may_return = threading.Event()

    def handle(_req: str) -> Any:
        assert may_return.wait(TIMEOUT_S)
        return flask.Response(iter(["data: failed\n\n"]), 502, mimetype="text/event-stream")

    function = serve(handle)
    function.request(client)
    function.wait(6)
    may_return.set()
    received(function, client, frame("internal_error"))

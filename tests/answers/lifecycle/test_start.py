"""When a response begins: at the first item, after `commit_after`, or at the document's end, and never twice."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from faas_stream import stream
from tests.answers.client import Client
from tests.answers.lifecycle.feed import END, TIMEOUT_S, Feed
from tests.answers.lifecycle.function import Serve, frame, heartbeats, received, started
from tests.events import without_ids
from tests.platform.deadline import wait_until


def test_in_silence_the_status_is_sent_with_a_comment_and_heartbeats_follow(
    serve: Serve, client: Client, feed: Feed, source: Callable[[], Any]
) -> None:
    function = serve(lambda _req: stream(source()))
    started(function, client, feed)
    function.wait(4)
    assert client.heads == []
    function.wait(2)
    assert [status for status, _ in client.heads] == ["200 OK"]
    assert heartbeats(client) == 1
    function.wait(14)
    assert heartbeats(client) == 1
    function.wait(2)
    assert heartbeats(client) == 2
    feed.send("a", END)
    received(function, client, "data: a\n\ndata: [DONE]\n\n")
    assert [record.time_to_first_item_s for record in function.records] != [None]


def test_a_document_waits_for_its_end_without_heartbeats(
    serve: Serve, client: Client, feed: Feed, source: Callable[[], Any]
) -> None:
    function = serve(lambda _req: stream(source()))
    feed.send("a")
    started(function, client, feed, Accept="application/json")
    function.wait(30)
    assert client.heads == []
    feed.send("b", END)
    received(function, client, "}\n")
    assert json.loads(client.received)["text"] == "ab"


def test_an_event_stream_may_begin_while_its_handler_blocks(serve: Serve, client: Client, feed: Feed) -> None:
    may_return = threading.Event()

    def handle(_req: str) -> Any:
        assert may_return.wait(TIMEOUT_S)
        return stream(feed.pull())

    function = serve(handle)
    function.request(client)
    function.wait(6)
    assert client.heads[0][0] == "200 OK"
    assert client.received.endswith(": \n")
    function.wait(15)
    assert heartbeats(client) == 2
    may_return.set()
    feed.send("a", END)
    received(function, client, ": \ndata: a\n\ndata: [DONE]\n\n")
    assert len(client.heads) == 1


@pytest.mark.parametrize(
    ("accept", "path"),
    [("*/*", "/"), ("application/json", "/"), ("text/event-stream, */*", "/"), ("text/event-stream", "/?format=xml")],
)
def test_no_stream_begins_early_for_a_client_that_accepts_anything_else(
    serve: Serve, client: Client, accept: str, path: str
) -> None:
    may_return = threading.Event()

    def handle(_req: str) -> Any:
        assert may_return.wait(TIMEOUT_S)
        return stream(["a"])

    function = serve(handle)
    function.request(client, path=path, Accept=accept)
    function.wait(10)
    assert client.heads == []
    may_return.set()
    wait_until(lambda: bool(client.heads), "there is a response")


def test_requests_wait_for_the_handlers_import_and_count_meanwhile(serve: Serve, client: Client) -> None:
    function = serve(lambda _req: stream(["a"]), is_loaded=False, max_streams="1")
    function.request(client)
    function.wait(3)
    assert client.heads == []
    refused = Client()
    function.request(refused).join(TIMEOUT_S)
    assert refused.heads[0][0].startswith("429")
    function.load()
    received(function, client, "data: a\n\ndata: [DONE]\n\n")


@pytest.mark.parametrize("steps", range(1, 21))
def test_a_response_that_is_no_stream_never_begins_twice(serve: Serve, client: Client, steps: int) -> None:
    """steps: how many the event loop takes after the handler has returned until `commit_after` has passed."""

    def handle(_req: str) -> str:
        served[0].loop.pass_after(steps, 5)
        return "a page"

    served = [serve(handle)]
    served[0].request(client).join(TIMEOUT_S)
    served[0].settle()
    assert len(client.heads) == 1
    assert client.received == "a page" or without_ids(client.received).endswith(": \n" + frame("internal_error"))

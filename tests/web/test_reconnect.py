"""A reconnect never sends a second request upstream."""

import re
from typing import Any

import flask
import pytest

from faas_stream import stream
from tests.fixtures import Serve

SSE = {"Accept": "text/event-stream"}
OWN = "0123456789abcdef" * 2


@pytest.mark.parametrize("format", ["text", "json", "ai-sdk"])
def test_a_client_that_reconnects_gets_no_second_answer(serve: Serve, format: str) -> None:
    called = []

    def handle(_req: str) -> flask.Response:
        called.append(True)
        return stream(["a"], format=format)

    client = serve(handle)
    for event_id in re.findall("^id: (.*)$", client.get("/?message=a", headers=SSE).text, re.MULTILINE):
        assert client.get("/?message=a", headers={**SSE, "Last-Event-ID": event_id}).status_code == 204
        again = client.get("/", query_string={"message": "a", "lastEventId": event_id}, headers=SSE)
        assert (again.status_code, again.data) == (204, b"")
    assert len(called) == 1


@pytest.mark.parametrize("event_id", [f"{OWN}.0", f"{OWN}.12"])
def test_ids_of_any_replica_count_for_every_method(serve: Serve, event_id: str) -> None:
    client = serve(lambda _req: "called")
    assert client.post("/", headers={"Last-Event-ID": event_id}).status_code == 204


def test_the_query_counts_even_if_the_header_has_another_id(serve: Serve) -> None:
    client = serve(lambda _req: "called")
    assert client.get(f"/?lastEventId={OWN}.1", headers={"Last-Event-ID": "7"}).status_code == 204
    assert client.get("/?lastEventId=7", headers={"Last-Event-ID": f"{OWN}.1"}).status_code == 204


@pytest.mark.parametrize(
    "event_id", ["", "7", OWN, OWN[1:], OWN.upper(), f"{OWN}.", f"{OWN}.x", f"{OWN}.1.2", f"x{OWN}.1"]
)
def test_the_handler_gets_requests_with_other_ids(serve: Serve, event_id: str) -> None:
    def handle(_req: str) -> Any:
        return flask.request.headers["Last-Event-ID"]

    assert serve(handle).post("/", headers={"Last-Event-ID": event_id}).text == event_id

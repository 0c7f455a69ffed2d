"""The response that `stream` returns: its events and their ids, status and headers, limits, and its text."""

import json
from collections.abc import Iterator
from typing import Any

import flask
import pytest

from faas_stream import Event, chat_messages, stream
from faas_stream.answers.record import Record
from tests.events import without_ids
from tests.fixtures import Serve
from tests.web.sources import DONE, in_loop
from tests.web.test_app import code


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

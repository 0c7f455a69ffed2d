"""`on_end`: when it is called, and which record it gets."""

import threading
from collections.abc import Iterator

import flask
import pytest

from faas_stream import stream
from faas_stream.answers.record import Record
from tests.fixtures import Serve


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

"""A failure that upstream reports ends the answer, whatever follows it. Its text is only for the log."""

from typing import Any

import pytest

from faas_stream.sources.failures import reported_failure
from tests.sources.answers import read_bytes
from tests.sources.chunks import DONE, STOP, chat, choice, event, typed

FIRST = chat(choice(content="Half of "))


@pytest.mark.parametrize(
    "failure",
    [
        {"error": "backend died"},
        {"error": {"message": "boom"}},
        {"error_code": 50001, "text": "**NETWORK ERROR**"},
        {"detail": "Internal Server Error"},
        {"detail": [{"msg": "boom"}]},
        {"code": 500, "message": "boom"},
        {"type": "error"},
        {"object": "error", "message": "boom"},
        [{"error": {"code": 429, "message": "boom"}}],
        {"choices": [], "error": {"message": "boom"}},
        {"choices": None, "code": 1, "message": "boom"},
        {"choices": [{"index": 0, "delta": {}, "error": {"message": "boom"}}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "error"}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "abort"}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "error": "boom"},
        {"choices": 3},
        {"choices": [{"delta": 3}]},
        {"choices": [3]},
    ],
)
@pytest.mark.parametrize("following", [b"", DONE, STOP + DONE])
def test_an_object_may_report_a_failure(failure: Any, following: bytes) -> None:
    answer = read_bytes([FIRST + event(failure) + following])
    assert (answer.text, answer.end) == ("Half of ", "error")
    assert "boom" not in str(answer.failure)
    assert not any(delta.finish_reason for delta in answer.deltas)


@pytest.mark.parametrize(
    "stream",
    [
        b'event: error\ndata: {"message": "boom"}\n\n',
        b"event: error\ndata: boom\n\n",
        b'event: error\ndata: {"choices": []}\n\n',
        b"data: {not json}\n\n",
        b'data: {"choices": [{"delta": {"content": "a"\n\n',
    ],
)
def test_an_event_may_report_a_failure(stream: bytes) -> None:
    answer = read_bytes([FIRST + stream + STOP + DONE])
    assert (answer.text, answer.end) == ("Half of ", "error")


def test_a_chunk_that_fails_still_brings_its_text() -> None:
    answer = read_bytes([FIRST, chat(choice("error", content="an ans"), error={"message": "a prompt", "code": 502})])
    assert (answer.text, answer.end) == ("Half of an ans", "error")
    assert "a prompt" not in "".join(delta.verbatim for delta in answer.deltas)
    assert answer.failure
    assert (answer.failure.status, answer.failure.code) == (502, "502")


def test_a_failure_has_what_the_log_needs() -> None:
    error = {"message": "boom", "type": "invalid_request_error", "code": "content_filter", "param": "messages.[0]"}
    failure = read_bytes([event({"error": {**error, "status": 400}, "request_id": "req_1"})]).failure
    assert failure
    assert (failure.status, failure.code, failure.type) == (400, "content_filter", "invalid_request_error")
    assert (failure.param, failure.request_id, failure.upstream_message) == ("messages.[0]", "req_1", "boom")


def test_what_could_be_a_prompt_is_no_code() -> None:
    failure = read_bytes([event({"error": {"code": "You said: my secret plan", "type": ["x"], "param": "a" * 200}})])
    assert failure.failure
    assert (failure.failure.code, failure.failure.type, failure.failure.param) == (None, None, None)


@pytest.mark.parametrize(
    "life",
    [
        b": comment\n\n",
        b"data:\n\n",
        b"data\n\n",
        b"data:  \n\n",
        b"retry: 1000\n\n",
        b"id: 1\n\n",
        b"event: ping\n\n",
        b"event: ping\ndata: now\n\n",
        b'event: ping\ndata: {"type": "ping"}\n\n',
        b'data: {"type": "ping"}\n\n',
        b"event: heartbeat\ndata: {}\n\n",
        b"data: keep-alive\n\n",
        b"data: [PING]\n\n",
        b"data: 1\n\n",
        b"data: null\n\n",
        b'data: {"something": "new"}\n\n',
        typed("new.event", x=1),
    ],
)
def test_signs_of_life_and_unknown_objects_bring_nothing(life: bytes) -> None:
    answer = read_bytes([FIRST + life + STOP + life + DONE])
    assert (answer.text, answer.finish_reason, answer.end) == ("Half of ", "stop", "complete")
    assert len(answer.deltas) == 2


def test_a_code_is_a_status_only_if_it_has_three_digits() -> None:
    for code, status in [("429", 429), (503, 503), ("1" * 5000, None), (50_001, None), ("٤٢٩", None), (True, None)]:
        assert reported_failure({"error": {"code": code}}).status == status

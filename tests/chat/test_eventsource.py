"""A message in the address, which a browser's EventSource asks for and gets as an event stream."""

import threading

import httpx
import httpx_sse
import pytest

from tests.chat.client import HTML, STREAM, error
from tests.platform.running import Running
from tests.upstream import Call, Upstream, says

SCRIPT = answer = says("Hello", " there")


def test_a_message_in_the_address_is_answered_as_an_event_stream(fixed: Running, upstream: Upstream) -> None:
    address = f"{fixed.url}/?message=Hi%20there"
    with httpx.Client(timeout=60) as client, httpx_sse.connect_sse(client, "GET", address) as source:
        events = list(source.iter_sse())
    assert [event.event for event in events] == ["start", "asked", "message", "message", "end"]
    assert all(event.id for event in events)
    assert upstream.calls[-1].messages == [("system", "Be brief."), ("user", "Hi there")]


@pytest.mark.parametrize("format", ["json", "text"])
def test_the_client_has_an_id_before_the_model_answers(fixed: Running, upstream: Upstream, format: str) -> None:
    is_seen = threading.Event()

    def late(call: Call) -> None:
        assert is_seen.wait(10), "the reader has seen no id"
        answer(call)

    upstream.script = late
    address = f"{fixed.url}/?message=Hi&format={format}"
    with httpx.Client(timeout=60) as client, httpx_sse.connect_sse(client, "GET", address) as source:
        for event in source.iter_sse():
            if event.event == "asked":
                assert event.id
                is_seen.set()
    assert is_seen.is_set()


def test_a_browser_that_reconnects_gets_204(fixed: Running, upstream: Upstream) -> None:
    with httpx.Client(timeout=60) as client, httpx_sse.connect_sse(client, "GET", f"{fixed.url}/?message=Hi") as source:
        last = list(source.iter_sse())[-1].id
    again = httpx.get(f"{fixed.url}/?message=Hi", headers={**STREAM, "Last-Event-ID": last})
    assert (again.status_code, again.content) == (204, b"")
    assert len(upstream.calls) == 1


@pytest.mark.parametrize(
    "headers",
    [
        HTML,
        {"Accept": "image/avif,*/*;q=0.8", "Sec-Fetch-Dest": "image"},
        {"Accept": "*/*", "Sec-Fetch-Dest": "script"},
    ],
    ids=["link", "image", "script"],
)
def test_a_link_an_image_or_a_script_starts_no_answer(
    fixed: Running, upstream: Upstream, headers: dict[str, str]
) -> None:
    response = httpx.get(f"{fixed.url}/?message=Hi", headers=headers)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert httpx.head(f"{fixed.url}/?message=Hi", headers=STREAM).status_code == 200
    assert upstream.calls == []


def test_an_empty_message_is_refused(fixed: Running) -> None:
    assert error(httpx.get(f"{fixed.url}/?message=", headers=STREAM)) == (400, "empty_prompt")

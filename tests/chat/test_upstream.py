"""chat in front of another function: what it sends to that function, what it passes on, and what its errors say."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx_sse
import pytest

from tests.fronts import DIRECT, FUNCTIONS, lay_out, serve
from tests.function_modules import load
from tests.platform.ports import free_port
from tests.platform.running import Running
from tests.upstream import Call, Upstream

FOLDER = FUNCTIONS / "chat"
STREAM = {"Accept": "text/event-stream"}
EVENTS = [
    ("start", {"id": "a"}),
    ("step", {"name": "model", "state": "started"}),
    ("tool_call", {"index": 0, "id": "c", "name": "calculator", "arguments": "{}"}),
    ("tool_result", {"id": "c", "name": "calculator", "result": "42"}),
    ("citation", {"url": "https://example.com", "title": "Example"}),
    ("message", {"text": "It is 42."}),
    ("end", {"finish_reason": "stop", "usage": None}),
]


def framed(name: str, data: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def relay_events(call: Call) -> None:
    for event in EVENTS:
        call.raw(framed(*event))
    call.end()


SCRIPT = relay_events


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = lay_out(tmp_path_factory.mktemp("build") / "chat", FOLDER)
    (folder / ".secrets" / "other-token").write_text("token of the other\n")
    return folder


@pytest.fixture(scope="module")
def relaying(server: Upstream, built: Path) -> Iterator[Running]:
    address = server.url.removesuffix("/v1") + "/function/agent"
    settings = {"chat_upstream": address, "chat_upstream_secret": "other-token", "chat_history_tokens": "60"}
    with serve(DIRECT, built, settings, access="open", system_prompt="Be brief.") as running:
        yield running


def ask(function: Running, *texts: str, **more: Any) -> list[tuple[str, Any]]:
    messages = [{"role": ("user", "assistant")[index % 2], "content": text} for index, text in enumerate(texts)]
    with (
        httpx.Client(timeout=60) as client,
        httpx_sse.connect_sse(client, "POST", function.url, json={"messages": messages, **more}) as source,
    ):
        return [(event.event, event.json()) for event in source.iter_sse()]


def refused(function: Running) -> tuple[int, str, str]:
    body = {"messages": [{"role": "user", "content": "Hi"}]}
    response = httpx.post(function.url, json=body, headers=STREAM, timeout=60)
    error = response.json()["error"]
    return response.status_code, error["code"], error["message"]


def test_all_events_are_passed_on(relaying: Running, upstream: Upstream) -> None:
    assert ask(relaying, "What is 6 * 7?") == EVENTS
    call = upstream.calls[0]
    assert call.path == "/function/agent?format=json"
    assert call.body == {"messages": [{"role": "user", "content": "What is 6 * 7?"}]}
    assert call.headers["Accept"] == "text/event-stream"
    assert call.headers["Authorization"] == "Bearer token of the other"


def test_a_callers_own_token_goes_nowhere(relaying: Running, upstream: Upstream) -> None:
    headers = {**STREAM, "Authorization": "Bearer the caller's"}
    httpx.post(relaying.url, json={"prompt": "Hi"}, headers=headers, timeout=60)
    assert upstream.calls[0].headers["Authorization"] == "Bearer token of the other"


def test_an_event_reports_what_was_left_out_of_a_long_conversation(relaying: Running, upstream: Upstream) -> None:
    long = "four " * 20
    first, second, *others = ask(relaying, long, long, "And now?")
    assert (first, second) == (EVENTS[0], ("trimmed", {"dropped": 2, "history_tokens": 60}))
    assert others == EVENTS[1:]
    assert upstream.calls[0].body["messages"] == [{"role": "user", "content": "And now?"}]


def test_an_event_source_is_relayed_too(relaying: Running, upstream: Upstream) -> None:
    with (
        httpx.Client(timeout=60) as client,
        httpx_sse.connect_sse(client, "GET", f"{relaying.url}/?message=Hi") as source,
    ):
        assert [event.event for event in source.iter_sse()] == [name for name, _ in EVENTS]
    assert upstream.calls[0].body["messages"] == [{"role": "user", "content": "Hi"}]


def test_an_answer_that_is_cut_ends_in_an_error(relaying: Running, upstream: Upstream) -> None:
    def cut(call: Call) -> None:
        call.raw(framed(*EVENTS[0]) + framed("message", {"text": "It is"}))
        call.end()

    upstream.script = cut
    *_, (name, data) = ask(relaying, "Hi")
    assert (name, data["code"]) == ("error", "upstream_error")


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (400, {"code": "no_question", "message": "The last message must be the user's."}, (400, "no_question")),
        (413, {"code": "too_large", "message": "Too large."}, (413, "too_large")),
        (401, {"code": "unauthorized", "message": "A token is needed."}, (502, "upstream_auth")),
        (429, {"code": "at_capacity", "message": "In use."}, (429, "upstream_rate_limited")),
        (404, {"code": "not_found", "message": "No such function."}, (502, "upstream_rejected")),
        (500, {"code": "internal_error", "message": "It failed."}, (502, "upstream_error")),
    ],
)
def test_a_refusal_has_its_status(
    relaying: Running, upstream: Upstream, status: int, error: dict[str, str], expected: tuple[int, str]
) -> None:
    upstream.script = lambda call: call.refuse(status, {"error": error})
    answer = refused(relaying)
    assert answer[:2] == expected
    assert (answer[2] == error["message"]) == (status in (400, 413))


def test_a_function_that_is_gone_is_an_error(relaying: Running, upstream: Upstream) -> None:
    upstream.script = lambda call: call.answer_nothing()
    assert refused(relaying)[:2] == (502, "upstream_error")


def test_a_function_that_cannot_be_reached_is_an_error(built: Path) -> None:
    with serve(
        DIRECT, built, chat_upstream=f"http://127.0.0.1:{free_port()}/function/agent", access="open"
    ) as function:
        assert refused(function)[:2] == (502, "upstream_unreachable")


def test_a_disconnect_ends_the_other_functions_answer(relaying: Running, upstream: Upstream) -> None:
    def endless(call: Call) -> None:
        call.raw(framed(*EVENTS[0]) + framed("message", {"text": "It is"}))
        call.wait_for_disconnect()

    upstream.script = endless
    with httpx.stream("POST", relaying.url, content="Hi", headers=STREAM, timeout=60) as response:
        next(response.iter_bytes())
    assert upstream.wait_for_call().disconnected.wait(30)


def test_the_page_offers_no_model_of_its_own(relaying: Running) -> None:
    config = httpx.get(f"{relaying.url}/?asset=config.json").json()
    assert (config["models"], config["model"]) == ([], "")


@pytest.mark.parametrize("address", ["agent", "ftp://example.com", "http://"])
def test_an_address_that_is_none_stops_the_start(address: str) -> None:
    with pytest.raises(ValueError, match=r"chat_upstream=.* is no address: expected the address of a function"):
        load("chat", "relay").Relay.of({"chat_upstream": address})

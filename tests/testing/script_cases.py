"""What a script of upstream may be, and what `call` says of a handler that does not follow it."""

import json
import urllib.request
from typing import Any

import openai
import pytest

from faas_stream import stream
from faas_stream.testing import (
    UPSTREAM_URL,
    Cut,
    FinishReason,
    HttpError,
    HttpResponse,
    Reasoning,
    ScriptError,
    Silence,
    ToolCall,
    UpstreamRequest,
    call,
)
from tests.testing.handler import client, handle, prompt, retrying_client


def test_replies_come_in_order_or_from_a_function() -> None:
    def twice(req: str) -> Any:
        async def source() -> Any:
            for text in (req, f"{req}!"):
                messages: Any = [{"role": "user", "content": text}]
                yield await client.chat.completions.create(model="m", messages=messages, stream=True)

        return stream(source())

    answer = call(twice, "Hello", upstream=[["a", "b"], ["c"]])
    assert (answer.text, len(answer.requests)) == ("abc", 2)

    def reply(upstream_request: UpstreamRequest) -> list[str]:
        return [upstream_request.json["messages"][0]["content"].upper()]

    assert call(twice, "hello", upstream=reply).text == "HELLOHELLO!"


def test_a_retry_is_scripted_reply_by_reply() -> None:
    def handle(req: str) -> Any:
        return stream(retrying_client.chat.completions.create(model="m", messages=prompt(req), stream=True))

    answer = call(handle, "x", upstream=[HttpError(500, headers={"retry-after-ms": "1"}), ["Hi"]])
    assert (answer.text, len(answer.requests)) == ("Hi", 2)


def test_another_api_is_a_whole_response() -> None:
    def handle(_req: str) -> Any:
        with urllib.request.urlopen(f"{UPSTREAM_URL}/search?q=a&q=b", data=b"x") as response:
            return {"status": response.status, "type": response.headers["Content-Type"], "found": json.load(response)}

    answer = call(handle, upstream=HttpResponse(201, {"hits": []}, {"X-More": "1"}))
    assert answer.json == {"status": 201, "type": "application/json", "found": {"hits": []}}
    (asked,) = answer.requests
    assert (asked.method, asked.path, asked.query, asked.body, asked.json) == (
        "POST", "/search", {"q": ["a", "b"]}, b"x", None
    )  # fmt: skip


@pytest.mark.parametrize(
    ("upstream", "expected"),
    [
        (5, r"upstream is 5, but it must be a list of deltas such as \['Hi', ' there'\]"),
        (["Hi", 5], "upstream has 5, but an item of a reply is a str or one of Reasoning, ToolCall"),
        (["Hi", HttpError(500)], r"mixes items and whole replies.*upstream=\[\['Hi', ' there'\], HttpError\(500\)\]"),
        (["Hi", Cut(), "more"], r"items after Cut\(\), which ends a reply: make it the last item"),
        ([Silence(), "more"], r"items after Silence\(seconds=None\)"),
        ([FinishReason("a"), FinishReason("b")], "more than one FinishReason or Usage"),
    ],
)
def test_a_script_that_makes_no_sense_says_what_is_expected(upstream: Any, expected: str) -> None:
    with pytest.raises((TypeError, ValueError), match=expected):
        call(handle, "x", upstream=upstream)


@pytest.mark.parametrize("item", [Reasoning("Hm"), ToolCall("t")])
def test_an_item_that_the_api_does_not_have_is_named(item: Any) -> None:
    def handle(req: str) -> Any:
        return stream(client.completions.create(model="m", prompt=req, stream=True))

    with pytest.raises(ScriptError, match=r"legacy Completions API, which the handler uses, has nothing of that kind"):
        call(handle, "x", upstream=[item])


def test_no_request_upstream_says_how_a_handler_finds_it() -> None:
    with pytest.raises(ScriptError, match=r"1 reply is scripted.*sent 0 requests.*load_handler") as caught:
        call(lambda _req: "Hi", "x", upstream=["Hi"])
    assert "text='Hi'" in str(caught.value)
    assert isinstance(caught.value, AssertionError)


def test_a_handler_that_fails_before_its_request_shows_its_answer() -> None:
    with pytest.raises(ScriptError, match=r"stderr has its traceback.*internal_error"):
        call(lambda _req: 1 / 0, "x", upstream=["Hi"])


def test_more_requests_than_replies_name_retries() -> None:
    def handle(req: str) -> Any:
        return stream(retrying_client.chat.completions.create(model="m", messages=prompt(req), stream=True))

    with pytest.raises(ScriptError, match=r"sent 2 requests upstream, but 1 reply is scripted.*max_retries=0"):
        call(handle, "x", upstream=HttpError(500, headers={"retry-after-ms": "1"}))
    with pytest.raises(ScriptError, match="sent 1 request upstream, but 0 replies are scripted"):
        call(handle, "x")


def test_fewer_requests_than_replies_are_counted() -> None:
    with pytest.raises(ScriptError, match="2 replies are scripted, but the handler sent 1 request upstream"):
        call(handle, "x", upstream=[["Hi"], ["Bye"]])


def test_an_unknown_api_names_the_known_ones() -> None:
    def handle(_req: str) -> Any:
        return urllib.request.urlopen(f"{UPSTREAM_URL}/v1/audio/speech", data=b"x").read()

    with pytest.raises(ScriptError, match=r"POST /v1/audio/speech.*it knows /chat/completions.*HttpResponse"):
        call(handle, "x", upstream=["Hi"])


def test_an_answer_that_does_not_end_says_what_it_waits_for() -> None:
    with pytest.raises(ScriptError, match=r"not ended within timeout_s; upstream still holds .*upstream_idle_timeout"):
        call(handle, "x", upstream=["Hi", Silence()], timeout_s=1)


def test_outside_of_a_call_upstream_says_so() -> None:
    with pytest.raises(openai.InternalServerError, match=r"No call\(\) is running"):
        retrying_client.with_options(max_retries=0).completions.create(model="m", prompt="x")


def test_a_function_in_upstream_that_fails_is_named() -> None:
    with pytest.raises(ScriptError, match=r"the function in upstream= raised ZeroDivisionError"):
        call(handle, "x", upstream=lambda _request: 1 / 0)  # type: ignore[arg-type]

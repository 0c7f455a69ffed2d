"""Answers of chat: what the model gets of a conversation, and which requests are refused."""

import base64
from pathlib import Path
from typing import Any

import httpx
import pytest

from faas_stream import ClientError
from tests.chat.client import STREAM, error, post, say
from tests.fronts import Front, serve
from tests.function_modules import load
from tests.platform.running import Running
from tests.upstream import Call, Upstream, says

SCRIPT = says("Hello", " there")


def test_an_answer_is_a_stream_of_named_events(fixed: Running, upstream: Upstream) -> None:
    (start, _), *deltas, (end, last) = say(fixed, "Hi")
    assert (start, end) == ("start", "end")
    assert deltas == [("message", {"text": "Hello"}), ("message", {"text": " there"})]
    assert (last["finish_reason"], last["usage"]["total_tokens"]) == ("stop", 8)
    assert upstream.calls[-1].messages == [("system", "Be brief."), ("user", "Hi")]
    body = upstream.calls[0].body
    assert (body["model"], body["temperature"], body["stream_options"]) == ("m-1", 0.5, {"include_usage": True})


def test_plain_clients_are_answered_too(fixed: Running, upstream: Upstream) -> None:
    response = httpx.post(fixed.url, content="Hi", headers={"Accept": "text/plain", "Content-Type": "text/plain"})
    assert response.text == "Hello there"
    assert upstream.calls[-1].messages[-1] == ("user", "Hi")


def test_only_offered_models_are_sent_upstream(open_: Running, upstream: Upstream) -> None:
    for requested, expected in ((None, "m-2"), ("m-1", "m-1")):
        say(open_, "Hi", model=requested)
        assert upstream.calls[-1].body["model"] == expected
    unknown: list[Any] = ["gpt-expensive", 7, ["m-1"], {}, ""]
    for wrong in unknown:
        body = {"messages": [{"role": "user", "content": "Hi"}], "model": wrong}
        assert error(post(open_, body)) == (400, "model_not_offered")
    assert len(upstream.calls) == 2


def test_a_fixed_system_prompt_cannot_be_replaced(fixed: Running, upstream: Upstream) -> None:
    for role in ("system", "developer"):
        messages = [{"role": role, "content": "Be rude."}, {"role": "user", "content": "Hi"}]
        assert error(post(fixed, {"messages": messages})) == (400, "system_prompt_fixed")
    assert upstream.calls == []


@pytest.mark.parametrize(("own", "expected"), [("Be rude.", [("system", "Be rude.")]), ("", [])])
def test_an_editable_system_prompt_takes_the_place_of_the_functions_own(
    open_: Running, upstream: Upstream, own: str, expected: list[tuple[str, str]]
) -> None:
    post(open_, {"messages": [{"role": "system", "content": own}, {"role": "user", "content": "Hi"}]})
    assert upstream.calls[-1].messages == [*expected, ("user", "Hi")]
    say(open_, "Hi")
    assert upstream.calls[-1].messages == [("system", "Be brief."), ("user", "Hi")]


@pytest.mark.parametrize("temperature", [0, 0.7, 2])
def test_an_editable_temperature_reaches_the_model(open_: Running, upstream: Upstream, temperature: float) -> None:
    say(open_, "Hi", temperature=temperature)
    assert upstream.calls[-1].body["temperature"] == temperature
    say(open_, "Hi")
    assert upstream.calls[-1].body["temperature"] == 1


def test_a_temperature_out_of_range_or_not_editable_is_refused(
    fixed: Running, open_: Running, upstream: Upstream
) -> None:
    talk: dict[str, Any] = {"messages": [{"role": "user", "content": "Hi"}]}
    for wrong in (-0.1, 2.01, "1", True, [1], 10**30):
        assert error(post(open_, {**talk, "temperature": wrong})) == (400, "temperature_invalid"), wrong
    assert error(post(fixed, {**talk, "temperature": 1})) == (400, "temperature_fixed")
    assert upstream.calls == []


def image(type_: str = "png", content: bytes = b"\x89PNG\r\n\x1a\n and more") -> dict[str, Any]:
    return {
        "type": "image_url",
        "image_url": {"url": f"data:image/{type_};base64,{base64.b64encode(content).decode()}"},
    }


def with_images(*parts: Any, role: str = "user") -> dict[str, Any]:
    return {"messages": [{"role": role, "content": [{"type": "text", "text": "What is it?"}, *parts]}]}


def test_images_reach_the_model_as_they_are(fixed: Running, upstream: Upstream) -> None:
    parts = [image(), image("jpeg", b"\xff\xd8\xff."), image("webp", b"RIFF\n...WEBP"), image("gif", b"GIF89a")]
    assert post(fixed, with_images(*parts)).status_code == 200
    assert upstream.calls[-1].body["messages"][-1]["content"][1:] == parts


def test_images_are_refused_with_a_message_if_they_are_switched_off(open_: Running, upstream: Upstream) -> None:
    refused = post(open_, with_images(image()))
    assert error(refused) == (400, "images_not_accepted")
    assert "chat_images" in refused.json()["error"]["message"]
    assert upstream.calls == []


def address(url: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": url}


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([image()] * 21, "too_many_images"),
        ([image("svg+xml", b"<svg/>")], "image_type"),
        ([image("bmp", b"BM")], "image_type"),
        ([image("png", b"\xff\xd8\xff.")], "image_broken"),
        ([image("png", b"")], "image_broken"),
        ([address({"url": "data:image/png;base64,%%%"})], "image_broken"),
        ([address({"url": "data:image/png,plain"})], "image_not_inline"),
        ([address({"url": "https://example.com/cat.png"})], "image_not_inline"),
        ([address({"url": "file:///etc/passwd"})], "image_not_inline"),
        ([address("data:image/png;base64,")], "bad_request"),
        ([address({"url": 7})], "bad_request"),
        ([address(None)], "bad_request"),
    ],
)
def test_an_image_that_is_none_is_refused(fixed: Running, upstream: Upstream, parts: list[Any], code: str) -> None:
    assert error(post(fixed, with_images(*parts))) == (400, code)
    assert upstream.calls == []


def test_an_image_must_be_the_users_and_has_a_limit(fixed: Running) -> None:
    assert error(post(fixed, with_images(image(), role="assistant"))) == (400, "bad_request")
    check, most = load("chat", "images").check_images, load("chat", "images").MAX_BYTES
    begin = b"\x89PNG\r\n\x1a\n"
    check(with_images(image(content=begin.ljust(most)))["messages"], are_accepted=True)
    with pytest.raises(ClientError, match=f"{most + 1} bytes: send images of at most {most}"):
        check(with_images(image(content=begin.ljust(most + 1)))["messages"], are_accepted=True)


def test_a_long_conversation_is_trimmed_and_the_first_event_says_so(fixed: Running, upstream: Upstream) -> None:
    long = "four " * 20
    (_, (name, data), *_) = say(fixed, long, long, "And now?")
    assert (name, data) == ("trimmed", {"dropped": 2, "history_tokens": 60})
    assert upstream.calls[-1].messages == [("system", "Be brief."), ("user", "And now?")]
    assert "trimmed" not in dict(say(fixed, "Short", "Yes", "And now?"))


def test_the_same_prompt_is_not_sent_twice(fixed: Running, upstream: Upstream) -> None:
    body = {"messages": [{"role": "user", "content": "Hi"}]}
    assert post(fixed, body, **{"Idempotency-Key": "one"}).status_code == 200
    assert error(post(fixed, body, **{"Idempotency-Key": "one"})) == (409, "already_received")
    assert len(upstream.calls) == 1
    assert post(fixed, body, **{"Idempotency-Key": "two"}).status_code == 200
    assert post(fixed, body).status_code == post(fixed, body).status_code == 200


def test_keys_are_remembered_within_bounds() -> None:
    seen_keys = load("chat", "seen_keys").SeenKeys(2)
    assert [key for key in ("a", "a", "b", "c", "a", "", "") if not seen_keys.is_first(key)] == ["a"]


def test_an_upstream_that_refuses_keeps_its_status(fixed: Running, upstream: Upstream) -> None:
    upstream.script = lambda call: call.refuse(429, headers=[("Retry-After", "7")])
    refused = post(fixed, {"messages": [{"role": "user", "content": "Hi"}]})
    assert error(refused) == (429, "upstream_rate_limited")
    assert refused.headers["retry-after"] == "7"


def test_a_client_that_disconnects_ends_the_answer_upstream(front: Front, built: Path, upstream: Upstream) -> None:
    def endless(call: Call) -> None:
        call.delta("Hello")
        call.wait_for_disconnect()

    upstream.script = endless
    with serve(front, built, openai_base_url=upstream.url) as function:
        with httpx.stream("POST", function.url, content="Hi", headers=STREAM, timeout=60) as response:
            next(response.iter_bytes())
        assert upstream.wait_for_call().disconnected.wait(30)

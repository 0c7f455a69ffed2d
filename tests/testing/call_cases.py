"""`call` itself: the request, every format, what scripts may be, and what goes wrong."""

import json
import os
import socket
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openai
import pytest
from flask import Response, request

from faas_stream import ClientError, Event, Record, chat_messages, http_client, secret, secret_source, stream
from faas_stream.settings import SettingError
from faas_stream.testing import (
    UPSTREAM_URL,
    Cut,
    FinishReason,
    HttpError,
    HttpResponse,
    Reasoning,
    ScriptError,
    Silence,
    StreamError,
    ToolCall,
    UpstreamRequest,
    call,
    load_handler,
)

KEY = secret_source("openai-api-key")
client = openai.AsyncOpenAI(api_key=KEY, http_client=openai.DefaultAioHttpClient(), max_retries=0)
retrying_client = openai.OpenAI(api_key=KEY, http_client=http_client(), max_retries=2)

FORMATS: dict[str, dict[str, Any]] = {
    "text": {"format": "text"},
    "json": {"format": "json"},
    "openai": {"format": "openai"},
    "ai-sdk": {"format": "ai-sdk"},
    "NDJSON": {"accept": "application/x-ndjson"},
    "plain text": {"accept": "text/plain"},
    "document": {"accept": "application/json"},
}
every_format = pytest.mark.parametrize("selection", FORMATS.values(), ids=FORMATS)


def prompt(req: str) -> Any:
    return chat_messages(req)


def handle(req: str) -> Any:
    return stream(client.chat.completions.create(model="m", messages=prompt(req), stream=True))


def echo(req: str) -> Any:
    if request.path == "/refused":
        raise ClientError("Not you.", status=403, code="not_you")
    return {
        "body": req, "method": request.method, "path": request.path, "query": request.args.to_dict(flat=False),
        "type": request.content_type, "accept": request.headers.get("Accept"), "mine": request.headers.get("X-Mine"),
    }  # fmt: skip


# ---------------------------------------------------------------------- the request


def test_the_request_is_what_the_test_says() -> None:
    answer = call(echo, "Hello", path="/a b/ä", query={"x": "1", "y": ["2", "3 4"]}, headers={"x-mine": "so"})
    assert answer.json == {
        "body": "Hello", "method": "POST", "path": "/a b/ä", "query": {"x": ["1"], "y": ["2", "3 4"]},
        "type": "text/plain; charset=utf-8", "accept": "text/event-stream", "mine": "so",
    }  # fmt: skip


def test_a_body_of_objects_is_json_and_own_headers_take_precedence() -> None:
    answer = call(echo, {"prompt": "Grüße"}, headers={"accept": "image/png"}, method="PUT")
    assert (json.loads(answer.json["body"]), answer.json["type"]) == ({"prompt": "Grüße"}, "application/json")
    assert (answer.json["accept"], answer.json["method"]) == ("image/png", "PUT")
    assert call(echo, b"\xff", accept=None, headers={"Content-Type": "x/y"}).json["type"] == "x/y"
    assert call(echo, method="GET", accept=None).json["accept"] is None


def test_a_prompt_in_the_query_is_a_get() -> None:
    answer = call(handle, method="GET", query={"message": "Hello"}, upstream=["Hi"])
    assert answer.requests[0].json["messages"] == [{"role": "user", "content": "Hello"}]


def test_an_error_response_has_its_code() -> None:
    answer = call(echo, path="/refused")
    assert (answer.status, answer.error, answer.text) == (403, ("not_you", "Not you."), "")
    assert call(handle, "").error == ("empty_prompt", call(handle, "").json["error"]["message"])


def test_a_response_of_flask_is_its_text() -> None:
    answer = call(lambda req: f"You wrote {req}", "ä")
    assert (answer.status, answer.text, answer.record, answer.error) == (200, "You wrote ä", None, None)


def test_what_the_server_refuses_by_itself_is_an_answer() -> None:
    answer = call(echo, b"x" * 3_000_000)
    assert (answer.status, answer.error_code) == (413, "body_too_large")
    with pytest.raises(UnicodeEncodeError):
        call(echo, headers={"X-Mine": "\u2026"})


def test_a_large_answer_arrives_whole() -> None:
    answer = call(lambda _req: stream(iter(["x" * 1000] * 5000)))
    assert len(answer.text) == 5_000_000


def test_answers_are_not_mixed_up_between_threads() -> None:
    texts = []
    threads = [
        threading.Thread(target=lambda text=text: texts.append((text, call(handle, text, upstream=[text]).text)))
        for text in "abcd"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(texts) == [(text, text) for text in "abcd"]


# ---------------------------------------------------------------------- formats


@every_format
def test_the_text_is_right_in_every_format(selection: dict[str, Any]) -> None:
    pieces = ["Line\n", " two\r\n\r\n", "ä🙂", '{"choices": 1}', "[DONE]", " end\n[error x: y]\n"]
    answer = call(handle, "Hello", upstream=pieces, **selection)
    expected = "".join(pieces)
    if selection.get("format") == "text":
        expected = expected.replace("\r\n", "\n")  # the format has no other line break
    assert answer.text == expected
    assert (answer.error, answer.finish_reason) == (None, "stop")


@every_format
def test_the_error_is_read_in_every_format(selection: dict[str, Any]) -> None:
    answer = call(handle, "Hello", upstream=["Hi", StreamError()], **selection)
    assert answer.error is not None
    assert answer.error_code == "upstream_error"
    assert "provider" in answer.error.message
    assert answer.text == ("" if selection.get("accept") == "application/json" else "Hi")


@pytest.mark.parametrize("selection", [FORMATS[name] for name in ("json", "openai", "ai-sdk", "NDJSON", "document")])
def test_reasoning_is_apart_from_the_text(selection: dict[str, Any]) -> None:
    answer = call(handle, "Hello", upstream=[Reasoning("Hm"), "Hi"], **selection)
    assert (answer.reasoning, answer.text) == ("Hm", "Hi")


def test_events_are_parsed() -> None:
    def events(format: str) -> list[tuple[str | None, Any]]:
        answer = call(handle, "Hello", upstream=["Hi", "5"], format=format)
        return [(event.event, event.data) for event in answer.events]

    assert events("text") == [(None, "Hi"), (None, "5"), (None, "[DONE]")]
    (_, start), *rest, (name, end) = events("json")
    assert list(start) == ["id"]
    assert rest == [("message", {"text": "Hi"}), ("message", {"text": "5"})]
    assert (name, end["finish_reason"]) == ("end", "stop")
    chunks = events("openai")
    assert chunks[0][1]["choices"][0]["delta"]["content"] == "Hi"
    assert chunks[-1] == (None, "[DONE]")
    assert [data["type"] for _, data in events("ai-sdk")[:-1]] == [
        "start", "start-step", "text-start", "text-delta", "text-delta", "text-end", "finish-step", "finish"
    ]  # fmt: skip
    lines = call(handle, "Hello", upstream=["Hi"], accept="application/x-ndjson").events
    assert lines[0].data == {"text": "Hi"}


def test_an_authors_events_keep_name_id_and_data() -> None:
    def source() -> Iterator[Any]:
        yield Event({"n": 1}, event="progress", id="7", retry=100)
        yield "Hi"

    answer = call(lambda _req: stream(source()), "x")
    assert answer.events[0] == Event({"n": 1}, event="progress", id="7", retry=100)
    assert answer.text == "Hi"


def test_an_event_stream_of_flask_is_read_too() -> None:
    answer = call(lambda _req: Response(iter(["data: a\n\n", "data: b\n\n"]), mimetype="text/event-stream"))
    assert [event.data for event in answer.events] == ["a", "b"]
    assert answer.record is not None


def test_a_body_that_breaks_off_is_an_error() -> None:
    def source() -> Iterator[str]:
        yield "half"
        raise ValueError("no more")

    answer = call(lambda _req: Response(source(), mimetype="text/csv"))
    assert answer.text == "half"
    assert answer.error_code == "connection_broken"


# ---------------------------------------------------------------------- the record, settings, secrets, access


def test_on_end_has_run_when_call_returns() -> None:
    records: list[Record] = []
    answer = call(lambda _req: stream(iter(["a", "b"]), on_end=records.append), "x")
    assert [record.text for record in records] == ["ab"]
    assert answer.record is not None
    assert (answer.record.text, answer.record.outcome, answer.record.events) == ("ab", "complete", 2)


def test_settings_are_the_templates_and_the_handlers_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("openai_model", "before")

    def model(_req: str) -> str:
        return os.environ.get("openai_model", "")

    assert call(model, settings={"openai_model": "mine", "stream_format": "json"}).text == "mine"
    assert call(model).text == "before"
    assert call(handle, "x" * 100, settings={"max_body": "50"}).status == 413
    assert call(handle, "x", settings={"stream_format": "json"}, upstream=["Hi"]).events[0].event == "start"
    with pytest.raises(SettingError, match=r"setting commit_after='soon' cannot be read"):
        call(handle, "x", settings={"commit_after": "soon"})
    with pytest.raises(TypeError, match=r"max_streams=4, but variables are text, as in stack.yaml: '4'"):
        call(handle, "x", settings={"max_streams": 4})  # type: ignore[dict-item]


def test_a_handler_is_loaded_anew_with_the_settings_of_the_test(tmp_path: Path) -> None:
    (tmp_path / "latest.py").write_text('import os\n\nMODEL = os.environ.get("my_model", "none")\n')
    source = """
from faas_stream import secret
from function import latest

KEY = secret("my-key")
methods = ("POST",)


def handle(req):
    return f"{latest.MODEL} {KEY}"
"""
    (tmp_path / "handler.py").write_text(source)
    test_file = str(tmp_path / "handler_test.py")
    first = load_handler(test_file, settings={"my_model": "a"})
    second = load_handler(test_file, settings={"my_model": "b"}, secrets={"my-key": "mine"})
    assert (call(first).text, call(second).text) == ("a test-my-key", "b mine")
    assert "my_model" not in os.environ
    assert call(second.handle, method="GET").status == 405


@pytest.mark.parametrize(
    "statement", ["from . import words", "from function import words", "import function.words as words"]
)
def test_each_of_two_handlers_imports_its_own_modules_late(tmp_path: Path, statement: str) -> None:
    source = f"""
def handle(req):
    {statement}
    return words.WORD
"""
    handlers = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "words.py").write_text(f"WORD = {name!r}\n")
        (folder / "handler.py").write_text(source)
        handlers.append(load_handler(str(folder / "handler_test.py")))
    for _ in range(2):
        assert [call(handler).text for handler in handlers] == ["one", "two"]
        assert [call(handler.handle).text for handler in reversed(handlers)] == ["two", "one"]


def test_secrets_need_no_file() -> None:
    def handle(_req: str) -> str:
        return f"{secret('one')} {secret('two')}"

    assert call(handle, secrets={"two": "mine"}).text == "test-one mine"
    answer = call(handle, secrets={"two": None})
    assert answer.error_code == "secret_missing"


def test_tokens_are_checked_if_a_test_sets_auth_secret() -> None:
    options: dict[str, Any] = {"settings": {"auth_secret": "tokens"}, "secrets": {"tokens": "abc\n"}}
    assert call(handle, "x", **options).status == 401
    answer = call(handle, "x", upstream=["Hi"], headers={"Authorization": "Bearer abc"}, **options)
    assert answer.text == "Hi"
    module = SimpleNamespace(handle=lambda _req: "page", is_public=lambda request: request.method == "GET")
    assert call(module, method="GET", **options).text == "page"


# ---------------------------------------------------------------------- scripts


def test_replies_come_in_order_or_from_a_function() -> None:
    def twice(req: str) -> Any:
        async def source() -> Any:
            for prompt in (req, f"{req}!"):
                messages: Any = [{"role": "user", "content": prompt}]
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


def test_a_generator_without_upstream_ends_when_the_client_disconnects() -> None:
    closed = []

    def source() -> Iterator[str]:
        try:
            while True:
                yield "again "
        finally:
            closed.append(True)

    answer = call(lambda _req: stream(source()), disconnect_after=3)
    assert answer.outcome == "client_disconnected"
    assert closed


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


def test_other_arguments_that_make_no_sense() -> None:
    with pytest.raises(TypeError, match=r"call\(\) got 'handle', but it needs a handler's module or its function"):
        call("handle", "x")
    with pytest.raises(ValueError, match="disconnect_after is -1"):
        call(handle, "x", disconnect_after=-1)
    with pytest.raises(ValueError, match="HttpError's status is 200, but an error's is 400 to 599: use HttpResponse"):
        HttpError(200)


# ---------------------------------------------------------------------- a handler that does something else


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


@pytest.mark.parametrize("base_url", ["https://api.openai.com/v1", "https://192.0.2.1/v1", "http://[2001:db8::1]/v1"])
@pytest.mark.parametrize("kind", [openai.AsyncOpenAI, openai.OpenAI])
def test_a_real_host_is_never_contacted(kind: Any, base_url: str) -> None:
    real_client = kind(api_key="sk-real", base_url=base_url)

    def handle(req: str) -> Any:
        return stream(real_client.chat.completions.create(model="m", messages=prompt(req), stream=True))

    host = base_url.split("/")[2].strip("[]")
    with pytest.raises(ScriptError, match=rf"connects to {host} and not to the scripted upstream.*nothing was sent"):
        call(handle, "x", upstream=["Hi"])


def test_a_real_host_is_never_contacted_by_aiohttp() -> None:
    real_client = openai.AsyncOpenAI(
        api_key="sk", base_url="https://api.openai.com/v1", http_client=openai.DefaultAioHttpClient()
    )
    with pytest.raises(ScriptError, match=r"connects to api\.openai\.com"):
        call(lambda _req: stream(real_client.responses.create(model="m", input="x", stream=True)), "x", upstream=["Hi"])


def test_other_machines_can_be_allowed() -> None:
    def handle(_req: str) -> str:
        try:
            socket.create_connection(("192.0.2.1", 9), 0.01)
        except OSError as error:
            return "refused" if "faas_stream" in str(error) else "tried"
        return "connected"

    assert call(handle, allow_network=True).text != "refused"
    with pytest.raises(ScriptError, match=r"connects to 192.0.2.1.*allow_network=True"):
        call(handle)


def test_loopback_is_allowed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def handle(_req: str) -> str:
            socket.create_connection(("localhost", server.getsockname()[1])).close()
            return "connected"

        assert call(handle).text == "connected"


def test_an_answer_that_does_not_end_says_what_it_waits_for() -> None:
    with pytest.raises(ScriptError, match=r"not ended within timeout_s; upstream still holds .*upstream_idle_timeout"):
        call(handle, "x", upstream=["Hi", Silence()], timeout_s=1)


def test_a_client_that_cannot_disconnect_in_time_is_reported() -> None:
    with pytest.raises(ScriptError, match="ended before the client could disconnect after 9 events"):
        call(lambda _req: stream(iter(["a", "b"])), "x", disconnect_after=9)


def test_outside_of_a_call_upstream_says_so() -> None:
    with pytest.raises(openai.InternalServerError, match=r"No call\(\) is running"):
        retrying_client.with_options(max_retries=0).completions.create(model="m", prompt="x")


def test_a_function_in_upstream_that_fails_is_named() -> None:
    with pytest.raises(ScriptError, match=r"the function in upstream= raised ZeroDivisionError"):
        call(handle, "x", upstream=lambda _request: 1 / 0)  # type: ignore[arg-type]


def test_an_answer_is_short_in_a_failed_assertion() -> None:
    answer = call(handle, "x", upstream=["x" * 500])
    assert repr(answer).startswith("<Answer status=200, text='xxx")
    assert len(repr(answer)) < 500

"""The prompt of a request: every shape that is read, and every mistake in one."""

import json

import pytest

from faas_stream.errors import ClientError
from faas_stream.web.prompts import messages

USER = [{"role": "user", "content": "hi"}]


@pytest.mark.parametrize(
    ("body", "content_type", "query"),
    [
        ("hi", "", None),
        ("hi", "application/x-www-form-urlencoded", "ignored"),
        ('{"prompt": "hi"}', "application/json; charset=utf-8", None),
        ('{"prompt": "hi"}', "application/x-www-form-urlencoded", None),
        ('{"messages": [{"role": "user", "content": "hi"}], "model": "x"}', "application/vnd.api+json", None),
        ('"hi"', "application/json", None),
        ("", "", "hi"),
        (" \n", "", "hi"),
    ],
)
def test_the_prompt_is_found(body: str, content_type: str, query: str | None) -> None:
    assert messages(body, content_type, query) == USER


def test_a_prompt_keeps_its_white_space() -> None:
    assert messages("  two\n lines\n") == [{"role": "user", "content": "  two\n lines\n"}]


def test_text_declared_as_text_may_look_like_json() -> None:
    assert messages("{ is a brace", "text/plain")[0]["content"] == "{ is a brace"


def test_parts_and_tool_calls_pass() -> None:
    conversation = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "hi"}]},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "tool", "content": "{}", "tool_call_id": "1"},
        {"role": "function", "content": None, "name": "f"},
    ]
    assert messages(json.dumps({"messages": conversation}), "application/json") == conversation


def test_messages_of_the_ai_sdks_use_chat_are_read() -> None:
    parts = [{"type": "step-start"}, {"type": "text", "text": "hi"}, {"type": "reasoning", "text": "hm"}]
    picture = {"type": "file", "mediaType": "image/png", "url": "data:image/png;base64,AA=="}
    body = {"id": "c", "messages": [{"id": "1", "role": "user", "parts": parts}, {"role": "user", "parts": [picture]}]}
    assert messages(json.dumps(body), "application/json") == [
        {"role": "user", "content": "hi"},
        {
            "role": "user",
            "content": [{"type": "text", "text": ""}, {"type": "image_url", "image_url": {"url": picture["url"]}}],
        },
    ]


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ("", "empty_prompt", "empty"),
        ('{"prompt": " "}', "empty_prompt", "empty"),
        ('{"prompt": ', "invalid_json", "line 1, column 12"),
        ('{"prompt": 3}', "bad_request", "JSON number"),
        ('{"question": "hi"}', "bad_request", "neither `prompt` nor `messages`"),
        ('{"messages": []}', "bad_request", "at least one"),
        ('{"messages": {}}', "bad_request", "object"),
        ('{"messages": ["hi"]}', "bad_request", "messages[0]"),
        ('{"messages": [{"content": "hi"}]}', "bad_request", "messages[0].role"),
        ('{"messages": [{"role": "user"}]}', "bad_request", "messages[0].content"),
        ('{"messages": [{"role": ["user"], "content": ""}]}', "bad_request", "messages[0].role"),
        ('{"messages": [{"role": {}, "content": ""}]}', "bad_request", "messages[0].role"),
        ('{"messages": [{"role": "User", "content": ""}]}', "bad_request", "messages[0].role"),
        ('{"messages": [{"role": "user", "content": []}]}', "bad_request", "messages[0].content is an empty list"),
        ('{"messages": [{"role": "user", "content": ["hi"]}]}', "bad_request", "messages[0].content[0] is a string"),
        ('{"messages": [{"role": "user", "content": [{"text": "hi"}]}]}', "bad_request", "object with a type"),
        ('{"messages": [{"role": "user", "content": [{"type": 1}]}]}', "bad_request", "object with a type"),
        ('{"messages": [{"role": "tool", "content": "42"}]}', "bad_request", "tool_call_id is null or missing"),
        ('{"messages": [{"role": "function", "content": "42"}]}', "bad_request", "name is null or missing"),
        ('{"messages": [{"role": "assistant", "tool_calls": {}}]}', "bad_request", "tool_calls is an object"),
        ('{"messages": [{"role": "assistant", "tool_calls": [1]}]}', "bad_request", "tool_calls is a list"),
        ('{"messages": [{"role": "user", "content": NaN}]}', "bad_request", "NaN or an infinity"),
        ('{"prompt": "hi", "temperature": -Infinity}', "bad_request", "NaN or an infinity"),
        ('{"prompt": "hi", "temperature": [1e999]}', "bad_request", "NaN or an infinity"),
        ('{"prompt": "hi", "x": ' + "[" * 64 + "]" * 64 + "}", "bad_request", "deeper than 64"),
        ('{"prompt": "hi", "x": ' + "[" * 100 + "]" * 100 + "}", "invalid_json", "deeper than 64"),
        ('{"prompt": "\\ud800"}', "bad_request", "surrogate"),
        ("{" * 100_000, "invalid_json", "not valid JSON"),
    ],
)
def test_the_error_says_what_is_wrong(body: str, code: str, message: str) -> None:
    with pytest.raises(ClientError) as caught:
        messages(body)
    assert (caught.value.status, caught.value.code) == (400, code)
    assert message in caught.value.message


def test_a_json_list_is_refused() -> None:
    with pytest.raises(ClientError, match="JSON list"):
        messages("[1]", "application/json")


def test_deep_nesting_is_refused_and_not_a_crash() -> None:
    with pytest.raises(ClientError):
        messages('{"messages": ' + "[" * 100_000, "application/json")

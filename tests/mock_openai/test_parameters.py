from typing import Any

import pytest

from .modules import load

parameters = load("parameters")
ApiError = load("errors").ApiError

NAMES = ("max_completion_tokens", "max_tokens")


def test_without_parameters_the_answer_is_plain() -> None:
    assert parameters.read({}, NAMES) == parameters.Parameters()


def test_everything_is_read() -> None:
    asked = parameters.read(
        {
            "stream": True,
            "n": 1,
            "temperature": 0.5,
            "max_tokens": 9,
            "max_completion_tokens": 5,
            "stop": "END",
            "stream_options": {"include_usage": True, "include_obfuscation": False},
        },
        NAMES,
    )
    assert (asked.stream, asked.max_tokens, asked.stops) == (True, 5, ("END",))
    assert (asked.include_usage, asked.include_obfuscation) == (True, False)


def test_the_schema_of_a_structured_answer_is_read_off_chat_and_responses() -> None:
    schema = {"type": "object", "properties": {}}
    chat = {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}}
    responses = {"text": {"format": {"type": "json_schema", "name": "x", "schema": schema}}}
    assert parameters.read(chat, NAMES).schema == parameters.read(responses, NAMES).schema == schema
    assert parameters.read({"response_format": {"type": "json_object"}}, NAMES).schema is not None
    assert parameters.read({"response_format": {"type": "text"}}, NAMES).schema is None


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "stream as text": ({"stream": "yes"}, "stream"),
    "two choices": ({"n": 2}, "n"),
    "hot": ({"temperature": 2.1}, "temperature"),
    "not a number": ({"temperature": float("nan")}, "temperature"),
    "a word as temperature": ({"temperature": "warm"}, "temperature"),
    "a boolean as top_p": ({"top_p": True}, "top_p"),
    "no tokens": ({"max_tokens": 0}, "max_tokens"),
    "a boolean as limit": ({"max_tokens": True}, "max_tokens"),
    "a number as stop": ({"stop": 5}, "stop"),
    "numbers as stops": ({"stop": [5]}, "stop"),
    "five stops": ({"stop": ["a"] * 5}, "stop"),
    "usage without stream": ({"stream_options": {"include_usage": True}}, "stream_options"),
}


@pytest.mark.parametrize(("body", "param"), BAD.values(), ids=BAD.keys())
def test_a_bad_parameter_is_a_400_that_names_it(body: dict[str, Any], param: str) -> None:
    with pytest.raises(ApiError) as caught:
        parameters.read(body, NAMES)
    assert (caught.value.status, caught.value.param) == (400, param)
    assert param in caught.value.message


@pytest.mark.parametrize("body", [{}, {"model": ""}, {"model": 5}])
def test_a_model_has_to_be_named(body: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as caught:
        parameters.model(body)
    assert caught.value.param == "model"

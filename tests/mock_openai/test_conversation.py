from typing import Any

import pytest

from .modules import load

conversation = load("conversation")
ApiError = load("errors").ApiError


def test_messages_become_turns_with_the_system_prompt_apart() -> None:
    said = conversation.from_messages(
        {
            "messages": [
                {"role": "system", "content": "Be kind."},
                {"role": "user", "content": "Hello"},
                {"role": "assistant", "content": "Hi"},
                {"role": "user", "content": [{"type": "text", "text": "What is "}, {"type": "text", "text": "this?"}]},
            ]
        }
    )
    assert said.instructions == "Be kind."
    assert said.questions == ["Hello", "What is this?"]


def test_other_media_are_named_by_their_type() -> None:
    parts = [{"type": "text", "text": "See "}, {"type": "image_url", "image_url": {"url": "data:,"}}]
    assert conversation.text_of(parts, "content") == "See [image_url]"


def test_tool_results_at_the_end_carry_the_name_of_their_call() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    said = conversation.from_messages(
        {
            "messages": [
                {"role": "user", "content": "Weather?"},
                {"role": "assistant", "content": None, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "call_1", "content": "Sunny"},
            ]
        }
    )
    assert [(turn.name, turn.text) for turn in said.tool_results] == [("get_weather", "Sunny")]


def test_several_tool_results_keep_their_order() -> None:
    said = conversation.from_messages(
        {
            "messages": [
                {"role": "tool", "content": "old"},
                {"role": "user", "content": "Weather?"},
                {"role": "tool", "content": "Sunny"},
                {"role": "tool", "content": "Rainy"},
            ]
        }
    )
    assert [turn.text for turn in said.tool_results] == ["Sunny", "Rainy"]


def test_tool_results_before_the_last_question_are_history() -> None:
    said = conversation.from_messages(
        {"messages": [{"role": "tool", "content": "Sunny"}, {"role": "user", "content": "Thanks"}]}
    )
    assert said.tool_results == []


def test_an_input_is_a_text_or_items() -> None:
    assert conversation.from_input({"input": "Hi", "instructions": "Be kind."}).instructions == "Be kind."
    said = conversation.from_input(
        {
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "Weather?"}]},
                {"type": "reasoning", "id": "rs_1", "summary": []},
                {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "call_1", "output": "Sunny"},
            ]
        }
    )
    assert said.question == "Weather?"
    assert [(turn.name, turn.text) for turn in said.tool_results] == [("get_weather", "Sunny")]


def test_a_prompt_may_stand_alone_in_an_array() -> None:
    assert conversation.from_prompt({"prompt": ["Hi"]}).question == "Hi"


BAD_MESSAGES: dict[str, tuple[dict[str, Any], str]] = {
    "none": ({}, "messages"),
    "no array": ({"messages": "Hi"}, "messages"),
    "empty": ({"messages": []}, "messages"),
    "no object": ({"messages": ["Hi"]}, "messages[0]"),
    "no role": ({"messages": [{"content": "Hi"}]}, "messages[0].role"),
    "unknown role": ({"messages": [{"role": "robot", "content": "Hi"}]}, "messages[0].role"),
    "no content": ({"messages": [{"role": "user"}]}, "messages[0].content"),
    "number as content": ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
    "parts that are none": ({"messages": [{"role": "user", "content": [5]}]}, "messages[0].content"),
}


@pytest.mark.parametrize(("body", "param"), BAD_MESSAGES.values(), ids=BAD_MESSAGES.keys())
def test_bad_messages_are_a_400_that_names_the_place(body: dict[str, Any], param: str) -> None:
    with pytest.raises(ApiError) as caught:
        conversation.from_messages(body)
    assert (caught.value.status, caught.value.param) == (400, param)


@pytest.mark.parametrize("body", [{}, {"prompt": ["a", "b"]}, {"prompt": 5}])
def test_a_bad_prompt_is_a_400(body: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as caught:
        conversation.from_prompt(body)
    assert (caught.value.status, caught.value.param) == (400, "prompt")


@pytest.mark.parametrize("body", [{}, {"input": 5}, {"input": []}, {"input": ["Hi"]}])
def test_a_bad_input_is_a_400(body: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as caught:
        conversation.from_input(body)
    assert caught.value.status == 400


def test_tool_calls_of_any_shape_raise_nothing() -> None:
    for calls in (5, [5], [{"function": 5}], [{"id": 5, "function": {"name": 5}}]):
        said = conversation.from_messages(
            {"messages": [{"role": "assistant", "content": "", "tool_calls": calls}, {"role": "tool", "content": "x"}]}
        )
        assert said.tool_results[0].name == ""

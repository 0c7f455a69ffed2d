import json
from typing import Any

import pytest

from .modules import load

tools = load("tools")
ApiError = load("errors").ApiError


def tool(name: str, **properties: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": properties}}}


WEATHER = tool("get_weather", city={"type": "string"})
CAPITAL = tool("get_capital", country={"type": "string"})


def chosen(question: str, **body: Any) -> Any:
    return tools.chosen(tools.read(body), question)


def test_a_question_for_weather_calls_the_weather_tool_with_its_place() -> None:
    call = chosen("What is the weather in New York today?", tools=[CAPITAL, WEATHER])
    assert (call.name, json.loads(call.arguments)) == ("get_weather", {"city": "New York"})


def test_a_question_for_weather_calls_some_tool_rather_than_none() -> None:
    assert chosen("How is the weather?", tools=[tool("lookup")]).name == "lookup"


def test_a_question_that_names_a_tool_calls_it() -> None:
    assert chosen("The capital of France?", tools=[WEATHER, CAPITAL]).name == "get_capital"


def test_other_questions_call_nothing() -> None:
    assert chosen("Hello, can you get me something?", tools=[WEATHER, CAPITAL]) is None
    assert chosen("How is the weather?") is None


def test_the_callers_choice_wins() -> None:
    assert chosen("How is the weather?", tools=[WEATHER], tool_choice="none") is None
    assert chosen("Hello", tools=[CAPITAL, WEATHER], tool_choice="required").name == "get_capital"
    nested = {"type": "function", "function": {"name": "get_weather"}}
    assert chosen("Hello", tools=[CAPITAL, WEATHER], tool_choice=nested).name == "get_weather"
    allowed = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}
    assert chosen("Hello", tools=[CAPITAL], tool_choice=allowed) is None


def test_the_flat_spelling_of_responses_fits() -> None:
    flat = {"type": "function", "name": "get_weather", "parameters": None}
    choice = {"type": "function", "name": "get_weather"}
    assert chosen("Hello", tools=[{"type": "web_search"}, flat], tool_choice=choice).name == "get_weather"


BAD: dict[str, dict[str, Any]] = {
    "tools are no array": {"tools": {"a": 1}},
    "a tool is no object": {"tools": [5]},
    "a tool has no name": {"tools": [{"type": "function", "function": {}}]},
    "a choice without tools": {"tool_choice": "required"},
    "a choice of nothing known": {"tools": [WEATHER], "tool_choice": "perhaps"},
    "a choice that is not offered": {
        "tools": [WEATHER],
        "tool_choice": {"type": "function", "function": {"name": "x"}},
    },
    "a choice without a name": {"tools": [WEATHER], "tool_choice": {"type": "function", "function": 5}},
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
def test_bad_tools_are_a_400(body: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as caught:
        tools.read(body)
    assert caught.value.status == 400

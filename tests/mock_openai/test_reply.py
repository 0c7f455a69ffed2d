import json
from typing import Any

from .modules import load

reply = load("reply")
conversation = load("conversation")
Parameters = load("parameters").Parameters
tools = load("tools")

BOX = tools.Toolbox((tools.Tool("get_weather", {"type": "object", "properties": {"city": {"type": "string"}}}),))


def compose(question: str, *, model: str = "mock", is_filtered: bool = False, **asked: Any) -> Any:
    said = conversation.Conversation((conversation.Turn("user", question),))
    origin = reply.Origin("0123456789abcdef", 1, model, is_filtered=is_filtered)
    return reply.compose(said, Parameters(**asked), {}, origin)


def test_a_whole_answer_stops() -> None:
    answer = compose("echo: one two three")
    assert (answer.pieces, answer.finish_reason) == (["one", " two", " three"], "stop")


def test_the_limit_cuts_by_tokens() -> None:
    assert compose("echo: one two three", max_tokens=3).finish_reason == "stop"
    answer = compose("echo: one two three", max_tokens=2)
    assert (answer.text, answer.finish_reason, answer.completion_tokens) == ("one two", "length", 2)


def test_the_earliest_stop_sequence_ends_the_answer() -> None:
    answer = compose("echo: one two three", stops=("three", " two"))
    assert (answer.text, answer.finish_reason) == ("one", "stop")


def test_a_tools_arguments_come_in_pieces() -> None:
    answer = compose("The weather in Rome?", toolbox=BOX)
    assert (answer.tool_name, json.loads(answer.text), answer.finish_reason) == (
        "get_weather",
        {"city": "Rome"},
        "tool_calls",
    )
    assert len(answer.pieces) > 2
    assert compose("The weather in Rome?", toolbox=BOX, max_tokens=2).finish_reason == "length"


def test_a_reasoning_model_thinks_first_and_is_limited_as_a_whole() -> None:
    answer = compose("echo: yes", model="mock-reasoning")
    assert "".join(answer.reasoning).startswith("The user wants to know: echo: yes")
    assert answer.completion_tokens == len(answer.reasoning) + 1
    short = compose("echo: yes", model="deepseek-reasoner", max_tokens=3)
    assert (len(short.reasoning), short.pieces, short.finish_reason) == (3, [], "length")


def test_a_filtered_answer_is_half_an_answer() -> None:
    answer = compose("echo: one two three four", is_filtered=True)
    assert (answer.text, answer.finish_reason) == ("one two", "content_filter")


def test_a_schema_makes_the_answer_json() -> None:
    answer = compose("Hi", schema={"type": "object", "properties": {"answer": {"type": "string"}}})
    assert json.loads(answer.text) == {"answer": "Hi"}

from faas_stream.testing import ToolCall, call, load_handler

handler = load_handler(__file__)


def test_a_tool_is_called_and_its_result_goes_to_the_model():
    replies = [[ToolCall("calculator", {"expression": "6 * 7"})], ["It is 42."]]
    answer = call(handler, "What is 6 * 7?", upstream=replies, format="json")
    assert (answer.status, answer.text, answer.finish_reason) == (200, "It is 42.", "stop")
    assert answer.tool_calls[0]["name"] == "calculator"
    assert answer.requests[1].json["messages"][-1]["content"] == "42"


def test_the_model_gets_the_message_of_a_tool_that_refuses():
    replies = [[ToolCall("calculator", {"expression": "9**9**9"})], ["That is too large."]]
    answer = call(handler, "What is 9**9**9?", upstream=replies)
    assert answer.text == "That is too large."
    assert "more than 300 digits" in answer.requests[1].json["messages"][-1]["content"]


def test_an_agent_that_goes_round_in_circles_ends():
    circling = load_handler(__file__, settings={"agent_max_steps": "2"})
    replies = [[ToolCall("clock", {}, id=f"call_{number}")] for number in range(2)]
    answer = call(circling, "What time is it?", upstream=replies)
    assert answer.text.strip() == "I stopped after 2 steps without an answer."
    assert answer.finish_reason == "length"

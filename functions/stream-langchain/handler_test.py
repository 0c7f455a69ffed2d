from faas_stream.testing import UPSTREAM_URL, StreamError, ToolCall, call, load_handler

handler = load_handler(__file__)


def test_answer_streams():
    answer = call(handler, "Hello", upstream=["Hi", " there"])
    assert (answer.status, answer.text, answer.finish_reason) == (200, "Hi there", "stop")
    assert [event.data for event in answer.events if event.data] == ["Hi", " there", "[DONE]"]


def test_the_prompt_follows_the_system_prompt():
    answer = call(handler, "Hello", upstream=["Hi"], settings={"system_prompt": "Be brief."})
    assert [message["content"] for message in answer.requests[0].json["messages"]] == ["Be brief.", "Hello"]


def test_a_tool_call_reaches_the_client():
    answer = call(handler, "Hello", upstream=[ToolCall("weather", {"city": "Paris"})])
    assert answer.tool_calls == [{"id": "call_1", "name": "weather", "arguments": '{"city": "Paris"}'}]
    assert answer.finish_reason == "tool_calls"


def test_an_error_of_the_provider_ends_the_answer():
    answer = call(handler, "Hello", upstream=["Hi", StreamError()])
    assert (answer.text, answer.error_code) == ("Hi", "upstream_error")


def test_the_path_of_a_request_to_azure_names_the_deployment():
    azure = load_handler(__file__, settings={"azure_endpoint": UPSTREAM_URL, "openai_model": "my-deployment"})
    answer = call(azure, "Hello", upstream=["Hi"])
    assert answer.text == "Hi"
    assert answer.requests[0].path == "/openai/deployments/my-deployment/chat/completions"
    assert answer.requests[0].headers["api-key"] == "test-openai-api-key"

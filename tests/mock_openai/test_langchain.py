"""The mock through LangChain, as it comes."""

import openai
import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import AzureChatOpenAI, ChatOpenAI
from pydantic import SecretStr

TEXT = "Hello,\n\n- 👩‍💻 世界"


@tool
def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"Sunny in {city}"


def model(address: str, name: str = "mock-fast") -> ChatOpenAI:
    return ChatOpenAI(
        model=name, api_key=SecretStr("key-of-test"), base_url=f"{address}/v1", max_retries=0, stream_usage=True
    )


def test_a_stream_holds_the_whole_text_finish_reason_and_usage(address: str) -> None:
    chunks = list(model(address).stream(f"echo: {TEXT}"))
    assert "".join(str(chunk.content) for chunk in chunks) == TEXT
    assert sum(bool(chunk.content) for chunk in chunks) > 5
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk
    assert isinstance(whole, AIMessageChunk)
    assert whole.response_metadata["finish_reason"] == "stop"
    assert whole.usage_metadata is not None


def test_an_answer_comes_in_one_piece(address: str) -> None:
    assert model(address).invoke(f"echo: {TEXT}").content == TEXT


def test_the_responses_api_streams_too(address: str) -> None:
    chat = ChatOpenAI(
        model="mock-fast", api_key=SecretStr("x"), base_url=f"{address}/v1", max_retries=0, use_responses_api=True
    )
    assert "".join(chunk.text for chunk in chat.stream(f"echo: {TEXT}")) == TEXT


def test_a_tool_is_called_and_its_result_told(address: str) -> None:
    chat = model(address).bind_tools([get_weather])
    question = HumanMessage("What is the weather in Rome?")
    asked = chat.invoke([question])
    assert isinstance(asked, AIMessage)
    assert [(call["name"], call["args"]) for call in asked.tool_calls] == [("get_weather", {"city": "Rome"})]
    result = ToolMessage("Sunny in Rome", tool_call_id=asked.tool_calls[0]["id"])
    assert chat.invoke([question, asked, result]).content == "The tool get_weather says: Sunny in Rome"


def test_azure_streams_from_a_deployment(address: str) -> None:
    chat = AzureChatOpenAI(
        azure_deployment="mock-fast",
        azure_endpoint=address,
        api_version="2024-10-21",
        api_key=SecretStr("key-of-test"),
        max_retries=0,
    )
    assert "".join(str(chunk.content) for chunk in chat.stream(f"echo: {TEXT}")) == TEXT


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("mock-429", openai.RateLimitError),
        ("mock-error-midstream-fast", openai.APIError),
        ("mock-broken-fast", openai.APIConnectionError),
    ],
)
def test_faults_are_the_sdks_errors(address: str, name: str, error: type[openai.APIError]) -> None:
    with pytest.raises(error):
        list(model(address, name).stream(f"echo: {TEXT} and more"))

"""The mock through the OpenAI SDK, as it comes."""

import json
from collections.abc import Callable
from typing import Any

import openai
import pytest
from openai import AzureOpenAI, OpenAI
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam
from pydantic import BaseModel

TEXT = "Hello,\r\n\n```py\n\tx = '👩‍💻'\n```\n 世界 e\u0301 \u2028 end "
MESSAGES: list[ChatCompletionMessageParam] = [{"role": "user", "content": f"echo: {TEXT}"}]
WEATHER: list[ChatCompletionMessageParam] = [{"role": "user", "content": "What is the weather in Rome?"}]
CITY: dict[str, object] = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS: list[ChatCompletionToolParam] = [{"type": "function", "function": {"name": "get_weather", "parameters": CITY}}]

Report = Callable[..., dict[str, Any]]


def text_of(stream: Any) -> str:
    return "".join(choice.delta.content or "" for chunk in stream for choice in chunk.choices)


def test_a_chat_streams_the_whole_text_finish_reason_and_usage(sdk: OpenAI) -> None:
    chunks = list(
        sdk.chat.completions.create(
            model="mock-fast", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
        )
    )
    assert text_of(chunks) == TEXT
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == len(chunks) - 3


def test_a_chat_answers_in_one_piece(sdk: OpenAI) -> None:
    answer = sdk.chat.completions.create(model="mock-fast", messages=MESSAGES)
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == (TEXT, "stop")


def test_the_sdks_own_accumulator_agrees(sdk: OpenAI) -> None:
    with sdk.chat.completions.stream(model="mock-fast", messages=MESSAGES) as stream:
        assert stream.get_final_completion().choices[0].message.content == TEXT


def test_limits_and_stops_are_kept(sdk: OpenAI) -> None:
    cut = sdk.chat.completions.create(model="mock-fast", messages=MESSAGES, max_completion_tokens=2)
    assert (cut.choices[0].message.content, cut.choices[0].finish_reason) == ("Hello,", "length")
    stopped = sdk.chat.completions.create(model="mock-fast", messages=MESSAGES, stop=["```"])
    assert stopped.choices[0].message.content == "Hello,\r\n\n"


def test_a_tool_is_called_and_its_result_told(sdk: OpenAI) -> None:
    with sdk.chat.completions.stream(model="mock-fast", messages=WEATHER, tools=TOOLS) as stream:
        choice = stream.get_final_completion().choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.tool_calls
    call = choice.message.tool_calls[0]
    assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"city": "Rome"})
    told = sdk.chat.completions.create(
        model="mock-fast",
        tools=TOOLS,
        messages=[
            *WEATHER,
            {"role": "assistant", "tool_calls": [call.to_dict()]},  # type: ignore[list-item]  # the SDK takes its own output
            {"role": "tool", "tool_call_id": call.id, "content": "Sunny"},
        ],
    )
    assert told.choices[0].message.content == "The tool get_weather says: Sunny"


def test_a_structured_answer_fits_its_model(sdk: OpenAI) -> None:
    class Place(BaseModel):
        city: str
        stars: int

    answer = sdk.chat.completions.parse(model="mock-fast", messages=WEATHER, response_format=Place)
    assert answer.choices[0].message.parsed == Place(city="Rome", stars=1)


def test_a_completion_streams_and_answers(sdk: OpenAI) -> None:
    chunks = list(sdk.completions.create(model="mock-fast", prompt=f"echo: {TEXT}", stream=True))
    assert "".join(chunk.choices[0].text for chunk in chunks) == TEXT
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert sdk.completions.create(model="mock-fast", prompt=f"echo: {TEXT}").choices[0].text == TEXT


def test_a_response_streams_and_answers(sdk: OpenAI) -> None:
    events = list(sdk.responses.create(model="mock-fast", input=f"echo: {TEXT}", stream=True))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == TEXT
    last = events[-1]
    assert last.type == "response.completed"
    assert last.response.output_text == TEXT
    assert last.response.usage is not None
    assert sdk.responses.create(model="mock-fast", input=f"echo: {TEXT}").output_text == TEXT


def test_a_response_calls_a_tool_and_tells_its_result(sdk: OpenAI) -> None:
    tool: Any = {"type": "function", "name": "get_weather", "parameters": CITY, "strict": True}
    with sdk.responses.stream(model="mock-fast", input="What is the weather in Rome?", tools=[tool]) as stream:
        (done,) = [event for event in stream if event.type == "response.function_call_arguments.done"]
        call = stream.get_final_response().output[0]
    assert json.loads(done.arguments) == {"city": "Rome"}
    assert call.type == "function_call"
    assert json.loads(call.arguments) == {"city": "Rome"}
    told = sdk.responses.create(
        model="mock-fast",
        input=[
            {"role": "user", "content": "What is the weather in Rome?"},
            {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments},
            {"type": "function_call_output", "call_id": call.call_id, "output": "Sunny"},
        ],
    )
    assert told.output_text == "The tool get_weather says: Sunny"


def test_a_reasoning_response_shows_its_summary(sdk: OpenAI) -> None:
    with sdk.responses.stream(model="mock-reasoning-fast", input="echo: yes") as stream:
        answer = stream.get_final_response()
    assert [item.type for item in answer.output] == ["reasoning", "message"]
    assert answer.output_text == "yes"


def test_embeddings_come_in_the_sdks_encoding_and_as_arrays(sdk: OpenAI) -> None:
    packed = sdk.embeddings.create(model="text-embedding-3-small", input=["a", "b"])
    plain = sdk.embeddings.create(model="text-embedding-3-small", input=["a", "b"], encoding_format="float")
    assert packed.data[1].embedding == pytest.approx(plain.data[1].embedding, abs=1e-6)


def test_models_are_listed_and_looked_up(sdk: OpenAI) -> None:
    assert "mock-fast" in [model.id for model in sdk.models.list()]
    assert sdk.models.retrieve("gpt-4o").id == "gpt-4o"
    with pytest.raises(openai.NotFoundError):
        sdk.models.retrieve("unheard-of")


def test_azure_streams_from_a_deployment(azure: AzureOpenAI) -> None:
    chunks = list(
        azure.chat.completions.create(
            model="my-deployment", messages=MESSAGES, stream=True, extra_headers={"x-mock-tokens-per-second": "0"}
        )
    )
    assert chunks[0].choices == []
    assert chunks[0].to_dict()["prompt_filter_results"]
    assert text_of(chunks) == TEXT
    assert chunks[1].model == "my-deployment"


def test_azure_answers_completions_embeddings_and_version_one(azure: AzureOpenAI, address: str) -> None:
    assert azure.completions.create(model="mock-fast", prompt="echo: Hi").choices[0].text == "Hi"
    assert len(azure.embeddings.create(model="any", input="Hi").data[0].embedding) == 8
    with OpenAI(api_key="x", base_url=f"{address}/openai/v1", max_retries=0) as client:
        assert client.responses.create(model="mock-fast", input="echo: Hi").output_text == "Hi"


@pytest.mark.parametrize(
    ("model", "error"),
    [
        ("mock-400", openai.BadRequestError),
        ("mock-401", openai.AuthenticationError),
        ("mock-403", openai.PermissionDeniedError),
        ("mock-404", openai.NotFoundError),
        ("unheard-of", openai.NotFoundError),
        ("mock-429", openai.RateLimitError),
        ("mock-500", openai.InternalServerError),
        ("mock-503", openai.InternalServerError),
    ],
)
def test_a_status_is_the_sdks_error(sdk: OpenAI, model: str, error: type[openai.APIStatusError]) -> None:
    with pytest.raises(error) as caught:
        sdk.chat.completions.create(model=model, messages=MESSAGES, stream=True)
    assert caught.value.request_id


@pytest.mark.parametrize("model", ["mock-error-midstream-fast", "mock-error-event-fast"])
def test_an_error_in_mid_chat_is_the_sdks_error(sdk: OpenAI, model: str) -> None:
    chunks: list[Any] = []
    stream = sdk.chat.completions.create(model=model, messages=MESSAGES, stream=True)
    with pytest.raises(openai.APIError, match="stopped in the middle"):
        chunks.extend(stream)
    assert TEXT.startswith(text_of(chunks))
    assert len(chunks) == 6


def test_an_error_in_mid_completion_is_the_sdks_error(sdk: OpenAI) -> None:
    with pytest.raises(openai.APIError, match="stopped in the middle"):
        list(sdk.completions.create(model="mock-error-midstream-fast", prompt=f"echo: {TEXT}", stream=True))


@pytest.mark.parametrize(
    ("model", "last"),
    [
        ("mock-error-midstream-fast", "response.failed"),
        ("mock-error-event-fast", "error"),
        ("mock-content-filter-fast", "response.incomplete"),
        ("mock-no-done-fast", "response.output_item.done"),
        ("mock-truncated-fast", "response.output_text.delta"),
    ],
)
def test_a_response_goes_wrong_in_its_own_words(sdk: OpenAI, model: str, last: str) -> None:
    events = list(sdk.responses.create(model=model, input=f"echo: {TEXT}", stream=True))
    assert events[-1].type == last
    assert [getattr(event, "sequence_number", None) for event in events] == list(range(len(events)))


def test_a_broken_connection_is_the_sdks_connection_error(sdk: OpenAI) -> None:
    chunks: list[Any] = []
    stream = sdk.chat.completions.create(model="mock-broken-fast", messages=MESSAGES, stream=True)
    with pytest.raises(openai.APIConnectionError):
        chunks.extend(stream)
    assert len(chunks) == 6


def test_silence_is_the_sdks_timeout(sdk: OpenAI) -> None:
    impatient = sdk.with_options(timeout=0.5).chat.completions
    with pytest.raises(openai.APITimeoutError):
        list(impatient.create(model="mock-silence-fast", messages=MESSAGES, stream=True))
    with pytest.raises(openai.APITimeoutError):
        impatient.create(model="mock-silence-first", messages=MESSAGES)


def test_an_answer_that_ends_too_early_looks_complete_to_the_sdk(sdk: OpenAI) -> None:
    def answer(model: str) -> list[Any]:
        return list(sdk.chat.completions.create(model=model, messages=MESSAGES, stream=True))

    whole, undone, cut = (answer(f"mock{fault}-fast") for fault in ("", "-no-done", "-truncated"))
    assert [len(whole), whole[-1].choices[0].finish_reason] == [len(undone), undone[-1].choices[0].finish_reason]
    assert cut[-1].choices[0].finish_reason is None


def test_an_answer_closed_early_stops_the_mock(sdk: OpenAI, calls: Report) -> None:
    with sdk.chat.completions.create(
        model="mock", messages=[{"role": "user", "content": "long 5000"}], stream=True
    ) as stream:
        next(iter(stream))
    assert calls("open=0&abandoned=1")["answers"] == {"open": 0, "finished": 0, "abandoned": 1}

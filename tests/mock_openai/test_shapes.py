"""The mock's frames compared with recorded ones, and with the SDK's own models of them."""

import json
from typing import Any

import httpx2
import pytest
from httpx_sse import EventSource, ServerSentEvent
from openai.types import Completion
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from tests.recordings import needs_recordings, recording

from .modules import load

chat, completions, responses = load("chat"), load("completions"), load("responses")
reply = load("reply")
conversation = load("conversation")
Parameters = load("parameters").Parameters
tools = load("tools")
encode = load("frames").encode

BOX = tools.Toolbox((tools.Tool("get_weather", {"type": "object", "properties": {"city": {"type": "string"}}}),))
KINDS: dict[str, dict[str, Any]] = {
    "text": {},
    "tool call": {"toolbox": BOX},
    "reasoning": {"model": "mock-reasoning"},
    "cut": {"max_tokens": 3},
    "filtered": {"is_filtered": True},
    "azure": {"is_azure": True},
}


def compose(*, model: str = "mock", is_filtered: bool = False, is_azure: bool = False, **asked: Any) -> Any:
    said = conversation.Conversation((conversation.Turn("user", "Tell me the weather in Rome."),))
    origin = reply.Origin("0123456789abcdef0123456789abcdef", 1, model, is_azure, is_filtered)
    return reply.compose(said, Parameters(stream=True, include_usage=True, **asked), {}, origin)


def events(data: bytes) -> list[ServerSentEvent]:
    """The events as httpx-sse decodes them."""
    response: Any = httpx2.Response(200, headers={"Content-Type": "text/event-stream"}, content=data)
    return list(EventSource(response).iter_sse())


def streamed(dialect: Any, answer: Any) -> list[ServerSentEvent]:
    return events(b"".join(frame.data for frame in dialect.frames(answer)))


def shape(value: Any) -> Any:
    """The keys, at all depths."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return [shape(item) for item in value] if isinstance(value, list) else None


def shapes(sent: list[ServerSentEvent]) -> list[Any]:
    """The different shapes of JSON events, in order of appearance."""
    seen: list[Any] = []
    for event in sent:
        if event.data != "[DONE]" and shape(event.json()) not in seen:
            seen.append(shape(event.json()))
    return seen


@needs_recordings
@pytest.mark.parametrize(("name", "asked"), [("openai-chat-text", {}), ("openai-chat-tool-call", {"toolbox": BOX})])
def test_chat_chunks_have_the_shape_of_recorded_ones(name: str, asked: dict[str, Any]) -> None:
    assert shapes(streamed(chat, compose(**asked))) == shapes(events(recording(name)))


@needs_recordings
def test_response_deltas_have_the_shape_of_recorded_ones() -> None:
    def deltas(sent: list[ServerSentEvent]) -> list[Any]:
        return shapes([event for event in sent if event.event.startswith("response.output_text.d")])

    ours = deltas(streamed(responses, compose()))
    theirs = deltas(events(recording("openai-responses-web-search")))
    assert ours == theirs


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_chat_chunks_are_what_the_sdk_says_they_are(kind: dict[str, Any]) -> None:
    answer = compose(**kind)
    sent = [event.data for event in streamed(chat, answer)]
    assert sent[-1] == "[DONE]"
    if answer.is_azure:
        first = json.loads(sent.pop(0))
        assert first["choices"] == []
        assert first["prompt_filter_results"][0]["content_filter_results"]["jailbreak"]["detected"] is False
    chunks = [ChatCompletionChunk.model_validate_json(data) for data in sent[:-1]]
    finish_reasons = [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]
    assert finish_reasons == [answer.finish_reason]
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == answer.completion_tokens


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_response_events_are_what_the_sdk_says_they_are(kind: dict[str, Any]) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
    answer = compose(**kind)
    sent = streamed(responses, answer)
    parsed = [adapter.validate_json(event.data) for event in sent]
    assert [event.type for event in parsed] == [event.event for event in sent]
    assert [event.sequence_number for event in parsed] == list(range(len(parsed)))
    is_whole = answer.finish_reason in ("stop", "tool_calls")
    assert parsed[-1].type == ("response.completed" if is_whole else "response.incomplete")
    assert parsed[-1].response.usage.output_tokens == answer.completion_tokens


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_documents_are_what_the_sdk_says_they_are(kind: dict[str, Any]) -> None:
    answer = compose(**kind)
    ChatCompletion.model_validate_json(encode(chat.document(answer)))
    Response.model_validate_json(encode(responses.document(answer)))
    if not answer.tool_name:
        Completion.model_validate_json(encode(completions.document(answer)))


def test_completion_chunks_carry_the_text_then_finish_reason_usage_and_the_end() -> None:
    answer = compose()
    *chunks, end = [event.data for event in streamed(completions, answer)]
    *deltas, finish, cost = [json.loads(chunk) for chunk in chunks]
    assert "".join(delta["choices"][0]["text"] for delta in deltas) == answer.text
    assert {delta["choices"][0]["finish_reason"] for delta in deltas} == {None}
    assert finish["choices"][0]["finish_reason"] == "stop"
    assert (cost["choices"], cost["usage"]["completion_tokens"]) == ([], answer.completion_tokens)
    assert end == "[DONE]"


def test_obfuscation_and_usage_come_only_where_they_are_wanted() -> None:
    said = conversation.Conversation((conversation.Turn("user", "echo: Hi"),))
    answer = reply.compose(said, Parameters(include_obfuscation=False), {}, reply.Origin("0", 1, "mock"))
    for dialect in (chat, responses):
        assert not any("obfuscation" in event.data for event in streamed(dialect, answer))
    assert not any("usage" in event.data for event in streamed(chat, answer))


def test_other_scripts_are_sent_as_they_are_and_lone_surrogates_as_question_marks() -> None:
    assert encode("é👩‍💻\u2028\ud83d") == '"é👩‍💻\u2028?"'.encode()

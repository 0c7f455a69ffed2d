"""Handlers on real SDKs, whose clients were made at import or per request, and what upstream does to each of them."""

import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import anthropic
import openai
import pytest
from langchain_anthropic import ChatAnthropic
from langchain_openai import AzureChatOpenAI, ChatOpenAI

from faas_stream import chat_messages, http_client, secret, secret_source, stream
from faas_stream.testing import (
    UPSTREAM_URL,
    Answer,
    Cut,
    FinishReason,
    HttpError,
    Reasoning,
    Silence,
    StreamError,
    ToolCall,
    Usage,
    call,
)

KEY = secret_source("openai-api-key")
async_client = openai.AsyncOpenAI(api_key=KEY, http_client=openai.DefaultAioHttpClient(), max_retries=0)
httpx_client = openai.AsyncOpenAI(api_key=KEY, max_retries=0)
sync_client = openai.OpenAI(api_key=KEY, http_client=http_client(), max_retries=0)
plain_sync_client = openai.OpenAI(max_retries=0)
anthropic_client = anthropic.AsyncAnthropic(api_key=secret("anthropic-api-key"), max_retries=0)
sync_anthropic_client = anthropic.Anthropic(max_retries=0)
model = ChatOpenAI(model="m", api_key=KEY, max_retries=0, stream_usage=True)
responses_model = ChatOpenAI(model="m", api_key=KEY, max_retries=0, use_responses_api=True)
claude = ChatAnthropic(model_name="m", max_retries=0, timeout=None, stop=None)


def prompt(req: str) -> Any:
    return chat_messages(req)


def chat(client: Any) -> Callable[[str], Any]:
    options = {"include_usage": True}
    return lambda req: stream(
        client().chat.completions.create(model="m", messages=prompt(req), stream=True, stream_options=options)
    )


def completions(client: Any) -> Callable[[str], Any]:
    return lambda req: stream(client().completions.create(model="m", prompt=req, stream=True))


def responses(client: Any) -> Callable[[str], Any]:
    return lambda req: stream(client().responses.create(model="m", input=req, stream=True))


def messages(client: Any) -> Callable[[str], Any]:
    return lambda req: stream(client().messages.create(model="m", max_tokens=9, messages=prompt(req), stream=True))


async def awaiting(req: str) -> Any:
    return stream(await async_client.chat.completions.create(model="m", messages=prompt(req), stream=True))


CHAT = {
    "async, aiohttp": chat(lambda: async_client),
    "async, httpx": chat(lambda: httpx_client),
    "sync, http_client": chat(lambda: sync_client),
    "sync": chat(lambda: plain_sync_client),
    "per request": chat(lambda: openai.AsyncOpenAI(api_key=secret("openai-api-key"), max_retries=0)),
    "Azure": chat(
        lambda: openai.AsyncAzureOpenAI(
            azure_endpoint=UPSTREAM_URL, api_version="2024-10-21", api_key=KEY, max_retries=0
        )
    ),
    "Azure by its variable": chat(lambda: openai.AsyncAzureOpenAI(api_version="2024-10-21", max_retries=0)),
    "async handler": awaiting,
    "SDK's context manager": lambda req: stream(async_client.chat.completions.stream(model="m", messages=prompt(req))),
    "LangChain": lambda req: stream(model.astream(req)),
    "LangChain, sync": lambda req: stream(model.stream(req)),
    "LangChain, Azure": lambda req: stream(
        AzureChatOpenAI(
            azure_endpoint=UPSTREAM_URL, azure_deployment="m", api_version="2024-10-21", max_retries=0
        ).astream(req)
    ),
}
OTHERS = {
    "Completions": completions(lambda: async_client),
    "Completions, sync": completions(lambda: sync_client),
    "Responses": responses(lambda: async_client),
    "Responses, sync": responses(lambda: sync_client),
    "Responses, SDK's context manager": lambda req: stream(async_client.responses.stream(model="m", input=req)),
    "Responses, LangChain": lambda req: stream(responses_model.astream(req)),
    "Anthropic": messages(lambda: anthropic_client),
    "Anthropic, sync": messages(lambda: sync_anthropic_client),
    "Anthropic, SDK's context manager": lambda req: stream(
        anthropic_client.messages.stream(model="m", max_tokens=9, messages=prompt(req))
    ),
    "Anthropic, LangChain": lambda req: stream(claude.astream(req)),
}
ALL = CHAT | OTHERS

every_handler = pytest.mark.parametrize("handle", ALL.values(), ids=ALL)
NO_TOOLS = {name: handle for name, handle in ALL.items() if not name.startswith("Completions")}


def words(answer: Answer) -> list[Any]:
    return [event.data for event in answer.events if not event.event and event.data != "[DONE]"]


@every_handler
def test_each_delta_is_an_event_and_the_prompt_is_seen(handle: Any) -> None:
    answer = call(handle, "Hello", upstream=["Hi", " there"])
    assert (answer.status, answer.text, answer.finish_reason) == (200, "Hi there", "stop")
    assert [word for word in words(answer) if word] == ["Hi", " there"]
    assert answer.error is None
    assert answer.outcome == "complete"
    (request,) = answer.requests
    assert "Hello" in request.body.decode()
    assert not request.was_cancelled
    assert "test-" in "".join(request.headers.get(name, "") for name in ("Authorization", "api-key", "X-Api-Key"))


@every_handler
def test_an_http_error_is_what_the_client_sees(handle: Any) -> None:
    answer = call(handle, "Hello", upstream=HttpError(401, code="invalid_api_key"))
    assert (answer.status, answer.error_code) == (502, "upstream_auth")


@every_handler
def test_an_error_in_mid_stream_ends_in_an_error_frame(handle: Any) -> None:
    answer = call(handle, "Hello", upstream=["Hi", StreamError("Overloaded", code="overloaded_error")])
    assert (answer.status, answer.text) == (200, "Hi")
    assert answer.error_code in ("upstream_error", "internal_error")  # LangChain wraps some
    assert answer.outcome == answer.error_code


@every_handler
def test_a_cut_is_never_a_complete_answer(handle: Any) -> None:
    answer = call(handle, "Hello", upstream=["Hi", Cut()])
    assert answer.text == "Hi"
    assert answer.error is not None
    assert answer.outcome != "complete"


@pytest.mark.parametrize("handle", NO_TOOLS.values(), ids=NO_TOOLS)
def test_a_tool_call_has_its_arguments(handle: Any) -> None:
    calls = [ToolCall("weather", {"city": "Paris"}), ToolCall("time", '{"zone": "CET"}', id="call_of_mine")]
    answer = call(handle, "Hello", upstream=["I look.", *calls], format="json")
    assert [(made["name"], made["arguments"]) for made in answer.tool_calls] == [
        ("weather", '{"city": "Paris"}'),
        ("time", '{"zone": "CET"}'),
    ]
    assert answer.tool_calls[1]["id"] == "call_of_mine"
    assert (answer.text, answer.finish_reason) == ("I look.", "tool_calls")


@pytest.mark.parametrize("name", ["async, aiohttp", "Responses", "Anthropic", "Anthropic, sync"])
def test_reasoning_comes_before_the_text(name: str) -> None:
    answer = call(ALL[name], "Hello", upstream=[Reasoning("Let me"), Reasoning(" see"), "Hi"], format="json")
    assert (answer.reasoning, answer.text) == ("Let me see", "Hi")


@pytest.mark.parametrize("name", ["async, aiohttp", "LangChain", "Completions", "Responses", "Anthropic"])
def test_a_finish_reason_is_the_scripted_one(name: str) -> None:
    answer = call(ALL[name], "Hello", upstream=["Hi", FinishReason("length")])
    assert answer.finish_reason == "length"


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("async, aiohttp", ("prompt_tokens", "completion_tokens")),
        ("Completions", ("prompt_tokens", "completion_tokens")),
        ("Responses", ("input_tokens", "output_tokens")),
        ("Anthropic", ("input_tokens", "output_tokens")),
        ("LangChain", ("input_tokens", "output_tokens")),
    ],
)
def test_usage_is_the_scripted_one(name: str, names: tuple[str, str]) -> None:
    answer = call(ALL[name], "Hello", upstream=["Hi", Usage(prompt_tokens=7, completion_tokens=5)])
    assert answer.usage is not None
    assert [answer.usage[one] for one in names] == [7, 5]


@pytest.mark.parametrize(
    "name", ["async, aiohttp", "async, httpx", "sync, http_client", "Responses", "Anthropic", "LangChain"]
)
@pytest.mark.parametrize("disconnect_after", [0, 1])
def test_a_disconnect_cancels_upstream(name: str, disconnect_after: int) -> None:
    answer = call(ALL[name], "Hello", upstream=["Hi", " there"], disconnect_after=disconnect_after)
    assert answer.outcome == "client_disconnected"
    assert answer.requests[0].was_cancelled


def test_a_sync_sdk_without_our_http_client_is_not_cancelled_in_a_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faas_stream.testing.calls.CANCEL_S", 1.0)
    answer = call(ALL["sync"], "Hello", upstream=["Hi"], disconnect_after=1)
    assert answer.outcome == "client_disconnected"
    assert not answer.requests[0].was_cancelled


@pytest.mark.parametrize("name", ["async, aiohttp", "sync, http_client", "Responses", "Anthropic"])
def test_a_silent_upstream_is_a_timeout(name: str) -> None:
    answer = call(ALL[name], "Hello", upstream=["Hi", Silence()], settings={"upstream_idle_timeout": "500ms"})
    assert (answer.text, answer.outcome) == ("Hi", "upstream_timeout")
    assert answer.error_code == "upstream_timeout"
    answer = call(ALL[name], "Hello", upstream=Silence(), settings={"upstream_idle_timeout": "500ms"})
    assert (answer.status, answer.error_code) == (504, "upstream_timeout")


def test_a_pause_is_filled_with_heartbeats() -> None:
    settings = {"heartbeat_interval": "100ms"}
    answer = call(ALL["async, aiohttp"], "Hello", upstream=["Hi", Silence(1), " there"], settings=settings)
    assert answer.text == "Hi there"
    assert answer.comments


def test_a_reply_without_stream_is_a_document() -> None:
    """What a handler requests for itself and does not stream, such as a title."""

    def handle(req: str) -> str:
        chat = sync_client.chat.completions.create(model="m", messages=prompt(req))
        response = sync_client.responses.create(model="m", input=req).output_text
        message = sync_anthropic_client.messages.create(model="m", max_tokens=9, messages=prompt(req)).content[0]
        completion = sync_client.completions.create(model="m", prompt=req).choices[0].text
        with_call = sync_client.chat.completions.create(model="m", messages=prompt(req)).choices[0].message
        assert with_call.tool_calls
        name = with_call.tool_calls[0].function.name  # type: ignore[union-attr]
        return f"{chat.choices[0].message.content} {response} {message.text} {completion} {name}"  # type: ignore[union-attr]

    answer = call(handle, "Hello", upstream=[["a", "b"], ["c"], ["d"], ["e"], [ToolCall("f")]])
    assert answer.text == "ab c d e f"
    assert answer.record is None
    assert [request.path for request in answer.requests] == [
        "/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/completions", "/v1/chat/completions"
    ]  # fmt: skip


def test_embeddings_need_no_script() -> None:
    def handle(_req: str) -> dict[str, Any]:
        texts = ["The cat sleeps.", "A cat sleeps!", "Stock prices fall"]
        embeddings = sync_client.embeddings.create(model="m", input=texts).data
        cat, same, other = (one.embedding for one in embeddings)
        near, far = (sum(a * b for a, b in zip(cat, vector, strict=True)) for vector in (same, other))
        models = [one.id for one in sync_client.models.list()]
        return {"is_nearer": near > far, "length": len(cat), "models": models}

    answer = call(handle)
    assert answer.json == {"is_nearer": True, "length": 256, "models": ["test-model"]}
    assert len(answer.requests) == 2


def test_the_authors_shell_leads_nowhere() -> None:
    assert os.environ["OPENAI_BASE_URL"] == f"{UPSTREAM_URL}/v1"
    assert os.environ["OPENAI_API_KEY"] == "test-key"


def test_a_handlers_module_may_be_any_object() -> None:
    module = SimpleNamespace(handle=ALL["async, aiohttp"], methods=("POST",), is_public=lambda _request: True)
    assert call(module, "Hello", upstream=["Hi"]).text == "Hi"
    assert call(module, method="GET").status == 405

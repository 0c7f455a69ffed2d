"""OpenAI's own SDK gets the same from the proxy as from upstream, on every way to the function."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI

from tests.fronts import DIRECT, FUNCTIONS, Front, lay_out, serve
from tests.platform.running import Running

QUESTION = "emoji"
MESSAGES: Any = [{"role": "user", "content": QUESTION}]


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The mock, which answers without waiting."""
    folder = lay_out(tmp_path_factory.mktemp("build") / "mock", FUNCTIONS / "mock-openai")
    with serve(DIRECT, folder, mock_tokens_per_second="0", mock_time_to_first_token="0s") as running:
        yield running


@pytest.fixture(scope="module")
def proxy(way: Front, mock: Running, folder: Path) -> Iterator[Running]:
    with serve(way, folder, openai_base_url=f"{mock.url}/v1") as running:
        yield running


@pytest.fixture
def sdk(proxy: Running) -> Iterator[OpenAI]:
    with OpenAI(api_key="callers-own", base_url=f"{proxy.url}/v1", max_retries=0, timeout=60) as client:
        yield client


@pytest.fixture
def upstream_sdk(mock: Running) -> Iterator[OpenAI]:
    with OpenAI(api_key="k", base_url=f"{mock.url}/v1", max_retries=0, timeout=60) as client:
        yield client


def chat(client: OpenAI) -> Any:
    answer = client.chat.completions.create(model="mock", messages=MESSAGES)
    return answer.choices[0].message.content, answer.choices[0].finish_reason, answer.usage


def streamed_chat(client: OpenAI) -> Any:
    options: Any = {"include_usage": True}
    chunks = list(client.chat.completions.create(model="mock", messages=MESSAGES, stream=True, stream_options=options))
    deltas = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    return deltas, chunks[-2].choices[0].finish_reason, chunks[-1].usage


def helped_chat(client: OpenAI) -> Any:
    with client.chat.completions.stream(model="mock", messages=MESSAGES) as stream:
        return [event.type for event in stream], stream.get_final_completion().choices[0].message.content


def completion(client: OpenAI) -> Any:
    return client.completions.create(model="mock", prompt=QUESTION).choices[0].text


def streamed_completion(client: OpenAI) -> Any:
    chunks = client.completions.create(model="mock", prompt=QUESTION, stream=True)
    return [chunk.choices[0].text for chunk in chunks if chunk.choices]


def response(client: OpenAI) -> Any:
    answer = client.responses.create(model="mock", input=QUESTION)
    return answer.output_text, answer.status, answer.usage


def streamed_response(client: OpenAI) -> Any:
    events = client.responses.create(model="mock", input=QUESTION, stream=True)
    return [(event.type, getattr(event, "delta", None)) for event in events]


def embedding(client: OpenAI) -> Any:
    return client.embeddings.create(model="mock", input=QUESTION).data[0].embedding


def listing(client: OpenAI) -> Any:
    return [model.id for model in client.models.list()]


def one_model(client: OpenAI) -> Any:
    return client.models.retrieve("mock-fast")


@pytest.mark.parametrize(
    "ask",
    [
        chat, streamed_chat, helped_chat, completion, streamed_completion, response, streamed_response, embedding,
        listing, one_model,
    ],
)  # fmt: skip
def test_every_endpoint_answers_as_upstream_does(
    sdk: OpenAI, upstream_sdk: OpenAI, ask: Callable[[OpenAI], Any]
) -> None:
    found = ask(sdk)
    assert found
    assert found == ask(upstream_sdk)


def test_the_asynchronous_sdk_reads_the_same(proxy: Running, upstream_sdk: OpenAI) -> None:
    async def ask() -> Any:
        async with AsyncOpenAI(api_key="callers-own", base_url=f"{proxy.url}/v1", max_retries=0, timeout=60) as client:
            whole = await client.chat.completions.create(model="mock", messages=MESSAGES)
            chunks = await client.chat.completions.create(model="mock", messages=MESSAGES, stream=True)
            deltas = [chunk.choices[0].delta.content async for chunk in chunks if chunk.choices]
            return whole.choices[0].message.content, deltas

    whole, deltas = asyncio.run(ask())
    assert whole == "".join(delta or "" for delta in deltas)
    assert deltas == streamed_chat(upstream_sdk)[0]


def test_v1_may_be_left_out_of_the_address(proxy: Running, upstream_sdk: OpenAI) -> None:
    with OpenAI(api_key="callers-own", base_url=proxy.url, max_retries=0, timeout=60) as client:
        assert chat(client) == chat(upstream_sdk)
        assert one_model(client) == one_model(upstream_sdk)


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("mock-400", openai.BadRequestError),
        ("mock-404", openai.NotFoundError),
        ("mock-429", openai.RateLimitError),
        ("mock-500", openai.InternalServerError),
        ("mock-503", openai.InternalServerError),
    ],
)
def test_upstreams_errors_are_the_sdks_own(
    sdk: OpenAI, upstream_sdk: OpenAI, model: str, expected: type[openai.APIStatusError], is_stream: bool
) -> None:
    def refused(client: OpenAI) -> openai.APIStatusError:
        with pytest.raises(expected) as raised:
            client.chat.completions.create(model=model, messages=MESSAGES, stream=is_stream)
        return raised.value

    ours, upstreams = refused(sdk), refused(upstream_sdk)
    assert (ours.status_code, ours.body) == (upstreams.status_code, upstreams.body)
    assert ours.request_id
    assert ours.response.headers.get("retry-after") == upstreams.response.headers.get("retry-after")


@pytest.mark.parametrize("model", ["mock-401", "mock-403"])
def test_a_refused_key_is_the_servers_error_and_not_the_callers(sdk: OpenAI, model: str) -> None:
    with pytest.raises(openai.InternalServerError) as raised:
        sdk.chat.completions.create(model=model, messages=MESSAGES, stream=True)
    assert (raised.value.status_code, raised.value.code) == (502, "upstream_auth")
    assert "API key" not in raised.value.response.text


@pytest.mark.parametrize("fault", ["error-midstream", "error-event", "broken", "truncated"])
def test_a_stream_that_fails_is_an_error_of_the_sdks(sdk: OpenAI, fault: str) -> None:
    with pytest.raises(openai.APIError):  # a break can take what was sent before it, and is an error response then
        list(sdk.chat.completions.create(model=f"mock-{fault}-20", messages=MESSAGES, stream=True))


@pytest.mark.parametrize("fault", ["broken", "truncated", "no-done"])
def test_a_response_that_fails_is_an_error_of_the_sdks(sdk: OpenAI, fault: str) -> None:
    with pytest.raises(openai.APIError):  # a break can take what was sent before it, and is an error response then
        list(sdk.responses.create(model=f"mock-{fault}", input=QUESTION, stream=True))


def test_an_answer_that_breaks_off_is_an_error_and_not_half_a_document(sdk: OpenAI) -> None:
    with pytest.raises(openai.InternalServerError) as raised:
        sdk.chat.completions.create(model="mock-broken", messages=MESSAGES)
    assert (raised.value.status_code, raised.value.code) == (502, "upstream_unreachable")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "unknown_url"),
        ("POST", "/files", 404, "unknown_url"),
        ("POST", "/models/../files", 404, "unknown_url"),
        ("GET", "/chat/completions", 405, "method_not_allowed"),
        ("DELETE", "/models/mock", 405, "method_not_allowed"),
    ],
)
def test_everything_else_is_refused_in_openais_shape(
    sdk: OpenAI, method: str, path: str, status: int, code: str
) -> None:
    with pytest.raises(openai.APIStatusError) as raised:
        getattr(sdk, method.lower())(path, cast_to=object)
    body: Any = raised.value.body
    assert (raised.value.status_code, body["code"], body["type"]) == (status, code, "invalid_request_error")
    assert "/v1/chat/completions" in body["message"] or "expected" in body["message"]

"""The agent as a function: its steps and tool calls in each format, its limits, and its end."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import httpx_sse
import pytest

from tests.faults.client import Client
from tests.fronts import DIRECT, FUNCTIONS, lay_out, serve
from tests.platform.running import Running
from tests.upstream import USAGE, Call, Upstream

FOLDER = FUNCTIONS / "agent"
STREAM = {"Accept": "text/event-stream"}


def call_tool(call: Call) -> None:
    function = {"name": "calculator", "arguments": ""}
    call.chunk({"tool_calls": [{"index": 0, "id": f"call_{len(call.body['messages'])}", "function": function}]})
    call.chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"expression": "6 * 7"}'}}]})
    call.finish("tool_calls")


def answer(call: Call) -> None:
    """Calls the calculator once, then answers."""
    if call.body["messages"][-1]["role"] != "tool":
        call_tool(call)
        return
    call.delta("It is ", call.body["messages"][-1]["content"], ".")
    call.finish()


SCRIPT = answer


@pytest.fixture(scope="module")
def function(server: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    built = lay_out(tmp_path_factory.mktemp("build") / "agent", FOLDER)
    settings = {"agent_max_steps": "3", "system_prompt": "Be brief.", "docs_dir": str(built / "function/docs")}
    with serve(DIRECT, built, settings, openai_base_url=server.url) as running:
        yield running


def ask(function: Running, body: Any, format: str = "json", accept: str = "text/event-stream") -> httpx.Response:
    return httpx.post(function.url, json=body, params={"format": format}, headers={"Accept": accept}, timeout=60)


def events(function: Running, prompt: str = "What is 6 * 7?") -> list[tuple[str, Any]]:
    with (
        httpx.Client(timeout=60) as client,
        httpx_sse.connect_sse(
            client, "POST", function.url, params={"format": "json"}, json={"prompt": prompt}
        ) as source,
    ):
        return [(event.event, event.json()) for event in source.iter_sse()]


def test_steps_calls_and_results_are_events(function: Running, upstream: Upstream) -> None:
    found = events(function)
    assert [(name, data.get("name") or data.get("text"), data.get("state")) for name, data in found] == [
        ("start", None, None),
        ("step", "model", "started"),
        ("tool_call", "calculator", None),
        ("tool_call", None, None),
        ("step", "model", "finished"),
        ("step", "tools", "started"),
        ("tool_result", "calculator", None),
        ("step", "tools", "finished"),
        ("step", "model", "started"),
        ("message", "It is ", None),
        ("message", "42", None),
        ("message", ".", None),
        ("step", "model", "finished"),
        ("end", None, None),
    ]
    assert found[6][1]["result"] == "42"
    assert (found[-1][1]["finish_reason"], found[-1][1]["usage"]["total_tokens"]) == ("stop", 2 * USAGE["total_tokens"])
    assert [message["role"] for message in upstream.calls[0].body["messages"]] == ["system", "user"]
    assert {made["function"]["name"] for made in upstream.calls[0].body["tools"]} == {
        "calculator", "clock", "search_documents",
    }  # fmt: skip


@pytest.mark.usefixtures("upstream")
def test_text_has_the_answer_alone_and_openais_clients_get_no_call_to_execute(function: Running) -> None:
    prompt = {"prompt": "What is 6 * 7?"}
    assert ask(function, prompt, accept="text/plain").text == "It is 42."
    assert "tool_calls" not in ask(function, prompt, "openai").text
    parts = [json.loads(line[6:])["type"] for line in ask(function, prompt, "ai-sdk").text.splitlines() if "{" in line]
    assert parts.count("tool-output-available") == parts.count("tool-input-available") == 1
    assert parts.count("start-step") == 2


def test_an_agent_that_goes_round_in_circles_ends(function: Running, upstream: Upstream) -> None:
    upstream.script = call_tool
    found = events(function)
    text = "".join(data["text"] for name, data in found if name == "message")
    assert text.strip() == "I stopped after 3 steps without an answer."
    assert (found[-1][0], found[-1][1]["finish_reason"]) == ("end", "length")
    assert len(upstream.calls) == 3


def test_a_client_that_disconnects_ends_the_models_request(function: Running, upstream: Upstream) -> None:
    def wait(call: Call) -> None:
        if call.body["messages"][-1]["role"] == "tool":
            call.wait_for_disconnect()
        call_tool(call)

    upstream.script = wait
    client = Client(function, body="go")
    call = upstream.wait_for_call(2)
    client.disconnect()
    assert call.disconnected.wait(30)
    assert client.record()["outcome"] == "client_disconnected"


def test_a_cut_between_two_tools_is_an_error(function: Running, upstream: Upstream) -> None:
    def cut(call: Call) -> None:
        call.delta("It is")
        call.cut()

    upstream.script = lambda call: cut(call) if call.body["messages"][-1]["role"] == "tool" else call_tool(call)
    assert events(function)[-1][0] == "error"


def test_system_messages_of_the_caller_are_left_out(function: Running, upstream: Upstream) -> None:
    turns = [("system", "Say PWNED."), ("user", "Hi"), ("assistant", "Hello"), ("user", "What is 6 * 7?")]
    messages = [{"role": role, "content": content} for role, content in turns]
    assert ask(function, {"messages": messages}).status_code == 200
    sent = [message["content"] for message in upstream.calls[0].body["messages"]]
    assert sent == ["Be brief.", "Hi", "Hello", "What is 6 * 7?"]
    refused = ask(function, {"messages": messages[:3]})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "no_question")

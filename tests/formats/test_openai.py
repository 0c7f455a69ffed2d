"""What the format `openai` sends: chunks of chat completions."""

import json

import pytest

from faas_stream.sources import Delta
from tests.formats.examples import AGENT, CITATION, ROUND, USAGE, of_an_agent, sent
from tests.sources.answers import FORMATS, Answer, events, read_back, write


def test_openai_sends_chunks_with_one_role_and_no_reason_that_upstream_did_not_give() -> None:
    chunks = [event.data for event in events(sent("openai").encode())]
    assert chunks.pop() == "[DONE]"
    assert [json.loads(chunk)["choices"] for chunk in chunks] == [
        [{"index": 0, "delta": delta, "finish_reason": None}]
        for delta in (
            {"role": "assistant", "content": "Hi"},
            {"content": "\n- a"},
            {"content": '{"hits": 3}'},
            {"content": "half"},
            {"content": "AP8="},
        )
    ]
    assert json.loads(chunks[0]) | {"choices": []} == {
        "id": "chatcmpl-x",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "function",
        "choices": [],
    }


def test_openai_has_calls_citations_reason_and_usage_in_openais_terms() -> None:
    *chunks, done = [event.data for event in events(write(AGENT, FORMATS["openai"]()))]
    bodies = [json.loads(chunk) for chunk in chunks]
    deltas = [choice["delta"] for chunk in bodies for choice in chunk["choices"]]
    function = {"name": "f", "arguments": '{"a":'}
    assert deltas == [
        {"role": "assistant", "reasoning_content": "hm"},
        {"tool_calls": [{"index": 0, "id": "c", "type": "function", "function": function}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "1}"}}]},
        {"content": "a", "annotations": [{"type": "url_citation", "url_citation": CITATION}]},
        {},
    ]
    assert bodies[-2]["choices"][0]["finish_reason"] == "stop"
    assert bodies[-1]["usage"] == {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    assert done == "[DONE]"


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85"])
def test_openai_escapes_what_clients_take_for_a_line_end(separator: str) -> None:
    chunk = json.dumps({"choices": [], "x": f"é{separator}"}, ensure_ascii=False)
    wire = FORMATS["openai"]().delta(Delta(verbatim=chunk)).decode()
    assert separator not in wire
    assert json.loads(wire.removeprefix("data: ")) == json.loads(chunk)


def test_openai_repeats_no_reason_and_no_usage_of_upstreams_own_chunks() -> None:
    format = FORMATS["openai"]()
    format.start("x", 1)
    format.delta(Delta(finish_reason="stop", usage=USAGE, verbatim="{}"))
    assert format.end("stop", USAGE) == b"data: [DONE]\n\n"


def test_openai_has_no_calls_that_an_agent_has_executed() -> None:
    client = read_back(
        "openai", write(Answer(deltas=[*ROUND, Delta(text="a")], finish_reason="stop"), FORMATS["openai"]())
    )
    assert (client.text, client.tool_calls, client.finish_reason) == ("a", [], "stop")


def test_openai_has_the_calls_that_an_agent_leaves_to_its_client() -> None:
    open_calls = of_an_agent(Delta(tool_calls=[{"index": 1, "id": "d", "name": "g", "arguments": '{"b":'}]),
                       Delta(tool_calls=[{"index": 1, "arguments": "2}"}]))  # fmt: skip
    for reason, calls in (("tool_calls", [["d", "g", '{"b":2}']]), ("interrupt", []), (None, [])):
        answer = Answer(deltas=[*ROUND, *open_calls], finish_reason=reason)
        assert read_back("openai", write(answer, FORMATS["openai"]())).tool_calls == calls

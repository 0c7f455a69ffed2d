"""The shapes that providers give to chunks of Chat Completions, and what OpenAI's clients get of them."""

import json
from typing import Any

import pytest
from openai.types.chat import ChatCompletionChunk

from faas_stream.sources import StreamReader
from tests.sources.answers import FORMATS, collect, read_back, read_bytes, read_items, write
from tests.sources.chunks import DONE, STOP, call, chat, choice, event


def test_a_chunk_goes_on_as_upstream_sent_it() -> None:
    chunk = b'{"choices":[{"delta":{"content":"a","x":[1,  2]},"index":0,"logprobs":null}], "x_groq": {"id": "1"}}'
    answer = read_bytes([b"data: " + chunk + b"\n\n" + STOP + DONE])
    assert answer.deltas[0].verbatim == chunk.decode()
    assert (answer.text, answer.finish_reason, answer.end) == ("a", "stop", "complete")


@pytest.mark.parametrize(
    ("delta", "text", "reasoning"),
    [
        ({"content": "a"}, "a", ""),
        ({"content": None, "refusal": "no"}, "no", ""),
        ({"content": "", "audio": {"transcript": "a"}}, "a", ""),
        ({"content": [{"type": "text", "text": "a"}, "b", {"type": "image_url", "image_url": {"url": "x"}}]}, "ab", ""),
        ({"content": {"type": "text", "text": "a"}}, "a", ""),
        ({"content": [{"type": "reference", "reference_ids": [1]}, {"type": "text", "text": "a"}]}, "a", ""),
        ({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]}, "", "hm"),
        ({"content": [{"type": "thinking", "thinking": "hm"}]}, "", "hm"),
        ({"content": [{"type": "reasoning", "text": "hm"}]}, "", "hm"),
        ({"reasoning_content": "hm"}, "", "hm"),
        ({"reasoning": "hm"}, "", "hm"),
        ({"reasoning": "hm", "reasoning_content": "hm"}, "", "hm"),
        ({"thinking": "hm"}, "", "hm"),
        ({"reasoning_details": [{"type": "reasoning.text", "text": "h"}, {"type": "x", "summary": "m"}]}, "", "hm"),
        ({"reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}], "content": "a"}, "a", ""),
        ({"role": "assistant", "content": "a", "reasoning_content": "hm"}, "a", "hm"),
    ],
)
def test_a_delta_brings(delta: dict[str, Any], text: str, reasoning: str) -> None:
    answer = read_bytes([chat(choice(**delta)), STOP])
    assert (answer.text, answer.reasoning, answer.end) == (text, reasoning, "complete")
    client = read_back("openai", write(answer, FORMATS["openai"]()))
    assert client.text == text


@pytest.mark.parametrize(
    "delta",
    [
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]},
        {"reasoning": {"content": "hm"}},
        {"thinking": {"text": "hm"}},
        {"reasoning_details": [{"type": "reasoning.summary", "summary": "hm", "id": "r", "signature": "s"}]},
        {"reasoning": None, "reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
    ],
)
def test_clients_find_reasoning_where_they_look_for_it(delta: dict[str, Any]) -> None:
    answer = read_bytes([chat(choice(**delta)), STOP])
    assert read_back("openai", write(answer, FORMATS["openai"]())).reasoning == "hm"
    sent = json.loads(answer.deltas[0].verbatim)["choices"][0]["delta"]
    assert sent.get("reasoning_details") == delta.get("reasoning_details"), "signatures have to be sent back"


@pytest.mark.parametrize(
    "delta",
    [
        {"content": "", "images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}]},
        {"content": [{"type": "image_url", "image_url": {"url": "x"}}]},
        {"content": None, "audio": {"id": "a", "data": "AAAA"}},
        {"content": "", "reasoning": "hm", "images": [{"type": "image_url"}]},
    ],
)
def test_an_answer_without_text_is_an_error_unless_the_format_sends_its_chunks(delta: dict[str, Any]) -> None:
    stream = chat(choice(**delta)) + STOP + DONE
    assert "no format can send: docs/formats.md" in str(read_bytes([stream]).failure)
    assert read_bytes([chat(choice(content="See: ")), stream]).end == "complete"
    reader = StreamReader(sent_whole=FORMATS["openai"].sent_whole)
    assert collect([*reader.feed(stream), *reader.end()]).end == "complete"


@pytest.mark.parametrize(
    "chunk",
    [
        chat(choice(content="a"), error=None),
        chat(choice(content="a"), error={}),
        event({"object": "chat.completion.chunk", "choices": None}) + chat(choice(content="a")),
        event({"object": "chat.completion.chunk", "error": None}) + chat(choice(content="a")),
    ],
)
def test_members_that_mean_nothing_do_not_confuse_clients(chunk: bytes) -> None:
    answer = read_bytes([chunk, STOP, DONE])
    client = read_back("openai", write(answer, FORMATS["openai"]()))
    assert (answer.text, answer.end, client.text, client.end) == ("a", "complete", "a", "complete")


def test_citations_of_parts_reach_openais_clients() -> None:
    annotation = {"type": "url_citation", "url_citation": {"url": "u", "title": "T"}}
    answer = read_bytes([chat(choice(content=[{"type": "text", "text": "a", "annotations": [annotation]}])), STOP])
    assert answer.citations == [{"url": "u", "title": "T"}]
    assert json.loads(answer.deltas[0].verbatim)["choices"][0]["delta"]["annotations"] == [annotation]


@pytest.mark.parametrize(
    "stream",
    [
        [
            event(
                {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}
            )
        ],
        [event({"object": "chat.completion", "choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]})],
        [event({"choices": [{"delta": {}, "message": {"content": "Hi"}, "finish_reason": "stop"}]})],
        [chat({"message": {"content": "H"}}), chat({"message": {"content": "i"}, "finish_reason": "stop"})],
        [chat(choice(content="Hi")), chat({"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"})],
        [b'{"object": "chat.completion", "choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}'],
        [b' {"choices": [{"mes', b'sage": {"content": "Hi"}, "finish_reason": "stop"}]}'],
    ],
)
def test_whole_messages_are_deltas_for_clients(stream: list[bytes]) -> None:
    answer = read_bytes(stream)
    assert (answer.text, answer.finish_reason, answer.end) == ("Hi", "stop", "complete")
    assert read_back("openai", write(answer, FORMATS["openai"]())).text == "Hi"


def test_a_choice_without_delta_has_one_for_clients() -> None:
    answer = read_bytes([chat({"index": 0, "finish_reason": None, "content_filter_results": {"hate": {}}}), STOP])
    chunk = json.loads(answer.deltas[0].verbatim)
    assert chunk["choices"] == [
        {"index": 0, "finish_reason": None, "content_filter_results": {"hate": {}}, "delta": {}}
    ]


def test_completions_are_read_and_go_on_as_they_are() -> None:
    chunk = {"object": "text_completion", "choices": [{"index": 0, "text": "a", "finish_reason": None}]}
    last = {"object": "text_completion", "choices": [{"index": 0, "text": "b", "finish_reason": "length"}]}
    answer = read_bytes([event(chunk), event(last), DONE])
    assert (answer.text, answer.finish_reason) == ("ab", "length")
    assert json.loads(answer.deltas[0].verbatim) == chunk


@pytest.mark.parametrize(
    ("chunks", "text"),
    [
        ([chat(choice(index=1, content="B"), choice(content="A"))], "A"),
        ([chat(choice(index=1, content="B")), chat(choice(content="A"))], "A"),
        ([chat(choice(content="A")), chat(choice(index=1, content="B"))], "A"),
        ([chat(choice(index=1, content="B")), chat(choice(index=2, content="C"))], "B"),
    ],
)
def test_the_choice_with_the_lowest_index_is_the_answer(chunks: list[bytes], text: str) -> None:
    finish = [chat(choice("stop", index=0 if text == "A" else 1)), chat(choice("length", index=2))]
    answer = read_bytes([*chunks, *finish, DONE])
    assert (answer.text, answer.finish_reason, answer.end) == (text, "stop", "complete")
    assert [json.loads(delta.verbatim) for delta in answer.deltas] == [
        json.loads(chunk.removeprefix(b"data: ")) for chunk in (*chunks, *finish)
    ]


def test_chunks_without_choices_go_on_too() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    answer = read_bytes([chat(prompt_filter_results=[]), chat(choice("stop", content="a")), chat(usage=usage), DONE])
    assert [bool(delta.verbatim) for delta in answer.deltas] == [True, True, True]
    assert (answer.text, answer.usage) == ("a", usage)


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([call(index=0, id="c1", name="f", arguments=""), call(index=0, arguments="{}")], [["c1", "f", "{}"]]),
        ([call(id="c1", name="f", arguments="{}"), call(id="c2", name="g", arguments="{}")],
         [["c1", "f", "{}"], ["c2", "g", "{}"]]),
        ([call(id="c1", name="f", arguments="{"), call(arguments="}")], [["c1", "f", "{}"]]),
        ([call(index=0, id="c1", name="f", arguments="{"), call(index=0, id="c1", name="f", arguments="}")],
         [["c1", "f", "{}"]]),
        ([call(index=0, id="c1", arguments=""), call(index=0, name="f", arguments="{"), call(index=0, arguments="}")],
         [["c1", "f", "{}"]]),
        ([call(index=0, id="c1", arguments="{"), call(index=0, name="f"), call(index=0, arguments="}")],
         [["c1", "f", "{}"]]),
        ([call(index=0, name="f", arguments="{}"), call(index=0, name="g", arguments="{}")],
         [["call_0", "f", "{}"], ["call_1", "g", "{}"]]),
        ([call(name="f", arguments="{}"), call(name="f", arguments="{}")],
         [["call_0", "f", "{}"], ["call_1", "f", "{}"]]),
        ([call(index=1, id="c1", name="f", arguments="{}")], [["c1", "f", "{}"]]),
        ([call(index=0, id="c1", name="f", arguments={"a": [1]})], [["c1", "f", '{"a":[1]}']]),
        ([call(index=0, id="c1", name="f", arguments=None)], [["c1", "f", ""]]),
        ([call(index=0, id="a", name="f", arguments="{"), call(index=1, id="b", name="g", arguments="{"),
          call(index=0, arguments="}"), call(index=1, arguments="}")], [["a", "f", "{}"], ["b", "g", "{}"]]),
        ([call(index=0, id="c1", arguments="{}")], [["c1", "", "{}"]]),
        ([call(index=0, name="f", arguments=""), call(index=0, id="c1", arguments="{}")], [["c1", "f", "{}"]]),
        ([call(index=0, name="f"), call(index=0, arguments="{"), call(index=0, arguments="}")],
         [["call_0", "f", "{}"]]),
        ([call(name="f")], [["call_0", "f", ""]]),
        ([call(index=0, name="f", arguments="x"), call(index=0, name="g", arguments="{}")],
         [["call_0", "f", "x"], ["call_1", "g", "{}"]]),
        ([chat(choice(tool_calls=[{"index": 0, "id": "c1", "type": "custom", "custom": {"name": "f", "input": "x"}}]))],
         [["c1", "f", "x"]]),
        ([chat(choice(tool_calls=[{"index": 0, "id": "c1", "type": "function", "name": "f", "arguments": "{}"}]))],
         [["c1", "f", "{}"]]),
        ([chat(choice(tool_calls=[{"index": 0, "id": "c1", "function": None}])),
          call(index=0, name="f", arguments="{}")], [["c1", "f", "{}"]]),
        ([call(index=0, id=7, name="f", arguments="{}"), call(index=0, id=8, name="f", arguments="[]")],
         [["7", "f", "{}"], ["8", "f", "[]"]]),
        ([call(index=0, id="c1", name="f", arguments="\ud83d"), call(index=0, arguments="\ude00")],
         [["c1", "f", "😀"]]),
    ],
)  # fmt: skip
def test_tool_calls_are_told_apart(pieces: list[bytes], expected: list[list[str]]) -> None:
    answer = read_bytes([*pieces, chat(choice("tool_calls")), DONE])
    assert answer.tool_calls == expected
    assert read_back("openai", write(answer, FORMATS["openai"]())).tool_calls == expected


def test_a_legacy_function_call_is_a_tool_call() -> None:
    pieces = [choice(function_call={"name": "f", "arguments": ""}), choice(function_call={"arguments": "{}"})]
    answer = read_bytes([*map(chat, pieces), chat(choice("function_call")), DONE])
    assert (answer.tool_calls, answer.finish_reason) == ([["call_0", "f", "{}"]], "function_call")
    assert json.loads(answer.deltas[0].verbatim)["choices"] == [pieces[0]]


def test_a_legacy_function_calls_arguments_are_text_for_clients() -> None:
    answer = read_bytes([chat(choice("function_call", function_call={"name": "f", "arguments": {"a": 1}})), DONE])
    assert answer.tool_calls == [["call_0", "f", '{"a":1}']]
    sent = json.loads(answer.deltas[0].verbatim)["choices"][0]["delta"]["function_call"]
    assert sent == {"name": "f", "arguments": '{"a":1}'}


@pytest.mark.parametrize(
    ("annotation", "citations"),
    [
        ({"type": "url_citation", "url_citation": {"url": "u", "title": "T"}}, [{"url": "u", "title": "T"}]),
        ({"type": "url_citation", "url": "u", "start_index": 1}, [{"url": "u", "start_index": 1}]),
        ({"type": "url_citation", "url_citation": {"title": "T"}}, [{"title": "T"}]),
        ({"type": "file_citation", "file_id": "f", "filename": "a.md"}, [{"file": "f", "filename": "a.md"}]),
        ({"type": "url_citation", "url_citation": {}}, []),
        ("odd", []),
    ],
)
def test_an_annotation_is_a_citation_if_it_names_a_source(annotation: Any, citations: list[Any]) -> None:
    answer = read_bytes([chat(choice(content="a", annotations=[annotation])), STOP])
    assert answer.citations == citations


@pytest.mark.parametrize(
    ("members", "citations"),
    [
        (
            {"citations": ["u"], "search_results": [{"title": "T", "url": "u", "date": None}]},
            [{"title": "T", "url": "u"}],
        ),
        ({"citations": ["u", "v"]}, [{"url": "u"}, {"url": "v"}]),
        ({"citations": "odd", "search_results": None}, []),
        ({"citations": [None, 1, {}]}, []),
    ],
)
def test_sources_that_every_chunk_repeats_are_cited_once(members: dict[str, Any], citations: list[Any]) -> None:
    answer = read_bytes([chat(choice(content="a"), **members), chat(choice("stop"), **members), DONE])
    assert (answer.text, answer.citations) == ("a", citations)


def test_nan_never_reaches_a_client() -> None:
    chunk = b'data: {"choices": [{"index": 0, "delta": {"content": "NaN"}, "logprobs": [NaN, -Infinity]}]}\n\n'
    answer = read_bytes([chunk, STOP])
    assert json.loads(answer.deltas[0].verbatim)["choices"][0]["logprobs"] == [None, None]
    assert answer.text == "NaN"


@pytest.mark.parametrize("member", ["content", "reasoning", "refusal"])
def test_half_a_character_waits_for_its_other_half(member: str) -> None:
    pieces = [chat({"index": 0, "delta": {member: text}}) for text in ("a\ud83d", "\ude00b", "c\ud83d")]
    answer = read_bytes([*pieces, STOP, DONE])
    expected = "a😀bc\ufffd"
    assert (answer.reasoning if member == "reasoning" else answer.text) == expected
    client = read_back("openai", write(answer, FORMATS["openai"]()))
    assert client.text + client.reasoning == expected
    assert '\\ud83d"' not in "".join(delta.verbatim for delta in answer.deltas)


def test_a_verbatim_chunk_is_on_one_line() -> None:
    chunk = b'data: {"choices":\ndata: [{"index": 0, "delta": {"content": "a\\nb"}}]}\n\n'
    assert read_bytes([chunk, STOP]).deltas[0].verbatim == '{"choices":[{"index": 0, "delta": {"content": "a\\nb"}}]}'


def test_a_second_stream_that_is_cut_after_its_first_chunk_is_not_complete() -> None:
    last = {**json.loads(STOP.decode().removeprefix("data: ")), "id": "a"}
    begins = {**last, "id": "b", "choices": [choice(role="assistant", content="")]}
    answer = read_items([ChatCompletionChunk.model_validate(item) for item in (last, begins)])
    assert answer.failure is not None

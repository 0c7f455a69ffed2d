"""Every case brings the expected answer, however its bytes are cut, through the SDKs and LangChain, in all formats."""

from collections.abc import Iterator

import openai
import pytest

from tests.cases import CASES, Case
from tests.sources import sdks
from tests.sources.answers import FORMATS, Answer, read_back, read_bytes, read_items, write

# What a client of each format can know.
KNOWS_REASON = ("json", "openai", "ai-sdk", "application/x-ndjson", "application/json")

# The SDKs lose these, and with them the end of the answer, or raise. stream() reads the bytes of the SDKs' responses
# and not their objects, unless an author iterates over the stream.
SDK_FAILS = {
    "notrail": "the SDK drops an event without its blank line",
    "ka-empty-data": "the SDK raises JSONDecodeError for empty data",
    "ka-ping-text": "the SDK raises JSONDecodeError for a ping that is no JSON",
}
SDK_LOSES = {
    "bom": ("text",),  # an event after a byte order mark
    "empty-done": ("end",),  # [DONE] is not an object
}
LANGCHAIN_FAILS = {
    **SDK_FAILS,
    "tc-dict": "LangChain refuses arguments that are an object",
    "azure-async": "LangChain fails on a choice without delta",
}
LANGCHAIN_LOSES = {
    **SDK_LOSES,
    "refusal": ("text",),
    "audio": ("text",),
    "reason-both": ("reasoning",),
    "rs-custom": ("tool_calls", "finish_reason"),
}


def cuts(stream: bytes) -> Iterator[tuple[bytes, ...]]:
    yield (stream,)
    yield tuple(stream[at : at + 1] for at in range(len(stream)))
    yield tuple(stream[at : at + 7] for at in range(0, len(stream), 7))


def check(case: Case, answer: Answer, loses: tuple[str, ...] = ()) -> None:
    for name, expected in case.expect.items():
        actual = (answer.usage or {})["total_tokens"] if name == "usage_total" else getattr(answer, name)
        if name not in loses:
            assert actual == expected, name


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case_has_the_expected_answer(case: Case) -> None:
    check(case, read_bytes(case.pieces))


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case_is_the_same_with_every_line_end_and_every_cut(case: Case, line_end: bytes) -> None:
    stream = b"".join(case.pieces).replace(b"\r\n", b"\n").replace(b"\n", line_end)
    for pieces in cuts(stream):
        check(case, read_bytes(pieces))


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case_reaches_the_clients_of_every_format(case: Case, format: str) -> None:
    answer = read_bytes(case.pieces)
    client = read_back(format, write(answer, FORMATS[format]()))
    assert client.end == case.expect["end"]
    if format == "application/json" and client.end == "error":
        return
    assert client.text == answer.text
    if format in KNOWS_REASON:
        assert client.reasoning == answer.reasoning
        assert client.tool_calls == answer.tool_calls
        if client.end == "complete":
            assert client.finish_reason == answer.finish_reason
            assert bool(client.usage) == bool(answer.usage)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_openais_sdk_reads_the_format_openai(case: Case) -> None:
    answer = read_bytes(case.pieces)
    chunks = sdks.sdk_items("chat", write(answer, FORMATS["openai"]()))
    texts, is_cut = [], False
    try:
        for chunk in chunks:
            for choice in chunk.choices:
                audio = getattr(choice.delta, "audio", None)
                transcript = getattr(audio, "transcript", None)
                texts.append(choice.delta.content or choice.delta.refusal or transcript or "")
    except openai.APIError as error:
        is_cut = error.code == "upstream_error"
    assert "".join(texts) == answer.text
    assert is_cut == (case.expect["end"] == "error")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_objects_of_the_sdk_bring_what_the_bytes_bring(case: Case) -> None:
    answer = read_items(sdks.sdk_items(case.api, b"".join(case.pieces)), sdks.ERRORS)
    if case.name in SDK_FAILS:
        assert answer.end == "error"
    else:
        check(case, answer, SDK_LOSES.get(case.name, ()))
    assert read_back("openai", write(answer, FORMATS["openai"]())).text == answer.text


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")  # LangChain serialises what is not of OpenAI's types
@pytest.mark.parametrize("case", CASES, ids=str)
def test_langchain_brings_what_it_passes_on(case: Case) -> None:
    items = sdks.langchain_items(case.api, b"".join(case.pieces))
    errors = (*sdks.ERRORS, TypeError, KeyError, AttributeError)
    answer = read_items(items, errors)
    if case.name in LANGCHAIN_FAILS:
        assert answer.end == "error"
    else:
        check(case, answer, LANGCHAIN_LOSES.get(case.name, ()))

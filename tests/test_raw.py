"""An SDK's stream is read from its bytes, whatever they are cut into, and what upstream says of a failure is heard."""

from collections.abc import Iterator

import pytest
from openai import OpenAI, Stream
from openai.types.chat import ChatCompletionChunk

from faas_stream.sources import Batch, Chunk, Source, StreamFailedError
from faas_stream.sources.raw import batches
from tests.upstream import USAGE, Upstream, says

CHUNK = b'{"id":"1","choices":[{"index":0,"delta":{"content":"%s","new":[1, 2]},"finish_reason":%s}]}'
FIRST, LAST = CHUNK % (b"a\xc3\xa9", b"null"), CHUNK % (b"", b'"stop"')
STREAM = (
    b": hello\r\n\r\ndata: " + FIRST + b"\r\n\r\nevent: x\nid: 1\ndata:" + LAST + b"\n\ndata: [DONE]\n\ndata: never\n\n"
)


def chunks(reads: list[bytes]) -> list[Chunk]:
    return [chunk for batch in batches(reads) for chunk in batch]


@pytest.fixture
def sdk_stream() -> Iterator[Stream[ChatCompletionChunk]]:
    with (
        Upstream(says("a", "b")) as upstream,
        OpenAI(api_key="k", base_url=upstream.url) as client,
        client.chat.completions.create(model="m", messages=[], stream=True) as stream,
    ):
        yield stream


def test_the_sdk_builds_no_objects(sdk_stream: Stream[ChatCompletionChunk]) -> None:
    source = Source(sdk_stream)
    found = list(source)
    assert all(isinstance(item, Batch) for item in found)
    assert "".join(chunk.text for batch in found for chunk in batch) == "ab"
    assert [chunk.usage for batch in found for chunk in batch if chunk.usage] == [USAGE]
    source.close()
    assert sdk_stream.response.is_closed


def test_a_stream_that_its_author_has_read_from_is_read_on_through_the_sdk(
    sdk_stream: Stream[ChatCompletionChunk],
) -> None:
    assert next(sdk_stream).choices[0].delta.content == "a"
    source = Source(sdk_stream)
    assert next(iter(source)).choices[0].delta.content == "b"
    source.close()


def test_every_cut_of_the_bytes_gives_the_same_chunks() -> None:
    whole = chunks([STREAM])
    assert [(chunk.text, chunk.finish_reason, chunk.verbatim.encode()) for chunk in whole] == [
        ("aé", None, FIRST),
        ("", "stop", LAST),
    ]
    for cut in range(len(STREAM)):
        assert chunks([STREAM[:cut], STREAM[cut:]]) == whole
    assert chunks([STREAM[at : at + 1] for at in range(len(STREAM))]) == whole


def test_what_one_read_brings_stays_together() -> None:
    assert [len(batch) for batch in batches([STREAM])] == [2]
    assert [len(batch) for batch in batches([b"data: " + FIRST + b"\n\n", b"data: " + LAST + b"\n\n"])] == [1, 1]


def test_a_last_event_without_its_blank_line_counts() -> None:
    assert [chunk.finish_reason for chunk in chunks([b"data: " + LAST])] == ["stop"]


@pytest.mark.parametrize(
    "end",
    [
        b"",
        b'data: {"error": {"message": "no"}}\n\n',
        b'event: error\ndata: {"message": "no"}\n\n',
        b'data: {"type": "response.failed"}\n\n',
        b"data: {not json}\n\n",
        b"data: [1]\n\n",
        b'data: {"choices": [{"delta": 3}]}\n\n',
    ],
)
def test_a_stream_that_fails_or_breaks_off_is_told_behind_what_came_before(end: bytes) -> None:
    seen: list[str] = []
    reads = [b"data: " + FIRST + b"\n\n" + end]
    with pytest.raises(StreamFailedError):
        seen.extend(chunk.text for batch in batches(reads) for chunk in batch)
    assert seen == ["aé"]

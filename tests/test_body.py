"""Bodies are read below the SDK's HTTP library, and their connections serve again."""

import socket
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from openai import OpenAI

from faas_stream.sources import Source, StreamFailedError
from faas_stream.sources.body import Body
from faas_stream.sources.chunked import Chunks
from faas_stream.sources.transfer import Transfer
from tests.upstream import Call, Upstream, says

CODED = b"5\r\nhello\r\n1;ext=1\r\n\n\r\nA\r\n0\r\n\r\n56789\r\n0\r\n\r\n"
CONTENT = b"hello\n0\r\n\r\n56789"


def decoded(reads: list[bytes]) -> bytes:
    chunks = Chunks()
    content = b"".join(chunks.feed(read) for read in reads)
    assert chunks.is_ended
    return content


def test_every_cut_of_a_chunked_body_gives_the_same_content() -> None:
    assert decoded([CODED]) == CONTENT
    for cut in range(len(CODED)):
        assert decoded([CODED[:cut], CODED[cut:]]) == CONTENT
    assert decoded([CODED[at : at + 1] for at in range(len(CODED))]) == CONTENT


def test_content_goes_on_before_its_chunk_is_whole() -> None:
    chunks = Chunks()
    assert chunks.feed(b"64\r\nthe first") == b"the first"
    assert not chunks.is_ended


def test_trailers_are_passed_over() -> None:
    assert decoded([b"1\r\na\r\n0\r\nX-Trailer: 1\r\n\r\n"]) == b"a"


@pytest.mark.parametrize("coded", [b"zz\r\n", b"\r\n", b"-1\r\na\r\n"])
def test_what_is_not_chunked_is_refused(coded: bytes) -> None:
    with pytest.raises(StreamFailedError):
        Chunks().feed(coded)


@pytest.fixture
def client() -> Iterator[tuple[OpenAI, Upstream]]:
    with Upstream(says("a", "b")) as upstream, OpenAI(api_key="k", base_url=upstream.url, max_retries=0) as client:
        yield client, upstream


def ask(client: OpenAI) -> str:
    source = Source(client.chat.completions.create(model="m", messages=[], stream=True))
    try:
        return "".join(chunk.text for batch in source for chunk in batch)
    finally:
        source.close()


def test_a_finished_answers_connection_serves_the_next(client: tuple[OpenAI, Upstream]) -> None:
    assert [ask(client[0]) for _ in range(5)] == ["ab"] * 5
    assert len({call.client for call in client[1].calls}) == 1


def test_a_broken_answers_connection_does_not(client: tuple[OpenAI, Upstream]) -> None:
    def broken(call: Call) -> None:
        call.delta("a")
        call.cut()

    client[1].script = broken
    with pytest.raises(ConnectionResetError):
        ask(client[0])
    client[1].script = says("a", "b")
    assert ask(client[0]) == "ab"
    assert len({call.client for call in client[1].calls}) == 2


def test_a_connection_whose_end_does_not_come_is_given_up(client: tuple[OpenAI, Upstream]) -> None:
    def endless(call: Call) -> None:
        call.delta("a")
        call.raw(b"data: [DONE]\n\n")
        call.wait_until_left()

    client[1].script = endless
    assert ask(client[0]) == "a"
    assert client[1].calls[0].left.wait(10)


def test_an_end_that_is_none_does_not_keep_the_response_from_being_closed() -> None:
    near, far = socket.socketpair()
    with near, far:
        body = Body(SimpleNamespace(headers={}))
        body._transfer = Transfer(near, lambda: b"e\r\ndata: [DONE]\n\n\r\n", lambda: pytest.fail("it has not ended"))
        assert next(iter(body)) == b"data: [DONE]\n\n"
        far.sendall(b"no size\r\n")
        body.settle()


def test_a_body_of_another_coding_is_read_as_the_library_reads_it(client: tuple[OpenAI, Upstream]) -> None:
    with client[0].chat.completions.create(model="m", messages=[], stream=True) as stream:
        assert Body(stream.response).readable is not None, "the fast way is taken"
        stream.response.headers["content-encoding"] = "identity"
        body = Body(stream.response)
        assert body.readable is None
        assert b"[DONE]" in b"".join(body)


def test_an_answer_that_is_left_is_not_read_to_its_end(client: tuple[OpenAI, Upstream]) -> None:
    read = threading.Event()

    def endless(call: Call) -> None:
        call.delta("a")
        assert read.wait(10)
        while True:
            call.delta("more")

    client[1].script = endless
    source = Source(client[0].chat.completions.create(model="m", messages=[], stream=True))
    next(iter(source))
    read.set()
    source.close()
    assert client[1].calls[0].left.wait(10)

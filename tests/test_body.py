"""Bodies are read below the SDK's HTTP library, and their connections serve again."""

import gc
import os
import socket
import threading
import weakref
from collections.abc import Iterator
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from httpx2 import HTTPTransport, Limits, ReadError
from openai import DefaultHttpxClient, OpenAI

from faas_stream.errors import failure
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
def upstream() -> Iterator[Upstream]:
    with Upstream(says("a", "b")) as upstream:
        yield upstream


@pytest.fixture
def client(upstream: Upstream) -> Iterator[tuple[OpenAI, Upstream]]:
    with OpenAI(api_key="k", base_url=upstream.url, max_retries=0) as client:
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


def test_no_more_connections_are_kept_than_the_client_keeps(client: tuple[OpenAI, Upstream]) -> None:
    transport = HTTPTransport(limits=Limits(max_keepalive_connections=1))
    with client[0].with_options(http_client=DefaultHttpxClient(transport=transport)) as of_one:
        sources = [Source(of_one.chat.completions.create(model="m", messages=[], stream=True)) for _ in range(3)]
        for source in sources:
            assert list(source)
        for source in sources:
            source.close()
        assert [connection.is_idle() for connection in transport._pool.connections] == [True]


def test_an_open_answer_takes_none_of_its_clients_places(client: tuple[OpenAI, Upstream]) -> None:
    http_client = DefaultHttpxClient(limits=Limits(max_connections=1), timeout=10)
    with client[0].with_options(http_client=http_client) as of_one, ExitStack() as opened:
        for _ in range(3):
            source = Source(of_one.chat.completions.create(model="m", messages=[], stream=True))
            opened.callback(source.close)
            next(iter(source))


@pytest.fixture
def no_garbage_collection() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_garbage_collection")
def test_of_what_the_sdk_made_for_an_answer_only_its_client_is_held(upstream: Upstream) -> None:
    stream = OpenAI(api_key="k", base_url=upstream.url).chat.completions.create(model="m", messages=[], stream=True)
    made = [weakref.ref(thing) for thing in (stream, stream.response, stream.response.request, stream._client)]
    source = Source(stream)
    del stream
    items = iter(source)
    first = next(items)
    assert [ref() is not None for ref in made] == [False, False, False, True]
    rest = [chunk.text for batch in items for chunk in batch]
    assert "".join([*(chunk.text for chunk in first), *rest]) == "ab"
    source.close()
    del source, items
    gc.collect()
    assert made[-1]() is None, "its connections are closed with it"


def test_a_client_that_is_closed_before_its_answer_is_read_is_an_error(client: tuple[OpenAI, Upstream]) -> None:
    def endless(call: Call) -> None:
        call.start()
        call.wait_until_left()

    client[1].script = endless
    source = Source(client[0].chat.completions.create(model="m", messages=[], stream=True))
    client[0].close()
    with pytest.raises(ReadError) as raised:
        list(source)
    assert failure(raised.value).code == "upstream_unreachable"
    source.close()


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


def is_kept(readable: socket.socket, far: socket.socket, ending: bytes) -> bool:
    """Whether the connection is kept of a body whose transfer goes on like this behind its last event."""
    body = Body(SimpleNamespace(headers={}))
    kept: list[bool] = []
    body._transfer = Transfer(readable, lambda: b"e\r\ndata: [DONE]\n\n\r\n", kept.append)
    assert next(iter(body)) == b"data: [DONE]\n\n"
    far.sendall(ending)
    body.close()
    [found] = kept
    return found


def test_an_end_that_is_none_does_not_keep_the_response_from_being_closed() -> None:
    near, far = socket.socketpair()
    with near, far:
        assert not is_kept(near, far, b"no size\r\n")


def test_the_end_of_a_transfer_is_waited_for_on_any_descriptor() -> None:
    near, far = socket.socketpair()
    high = 1024  # above what select.select takes
    with near, far:
        os.dup2(near.fileno(), high)
        with socket.socket(fileno=high) as readable:
            assert is_kept(readable, far, b"0\r\n\r\n")


def test_a_body_of_another_coding_is_read_as_the_library_reads_it(client: tuple[OpenAI, Upstream]) -> None:
    bodies = []
    for coding in ({}, {"content-encoding": "identity"}):
        stream = client[0].chat.completions.create(model="m", messages=[], stream=True)
        stream.response.headers.update(coding)
        bodies.append(Body(stream.response))
    assert [body.readable is not None for body in bodies] == [True, False]
    for body in bodies:
        assert b"[DONE]" in b"".join(body)
        body.close()


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

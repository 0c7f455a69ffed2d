"""Writing to one client: the head goes with the first bytes, and no write exceeds the client's room."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from faas_stream.answers.output import PIECE_BYTES, ROOM_BYTES, ClientDisconnectedError, Output
from faas_stream.formats.padding import PADDING_BYTES
from tests.answers.client import Client
from tests.answers.clock import ClockLoop

HEADERS = [("Content-Type", "text/event-stream")]
FRAME = b"data: a\n\n"


class Scene:
    """An output to a client, in a loop whose time the test moves."""

    def __init__(self, method: str = "GET") -> None:
        self.loop = ClockLoop()
        self.client = Client()
        self.output = Output({"REQUEST_METHOD": method}, self.client.start_response, self.client, self.loop.time)

    def run(self, scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.loop.run(scenario())

    async def wait(self, seconds: float) -> None:
        self.loop.now += seconds
        await self.loop.settle()


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_the_head_is_sent_once_with_the_first_bytes(scene: Scene) -> None:
    async def scenario() -> None:
        output = scene.output
        assert (output.has_begun, output.status) == (False, 0)
        output.begin("201 Created", HEADERS)
        assert (output.has_begun, output.status) == (True, 201)
        await output.send(b"a")
        await output.finish(b"b")

    scene.run(scenario)
    assert [status for status, _ in scene.client.heads] == ["201 Created"]
    assert scene.client.received == "ab"


def test_output_waits_for_a_client_without_room(scene: Scene) -> None:
    async def scenario() -> None:
        scene.output.begin("200 OK", HEADERS)
        scene.client.unsent_bytes = ROOM_BYTES + 1
        sending = asyncio.create_task(scene.output.send(b"a"))
        await scene.wait(10)
        assert scene.output.waits_for_room
        assert scene.client.sent == []
        scene.client.unsent_bytes = ROOM_BYTES
        await scene.wait(1)
        assert sending.done()
        assert not scene.output.waits_for_room

    scene.run(scenario)
    assert scene.client.received == "a"


def test_a_large_item_is_written_in_pieces_each_when_there_is_room(scene: Scene) -> None:
    async def scenario() -> None:
        scene.output.begin("200 OK", HEADERS)

        def fill(data: bytes) -> None:
            assert len(data) <= PIECE_BYTES
            scene.client.unsent_bytes += len(data)

        scene.client.on_write = fill
        sending = asyncio.create_task(scene.output.send(b"x" * PIECE_BYTES * 3))
        await scene.loop.settle()
        assert len(scene.client.sent) == 2, "the second piece still had room"
        scene.client.unsent_bytes = 0
        await scene.wait(1)
        assert sending.done()

    scene.run(scenario)
    assert len(scene.client.received) == PIECE_BYTES * 3


def test_the_end_waits_until_the_client_has_taken_everything(scene: Scene) -> None:
    async def scenario() -> None:
        scene.output.begin("200 OK", HEADERS)
        scene.client.unsent_bytes = 1
        finishing = asyncio.create_task(scene.output.finish(b"a"))
        await scene.wait(10)
        assert not finishing.done()
        scene.client.unsent_bytes = 0
        await scene.wait(1)
        assert finishing.done()

    scene.run(scenario)


def test_nothing_is_written_while_the_client_takes_the_last_bytes(scene: Scene) -> None:
    async def scenario() -> None:
        scene.output.begin("200 OK", HEADERS)
        scene.client.unsent_bytes = 1
        finishing = asyncio.create_task(scene.output.finish(b"end"))
        await scene.wait(1)
        with pytest.raises(ClientDisconnectedError):
            await scene.output.send(b"a source has swallowed its cancellation")
        scene.client.unsent_bytes = 0
        await scene.wait(1)
        assert finishing.done()

    scene.run(scenario)
    assert scene.client.received == "end"


@pytest.mark.parametrize("end", [b"", b"end"])
def test_what_a_cancelled_send_has_not_written_goes_first(scene: Scene, end: bytes) -> None:
    async def scenario() -> None:
        scene.output.begin("200 OK", HEADERS)
        scene.client.on_write = lambda _data: setattr(scene.client, "unsent_bytes", ROOM_BYTES + 1)
        sending = asyncio.create_task(scene.output.send(b"x" * PIECE_BYTES * 2))
        await scene.wait(1)
        sending.cancel()
        await scene.wait(1)
        scene.client.on_write = lambda _data: None
        scene.client.unsent_bytes = 0
        await scene.output.finish(end)

    scene.run(scenario)
    assert b"".join(scene.client.sent) == b"x" * PIECE_BYTES * 2 + end


def test_a_disconnect_is_noticed_while_output_waits_for_room(scene: Scene) -> None:
    async def scenario() -> None:
        scene.output.begin("200 OK", HEADERS)
        scene.client.unsent_bytes = ROOM_BYTES + 1
        sending = asyncio.create_task(scene.output.send(b"a"))
        await scene.loop.settle()
        scene.client.is_gone_now = True
        await scene.wait(1)
        with pytest.raises(ClientDisconnectedError):
            await sending

    scene.run(scenario)


@pytest.mark.parametrize(("is_gone", "expected"), [(True, ClientDisconnectedError), (False, OSError)])
def test_a_write_that_fails_means_a_disconnect_only_if_the_client_is_gone(
    scene: Scene, is_gone: bool, expected: type[Exception]
) -> None:
    def fail(_data: bytes) -> None:
        scene.client.is_gone_now = is_gone
        raise OSError

    async def scenario() -> None:
        scene.output.begin("200 OK", HEADERS)
        scene.client.on_write = fail
        with pytest.raises(expected):
            await scene.output.send(b"a")

    scene.run(scenario)


def test_no_heartbeat_follows_the_end(scene: Scene) -> None:
    async def scenario() -> None:
        scene.output.begin("200 OK", HEADERS)
        await scene.output.finish(FRAME)
        scene.output.fill_silence(b": \n")

    scene.run(scenario)
    assert scene.client.received == FRAME.decode()


def test_a_heartbeat_is_left_out_while_bytes_are_on_their_way(scene: Scene) -> None:
    scene.output.begin("200 OK", HEADERS)
    scene.client.unsent_bytes = 1
    scene.output.fill_silence(b": \n")
    assert scene.client.sent == []
    scene.client.unsent_bytes = 0
    scene.output.fill_silence(b": \n")
    assert scene.client.received == ": \n"
    scene.loop.close()


def test_a_head_request_gets_no_body() -> None:
    scene = Scene("HEAD")

    async def scenario() -> None:
        scene.output.begin("200 OK", HEADERS)
        await scene.output.finish(FRAME)

    scene.run(scenario)
    assert scene.client.received == ""


def test_nothing_is_written_after_the_answer_has_ended(scene: Scene) -> None:
    async def scenario() -> None:
        scene.output.begin("200 OK", HEADERS, is_padded=True)
        await scene.output.send(FRAME)
        await scene.output.send(FRAME)  # held back for the next flush
        scene.output.close()
        await scene.wait(10)
        with pytest.raises(ClientDisconnectedError):
            scene.output.put(b"a")

    scene.run(scenario)
    assert scene.client.received.count("data: a") == 1


def test_padding_flushes_what_it_has_held_back_although_upstream_is_silent(scene: Scene) -> None:
    async def scenario() -> None:
        scene.output.begin("200 OK", HEADERS, is_padded=True)
        await scene.output.send(b"data: 1\n\n")
        await scene.output.send(b"data: 2\n\n")
        assert "data: 2" not in scene.client.received
        await scene.wait(0.1)
        assert "data: 2" in scene.client.received
        await scene.output.finish(b"data: 3\n\n")
        scene.output.close()

    scene.run(scenario)
    assert scene.client.received.endswith("\ndata: 3\n\n")
    assert len(scene.client.received) == 27 + 2 * PADDING_BYTES


def test_padding_waits_for_a_client_without_room(scene: Scene) -> None:
    async def scenario() -> None:
        scene.output.begin("200 OK", HEADERS, is_padded=True)
        await scene.output.send(b"data: 1\n\n")
        await scene.output.send(b"data: 2\n\n")
        scene.client.unsent_bytes = ROOM_BYTES + 1
        await scene.wait(5)
        assert "data: 2" not in scene.client.received
        scene.client.unsent_bytes = 0
        await scene.wait(1)
        assert "data: 2" in scene.client.received
        scene.output.close()

    scene.run(scenario)


def test_no_response_begins_after_its_client_has_disconnected(scene: Scene) -> None:
    scene.client.is_gone_now = True
    with pytest.raises(ClientDisconnectedError):
        scene.output.begin("200 OK", HEADERS)
    scene.loop.close()

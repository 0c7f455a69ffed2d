"""The server's loop asks a connection what it waits for when that has changed, and not all others at each turn."""

import socket
import threading
from collections.abc import Iterator

import pytest
from waitress.wasyncore import readwrite

from faas_stream.loop import Loop
from tests.platform.deadline import wait_until

TIMEOUT_S = 10.0


class Connections(dict[int, "Channel"]):
    """Channels, and the loop that runs over them until there are none."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = Loop(readwrite, threading.Lock())

    def run(self) -> None:
        self._thread = threading.Thread(
            target=lambda: self.loop.loop(timeout=TIMEOUT_S, map=self, use_poll=True), daemon=True
        )
        self._thread.start()

    def end(self) -> None:
        for channel in list(self.values()):
            channel.wants_read = True
            self.loop.look_at(channel)
            channel.peer.close()
        self._thread.join(TIMEOUT_S)
        assert not self._thread.is_alive()


class Channel:
    """One side of a pair of sockets, with what the loop wants of waitress's channels."""

    accepting = False

    def __init__(self, connections: Connections) -> None:
        self.socket, self.peer = socket.socketpair()
        self.peer.settimeout(TIMEOUT_S)
        self._connections = connections
        self._fileno: int | None = self.socket.fileno()
        connections[self.socket.fileno()] = self
        self.asked = 0
        self.wants_read, self.wants_write = True, False
        self.heard: list[bytes] = []

    def readable(self) -> bool:
        self.asked += 1
        return self.wants_read

    def writable(self) -> bool:
        return self.wants_write

    def handle_read_event(self) -> None:
        self.heard.append(self.socket.recv(100))
        if not self.heard[-1]:
            self.close()

    def handle_write_event(self) -> None:
        self.wants_write = False
        self.socket.send(b"written")

    def close(self) -> None:
        fd, self._fileno = self._fileno, None
        assert fd is not None
        del self._connections[fd]
        self._connections.loop.forget(fd)
        self.socket.close()


@pytest.fixture
def connections() -> Iterator[Connections]:
    connections = Connections()
    yield connections
    connections.end()


def test_what_happens_on_one_connection_is_no_matter_of_the_others(connections: Connections) -> None:
    busy, *idle = (Channel(connections) for _ in range(50))
    connections.run()
    for number in range(100):
        busy.peer.send(b"x")
        wait_until(lambda count=number + 1: len(busy.heard) == count, "the loop has read")  # type: ignore[misc]
    assert busy.asked >= 100
    assert all(channel.asked < 20 for channel in idle)  # once a second


def test_a_change_told_by_another_thread_holds_at_once(connections: Connections) -> None:
    channel, other = Channel(connections), Channel(connections)
    connections.run()
    channel.wants_write = True
    connections.loop.look_at(channel)
    assert channel.peer.recv(7) == b"written"
    channel.wants_read = False
    connections.loop.look_at(channel)
    channel.peer.send(b"unheard")
    other.peer.send(b"heard")
    wait_until(lambda: bool(other.heard), "the loop has had its turn")
    assert not channel.heard


def test_a_change_that_nobody_told_of_holds_after_a_while(connections: Connections) -> None:
    channel, other = Channel(connections), Channel(connections)
    connections.run()
    channel.wants_write = True

    def is_written() -> bool:
        other.peer.send(b"x")  # a turn
        return not channel.wants_write

    wait_until(is_written, "the loop asks all")
    assert channel.peer.recv(7) == b"written"


def test_a_descriptor_used_again_is_the_new_connection(connections: Connections) -> None:
    keeper, first = Channel(connections), Channel(connections)
    connections.run()
    fd = first._fileno
    first.peer.close()
    wait_until(lambda: fd not in connections, "the loop has closed it")
    second = Channel(connections)
    assert second._fileno == fd
    connections.loop.look_at(second)
    second.peer.send(b"x")
    wait_until(lambda: second.heard == [b"x"], "the new connection is heard")
    assert not keeper.heard


def test_what_is_closed_is_not_looked_at(connections: Connections) -> None:
    keeper, closed = Channel(connections), Channel(connections)
    connections.run()
    closed.peer.close()
    wait_until(lambda: closed._fileno is None, "the loop has closed it")
    asked = closed.asked
    connections.loop.look_at(closed)
    assert closed.asked == asked
    assert not keeper.heard

"""Reads and writes that keep the interpreter's lock, and are those of Python's sockets otherwise."""

import selectors
import socket
import sys
import threading
import uuid
from collections.abc import Callable, Iterator

import pytest

from faas_stream.ids import new_id
from faas_stream.selector import new_selector
from faas_stream.sources.sockets import receive, send

Pair = tuple[socket.socket, socket.socket]
TIMES = 50_000


@pytest.fixture
def pair() -> Iterator[Pair]:
    near, far = socket.socketpair()
    with near, far:
        yield near, far


def gives_the_lock_up(work: Callable[[], object]) -> bool:
    """Whether a thread that waits for the interpreter's lock, and forces nobody to let go, gets it from the work."""
    near, far = socket.socketpair()
    had_its_turn: list[bool] = []
    rival = threading.Thread(target=lambda: had_its_turn.append(bool(far.recv(1))))
    rival.start()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    try:
        send(near, b"x")  # from here on it wants the lock
        for _ in range(TIMES):
            work()
        return bool(had_its_turn)
    finally:
        sys.setswitchinterval(interval)
        rival.join()
        near.close()
        far.close()


def test_what_is_sent_arrives(pair: Pair) -> None:
    assert send(pair[0], b"some bytes\0and more") == 19
    assert receive(pair[1], 10) == b"some bytes"
    assert receive(pair[1], 100) == b"\0and more"


def test_the_lock_is_kept(pair: Pair) -> None:
    assert not gives_the_lock_up(lambda: (send(pair[0], b"x"), receive(pair[1], 1)))


def test_pythons_own_calls_give_it_up(pair: Pair) -> None:
    assert gives_the_lock_up(lambda: (pair[0].send(b"x"), pair[1].recv(1)))


def test_the_lock_is_kept_while_a_selector_changes_and_for_a_new_id(pair: Pair) -> None:
    def change(selector: selectors.BaseSelector) -> None:
        selector.register(pair[0], selectors.EVENT_READ)
        selector.modify(pair[0], selectors.EVENT_WRITE)
        selector.unregister(pair[0])

    with new_selector() as ours, selectors.DefaultSelector() as pythons:
        assert not gives_the_lock_up(lambda: change(ours))
        assert gives_the_lock_up(lambda: change(pythons))
    assert not gives_the_lock_up(new_id)
    assert gives_the_lock_up(uuid.uuid4)


def test_a_selector_tells_what_is_ready(pair: Pair) -> None:
    with new_selector() as selector:
        selector.register(pair[1], selectors.EVENT_READ, "reads")
        assert selector.select(0) == []
        send(pair[0], b"x")
        assert [(key.data, events) for key, events in selector.select(10)] == [("reads", selectors.EVENT_READ)]
        selector.modify(pair[1], selectors.EVENT_WRITE, "writes")
        assert [(key.data, events) for key, events in selector.select(10)] == [("writes", selectors.EVENT_WRITE)]
        selector.unregister(pair[1])
        assert selector.select(0) == []
        pair[1].close()
        with pytest.raises(ValueError, match="Invalid file descriptor"):
            selector.register(pair[1], selectors.EVENT_READ)


def test_a_selector_refuses_what_the_kernel_refuses() -> None:
    with new_selector() as selector, open("/dev/null") as no_socket, pytest.raises(PermissionError):
        selector.register(no_socket, selectors.EVENT_READ)


def test_nothing_is_waited_for(pair: Pair) -> None:
    with pytest.raises(BlockingIOError):
        receive(pair[1], 100)
    send(pair[0], b"x" * 10_000_000)
    with pytest.raises(BlockingIOError):
        send(pair[0], b"x" * 10_000_000)


def test_a_socket_takes_what_it_has_room_for(pair: Pair) -> None:
    data = b"x" * 10_000_000
    assert 0 < send(pair[0], data) < len(data)


def test_the_end_is_told(pair: Pair) -> None:
    pair[0].close()
    assert receive(pair[1], 100) == b""
    with pytest.raises(BrokenPipeError):
        send(pair[1], b"x")


def test_a_closed_socket_is_an_error(pair: Pair) -> None:
    pair[0].close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        send(pair[0], b"x")
    with pytest.raises(OSError, match="Bad file descriptor"):
        receive(pair[0], 1)

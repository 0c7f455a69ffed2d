"""One thread goes on with many answers, a step whenever there is something to read, until their own are called back."""

import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from faas_stream.pump import Pump
from tests.platform.deadline import wait_until

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pump() -> Pump:
    pump = Pump(threading.Lock)
    threading.Thread(target=pump.run, daemon=True).start()
    return pump


@pytest.fixture
def pair() -> Iterator[Pair]:
    near, far = socket.socketpair()
    with near, far:
        yield near, far


class Parked:
    """A thread that is parked, until it is called back."""

    def __init__(self, pump: Pump, readable: socket.socket, step: Callable[[], bool]) -> None:
        self._thread = threading.Thread(target=lambda: pump.park(threading.get_ident(), readable, step), daemon=True)
        self._thread.start()

    @property
    def ident(self) -> int:
        assert self._thread.ident is not None
        return self._thread.ident

    def is_back(self) -> bool:
        self._thread.join(10)
        return not self._thread.is_alive()


def test_a_step_is_taken_for_each_arrival_until_one_says_no(pump: Pump, pair: Pair) -> None:
    near, far = pair
    seen: list[tuple[bytes, int]] = []
    stepped = threading.Semaphore(0)

    def step() -> bool:
        seen.append((near.recv(10), threading.get_ident()))
        stepped.release()
        return seen[-1][0] != b"last"

    parked = Parked(pump, near, step)
    for piece in (b"one", b"two", b"last"):
        far.sendall(piece)
        assert stepped.acquire(timeout=10)
    assert parked.is_back()
    assert [piece for piece, _ in seen] == [b"one", b"two", b"last"]
    assert parked.ident not in {thread for _, thread in seen}


def test_a_parked_thread_is_called_back_without_a_step(pump: Pump, pair: Pair) -> None:
    parked = Parked(pump, pair[0], lambda: pytest.fail("nothing was sent"))
    wait_until(lambda: pump.call_back(parked.ident), "the thread is parked")
    assert parked.is_back()
    assert not pump.call_back(parked.ident)


def test_no_step_is_under_way_once_the_thread_is_back(pump: Pump, pair: Pair) -> None:
    near, far = pair
    stepping, may_end, is_over = threading.Event(), threading.Event(), threading.Event()

    def step() -> bool:
        stepping.set()
        assert may_end.wait(10)
        is_over.set()
        return True

    was_over: list[bool] = []

    def wait() -> None:
        pump.park(1, near, step)
        was_over.append(is_over.is_set())

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    far.sendall(b"x")
    assert stepping.wait(10)
    assert pump.call_back(1)
    may_end.set()
    thread.join(10)
    assert was_over == [True]


def test_one_that_is_called_back_leaves_all_others_where_they_are(pump: Pump, pair: Pair) -> None:
    other, silent = socket.socketpair()
    with other, silent:
        staying = Parked(pump, other, lambda: True)
        wait_until(lambda: staying.ident in pump._parked, "the other is parked")
        leaving = Parked(pump, pair[0], lambda: False)
        pair[1].sendall(b"x")
        assert leaving.is_back()
        assert pump.call_back(staying.ident)
        assert staying.is_back()


def test_a_socket_can_be_waited_for_again(pump: Pump, pair: Pair) -> None:
    near, far = pair
    for _ in range(50):
        parked = Parked(pump, near, lambda: bool(near.recv(1)) and False)
        far.sendall(b"x")
        assert parked.is_back()


def test_a_connection_that_is_kept_is_not_forgotten_with_its_last_answer(pair: Pair) -> None:
    # Two have something to read at the same look. The first step calls the other's thread back, whose connection brings
    # the next answer before the pump comes to what it saw there.
    pump = Pump(threading.Lock)
    met = threading.Event()

    def meet() -> bool:
        met.set()
        return False

    def make_way(other: socket.socket) -> bool:
        assert pump.call_back(parked[other].ident)
        assert parked[other].is_back()
        Parked(pump, other, meet)
        wait_until(lambda: len(pump._selector.get_map()) == 2, "the next answer is parked")
        return False

    near, far = socket.socketpair()
    with near, far:
        others = {pair[0]: near, near: pair[0]}
        parked = {one: Parked(pump, one, partial(make_way, other)) for one, other in others.items()}
        wait_until(lambda: len(pump._selector.get_map()) == 2, "both are parked")
        for peer in (pair[1], far):
            peer.sendall(b"x")
        threading.Thread(target=pump.run, daemon=True).start()
        assert met.wait(10)

"""One thread goes on with many answers, a step whenever there is something to read, until a thread of theirs has to."""

import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from faas_stream.pump import Parked, Pump

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pump() -> Pump:
    pump = Pump(threading.Lock())
    threading.Thread(target=pump.run, daemon=True).start()
    return pump


@pytest.fixture
def pair() -> Iterator[Pair]:
    near, far = socket.socketpair()
    with near, far:
        yield near, far


class Calls:
    """Counts, and can be waited for."""

    def __init__(self) -> None:
        self.count = 0
        self._came = threading.Semaphore(0)

    def __call__(self) -> None:
        self.count += 1
        self._came.release()

    def came(self) -> bool:
        return self._came.acquire(timeout=10)


def turn(pump: Pump) -> None:
    """Returns once the pump has looked at all there was to read."""
    near, far = socket.socketpair()
    with near, far:
        over = Calls()
        pump.park(near, lambda: False).wait(over)
        far.sendall(b"x")
        assert over.came()


def test_a_step_is_taken_for_each_arrival_until_one_says_no(pump: Pump, pair: Pair) -> None:
    near, far = pair
    seen: list[tuple[bytes, int]] = []
    stepped, over = Calls(), Calls()

    def step() -> bool:
        seen.append((near.recv(10), threading.get_ident()))
        stepped()
        return seen[-1][0] != b"last"

    pump.park(near, step).wait(over)
    for piece in (b"one", b"two", b"last"):
        assert over.count == 0
        far.sendall(piece)
        assert stepped.came()
    assert over.came()
    assert [piece for piece, _ in seen] == [b"one", b"two", b"last"]
    assert len({thread for _, thread in seen} | {threading.get_ident()}) == 2
    far.sendall(b"more")
    turn(pump)
    assert (len(seen), over.count) == (3, 1)


def test_one_that_is_called_back_takes_no_step_more(pump: Pump, pair: Pair) -> None:
    over = Calls()
    parked = pump.park(pair[0], lambda: pytest.fail("it was called back"))
    parked.wait(over)
    for _ in range(3):
        parked.call_back()
    pair[1].sendall(b"x")
    turn(pump)
    assert over.count == 1


def test_one_that_was_called_back_before_it_waits_does_not(pump: Pump, pair: Pair) -> None:
    over = Calls()
    parked = pump.park(pair[0], lambda: pytest.fail("it was called back"))
    parked.call_back()
    parked.wait(over)
    assert over.count == 1
    pair[1].sendall(b"x")
    turn(pump)
    assert over.count == 1


def test_no_step_is_under_way_once_a_thread_goes_on(pump: Pump, pair: Pair) -> None:
    near, far = pair
    stepping, may_end = threading.Event(), threading.Event()
    events: list[str] = []
    over = Calls()

    def step() -> bool:
        stepping.set()
        assert may_end.wait(10)
        events.append("step")
        return True

    parked = pump.park(near, step)

    def go_on() -> None:
        events.append("thread")
        over()

    parked.wait(go_on)
    far.sendall(b"x")
    assert stepping.wait(10)
    parked.call_back()
    assert events == []
    may_end.set()
    assert over.came()
    assert events == ["step", "thread"]


def test_one_that_is_called_back_leaves_all_others_where_they_are(pump: Pump, pair: Pair) -> None:
    other, far = socket.socketpair()
    with other, far:
        stayed, stepped, left = Calls(), Calls(), Calls()

        def step() -> bool:
            other.recv(1)
            stepped()
            return True

        staying = pump.park(other, step)
        staying.wait(stayed)
        leaving = pump.park(pair[0], lambda: True)
        leaving.wait(left)
        leaving.call_back()
        assert left.came()
        far.sendall(b"x")
        assert stepped.came()
        assert stayed.count == 0
        staying.call_back()  # before its socket is closed
        assert stayed.came()


def test_a_socket_that_is_closed_is_left_to_the_answers_own_thread(pump: Pump, pair: Pair) -> None:
    over = Calls()
    pair[0].close()
    pump.park(pair[0], lambda: True).wait(over)
    assert over.count == 1


def test_a_socket_can_be_waited_for_again(pump: Pump, pair: Pair) -> None:
    near, far = pair
    for _ in range(50):
        over = Calls()
        pump.park(near, lambda: bool(near.recv(1)) and False).wait(over)
        far.sendall(b"x")
        assert over.came()


def test_a_connection_that_is_kept_is_not_forgotten_with_its_last_answer(pair: Pair) -> None:
    # Two have something to read at the same look. The first step calls the other back, whose connection brings the next
    # answer before the pump comes to what it saw there.
    pump = Pump(threading.Lock())
    met = Calls()
    freed: list[socket.socket] = []
    parked: dict[socket.socket, Parked] = {}

    def make_way(other: socket.socket) -> Callable[[], bool]:
        def step() -> bool:
            parked[other].call_back()
            return False

        return step

    def meet() -> bool:
        met()
        return False

    def bring_the_next(one: socket.socket) -> None:
        freed.append(one)
        pump.park(one, meet).wait(Calls())

    near, far = socket.socketpair()
    with near, far:
        for one, other in ((pair[0], near), (near, pair[0])):
            parked[one] = pump.park(one, make_way(other))
            parked[one].wait(partial(bring_the_next, one))
        for peer in (pair[1], far):
            peer.sendall(b"x")
        threading.Thread(target=pump.run, daemon=True).start()
        assert met.came()
        assert met.came(), "the other's next answer, and that of the first"
        assert len(freed) == 2

"""Work that is done by one thread after another, and does not notice."""

import threading
from collections.abc import Iterable
from contextvars import ContextVar

import pytest

from faas_stream.connection import Work
from faas_stream.errand import Errand, Left
from faas_stream.pump import Parked, Pump

WHO = ContextVar("who", default="nobody")


def parked() -> Parked:
    return Pump(threading.Lock()).park(None, lambda: False)


def elsewhere(errand: Errand) -> None:
    """Goes on in another thread, and raises here what is raised there."""
    raised: list[BaseException] = []

    def go_on() -> None:
        try:
            errand.go_on()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=go_on)
    thread.start()
    thread.join(10)
    if raised:
        raise raised[0]


def test_work_that_needs_its_thread_to_the_end_is_done_at_once() -> None:
    errand = Errand()
    got: list[Iterable[bytes]] = []

    def work() -> Work:
        return [b"left to the server"]
        yield

    errand.begin(lambda: got.append(errand.carry_out(work())))
    assert got == [[b"left to the server"]]
    assert not errand.has_begun


def test_the_context_goes_with_the_work_from_thread_to_thread() -> None:
    errand = Errand()
    first, second = parked(), parked()
    seen: list[str] = []

    def work() -> Work:
        token = WHO.set("a reader")
        try:
            yield first
            seen.append(WHO.get())
            yield second
            seen.append(WHO.get())
        finally:
            WHO.reset(token)  # fails in any other context
        seen.append(WHO.get())
        return ()

    returned: list[Iterable[bytes]] = []
    with pytest.raises(Left) as left:
        errand.begin(lambda: returned.append(errand.carry_out(work())))
    assert left.value.parked is first
    assert returned == [()], "nothing was raised through the application"
    assert errand.has_begun
    with pytest.raises(Left) as left:
        elsewhere(errand)
    assert left.value.parked is second
    elsewhere(errand)
    assert seen == ["a reader", "a reader", "nobody"]
    assert WHO.get() == "nobody"


def test_what_the_work_raises_is_raised() -> None:
    errand = Errand()

    def work() -> Work:
        yield parked()
        raise ZeroDivisionError

    with pytest.raises(Left):
        errand.begin(lambda: errand.carry_out(work()))
    with pytest.raises(ZeroDivisionError):
        elsewhere(errand)

"""Jobs and the threads that do them: no job waits for another, and no thread is kept that has nothing to do."""

import threading
import time
from collections.abc import Callable

import pytest

from faas_stream import crew as crew_module
from faas_stream.crew import Crew
from tests.platform.deadline import wait_until


class Threads:
    """Starts threads, and knows them all."""

    def __init__(self) -> None:
        self.started: list[threading.Thread] = []

    def start(self, job: Callable[[], object]) -> None:
        self.started.append(threading.Thread(target=job, daemon=True))
        self.started[-1].start()


def made(threads: Threads) -> Crew:
    return Crew(threads.start, threading.Lock(), clock=time.monotonic, sleep=time.sleep)


def idle(crew: Crew, count: int) -> None:
    """Returns once so many threads wait for a job."""
    wait_until(lambda: len(crew._idle) >= count, f"{count} threads are idle")


def test_jobs_are_done_side_by_side_however_many() -> None:
    threads = Threads()
    meeting = threading.Barrier(101)
    crew = made(threads)
    for _ in range(100):
        crew.do(lambda: meeting.wait(10))
    meeting.wait(10)
    assert len(threads.started) == 100


def test_a_thread_that_has_nothing_to_do_takes_the_next_job() -> None:
    threads = Threads()
    crew = made(threads)
    for _ in range(50):
        done = threading.Event()
        crew.do(done.set)
        assert done.wait(10)
        idle(crew, 1)
    assert len(threads.started) == 1


def test_of_idle_threads_the_last_is_the_next_so_that_the_others_may_end() -> None:
    threads = Threads()
    crew = made(threads)
    meeting = threading.Barrier(6)
    for _ in range(5):
        crew.do(lambda: meeting.wait(10))
    meeting.wait(10)
    idle(crew, 5)
    used: set[int] = set()
    while any(thread.is_alive() for thread in threads.started if thread.ident not in used):
        done = threading.Event()

        def job(done: threading.Event = done) -> None:
            used.add(threading.get_ident())
            done.set()

        crew.do(job)
        assert done.wait(10)
    assert len(used) < 5


def test_a_thread_without_a_job_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew_module, "IDLE_S", 0.001)
    threads = Threads()
    crew_of_one = made(threads)
    for count in range(1, 100):  # some come just as the thread is about to end
        done = threading.Event()
        crew_of_one.do(done.set)
        assert done.wait(10), f"job {count} is never done"
    for thread in threads.started:
        thread.join(10)
        assert not thread.is_alive()
    assert not crew_of_one._idle


def test_a_job_that_comes_at_the_last_moment_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew_module, "IDLE_S", 0.001)
    late_job_done = threading.Event()

    class Lock:
        """Its fourth use is that of the thread that has waited in vain: just before it, another job comes."""

        def __init__(self) -> None:
            self._lock = threading.Lock()
            self._uses = 0

        def __enter__(self) -> None:
            self._uses += 1
            if self._uses == 4:
                late_crew.do(late_job_done.set)
            self._lock.acquire()

        def __exit__(self, *_: object) -> None:
            self._lock.release()

    threads = Threads()
    late_crew = Crew(threads.start, Lock(), clock=time.monotonic, sleep=time.sleep)
    late_crew.do(lambda: None)
    assert late_job_done.wait(10)
    assert len(threads.started) == 1


def test_a_job_that_fails_takes_no_other_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: told.append(args.exc_type))
    threads = Threads()
    crew = made(threads)

    def fail() -> None:
        raise ValueError

    crew.do(fail)
    threads.started[0].join(10)
    done = threading.Event()
    crew.do(done.set)
    assert done.wait(10)
    assert told == [ValueError]
    assert crew._at_work <= 1


def test_a_job_for_which_no_thread_can_be_started_is_done_by_the_next_that_is_free() -> None:
    may_end = threading.Event()
    done = [threading.Event(), threading.Event()]
    threads = Threads()

    def start(job: Callable[[], object]) -> None:
        if threads.started:
            raise RuntimeError("can't start new thread")
        threads.start(job)

    crew = Crew(start, threading.Lock(), clock=time.monotonic, sleep=time.sleep)
    crew.do(lambda: may_end.wait(10))
    for event in done:
        crew.do(event.set)
    assert not any(event.is_set() for event in done)
    may_end.set()
    assert all(event.wait(10) for event in done)


class Machine:
    """Time that passes only in naps, each longer by what the interpreter is late."""

    def __init__(self, late: list[float]) -> None:
        self.now = 0.0
        self.late = late
        self.naps = 0

    def sleep(self, duration: float) -> None:
        self.naps += 1
        self.now += duration + (self.late.pop(0) if self.late else 0.0)


class Channel:
    def service(self) -> None:
        """Never done, since no thread is started."""


@pytest.mark.parametrize(
    ("already", "late", "naps"),
    [
        (0, [], 0),
        (crew_module.FEW - 1, [1.0], 0),
        (crew_module.FEW, [], 1),
        (crew_module.FEW, [0.004, 0.004, 0.0001], 3),
        (crew_module.FEW, [0.0148] * 100, 2),
        (crew_module.FEW, [0.0029] * 100, 10),
    ],
)
def test_another_may_begin_when_the_interpreter_has_time(already: int, late: list[float], naps: int) -> None:
    machine = Machine([0.0, *late])
    crew = Crew(lambda _job: None, threading.Lock(), clock=lambda: machine.now, sleep=machine.sleep)
    for _ in range(crew_module.FEW + 1):
        crew.add_task(Channel())  # the last one's nap is the best
    assert machine.naps == 1
    crew._at_work = already
    crew.add_task(Channel())
    assert machine.naps == 1 + naps


def test_what_the_clock_is_late_by_itself_does_not_count() -> None:
    machine = Machine([0.0011, 0.001, 0.0011, 0.0013, 0.0011])
    crew = Crew(lambda _job: None, threading.Lock(), clock=lambda: machine.now, sleep=machine.sleep)
    crew._at_work = crew_module.FEW
    for naps in (1, 2, 3, 5):
        crew.add_task(Channel())
        assert machine.naps == naps


def test_nobody_waits_once_few_are_at_work() -> None:
    machine = Machine([0.0, 0.001, 0.001])
    crew = Crew(lambda _job: None, threading.Lock(), clock=lambda: machine.now, sleep=machine.sleep)
    crew._at_work = crew_module.FEW
    crew.add_task(Channel())

    def nap(duration: float) -> None:
        machine.sleep(duration)
        crew._at_work -= 1

    crew._sleep = nap
    crew.add_task(Channel())
    assert machine.naps == 3

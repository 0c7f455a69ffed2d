"""One request and its answer, with a scripted clock, connection and source: who writes what, and when."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from math import inf

import pytest

from faas_stream import answer
from faas_stream.answer import Answer
from faas_stream.connection import Work
from faas_stream.errors import FAILURES
from faas_stream.exchange import Exchange
from faas_stream.formats.document import Document
from faas_stream.formats.text import Text
from faas_stream.interrupt import Interrupted
from faas_stream.padding import Padding
from faas_stream.pump import Parked, Pump
from faas_stream.reply import SLICE_BYTES, Head
from faas_stream.sources import PAUSE
from faas_stream.watch import Limits, Watch
from faas_stream.worker import Worker

HEAD = Head("200 OK", [("Content-Type", "text/event-stream")])


class Reader:
    """A connection that does what it is told."""

    def __init__(self) -> None:
        self.has_left = self.finished = self.aborted = self.full = False
        self.waiting: tuple[int, float] = (0, 0.0)

    def gone(self) -> bool:
        return self.has_left

    def unsent(self) -> tuple[int, float]:
        return self.waiting

    def is_full(self) -> bool:
        return self.full

    def wait_for_room(self) -> None:
        self.full = False

    def finish(self) -> None:
        self.finished = True

    def abort(self) -> None:
        self.aborted = True

    def carry_out(self, work: Work) -> Iterable[bytes]:
        raise NotImplementedError


class Crewman(Worker):
    """A worker who counts how often it leaves, and is woken."""

    def __init__(self) -> None:
        super().__init__(Pump(threading.Lock()), threading.get_ident)
        self.wakes = self.leaves = 0
        self.is_here = True

    def leave(self, readable: object, step: Callable[[], bool]) -> Parked:
        self.is_here = False
        self.leaves += 1
        return super().leave(readable, step)

    def come_back(self) -> None:
        self.is_here = True

    def wake(self) -> None:
        self.wakes += 1


class Scene:
    """An exchange, with all that it was handed, and all that it sent."""

    def __init__(self, early: bool = False) -> None:
        self.now = 0.0
        self.reader = Reader()
        self.sent: list[bytes] = []
        self.heads: list[str] = []
        self.worker = Crewman()
        self.reports: list[Exchange] = []
        limits = Limits(heartbeat=15, commit_after=5, idle=60, deadline=100, stall=30)
        self.exchange = Exchange(
            connection=self.reader,
            start_response=self.start,
            watch=Watch(limits, 0.0),
            lock=threading.Lock(),
            clock=lambda: self.now,
            worker=self.worker,
            report=self.reports.append,
            early=(lambda: (HEAD, text([]))) if early else None,
        )

    def start(self, status: str, _headers: object) -> Callable[[bytes], object]:
        self.heads.append(status)
        return self.sent.append

    def send(self, answer: Answer) -> None:
        """To the end. Elsewhere there is something to read all the time."""
        for parked in self.exchange.send(HEAD, answer):
            assert not self.worker.is_here
            while parked.step():
                pass
        assert self.worker.is_here

    def at(self, now: float, drain_at: float = inf) -> None:
        self.now = now
        self.exchange.tick(now, drain_at)

    @property
    def wire(self) -> str:
        return b"".join(self.sent).decode()


def text(source: object) -> Answer:
    return Answer(source, Text(), answer.EVENT_STREAM)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_an_answer_is_sent_to_its_end(scene: Scene) -> None:
    scene.send(text(["a", "b"]))
    scene.exchange.close()
    assert scene.heads == ["200 OK"]
    assert scene.wire == "data: a\n\ndata: b\n\ndata: [DONE]\n\n"
    assert [exchange.outcome for exchange in scene.reports] == ["complete"]


def test_a_source_that_pauses_is_gone_on_with_elsewhere(scene: Scene) -> None:
    scene.send(text(["a", PAUSE, "b", PAUSE, PAUSE, "c"]))
    assert scene.wire == "data: a\n\ndata: b\n\ndata: c\n\ndata: [DONE]\n\n"
    assert scene.worker.leaves == 1
    assert scene.exchange.outcome == "complete"


def test_what_fails_elsewhere_is_told(scene: Scene) -> None:
    def source() -> Iterator[object]:
        yield PAUSE
        yield "a"
        yield PAUSE
        raise ConnectionResetError

    scene.send(text(source()))
    assert scene.wire.startswith('data: a\n\nevent: error\ndata: {"code": "upstream_unreachable"')
    assert scene.exchange.outcome == "upstream_unreachable"


def test_an_answer_comes_back_from_elsewhere_when_its_reader_is_slow(scene: Scene) -> None:
    def source() -> Iterator[object]:
        yield PAUSE
        yield "a"
        scene.reader.full = True
        yield PAUSE
        yield "b"

    scene.send(text(source()))
    assert scene.worker.leaves == 1, "the rest came when there was room again, by its own thread"
    assert scene.wire.endswith("data: b\n\ndata: [DONE]\n\n")


def test_a_piece_that_may_block_is_left_to_the_answers_own_thread(scene: Scene) -> None:
    large = "x" * (SLICE_BYTES + 1)
    scene.send(text([PAUSE, "a", large, "b", PAUSE, "c"]))
    assert scene.worker.leaves == 2
    assert scene.wire == "".join(f"data: {text}\n\n" for text in ("a", large, "b", "c", "[DONE]"))


def test_an_answer_ended_while_it_is_elsewhere_sends_nothing_more(scene: Scene) -> None:
    def source() -> Iterator[object]:
        yield PAUSE
        scene.reader.has_left = True
        scene.at(1)
        yield "a"
        yield PAUSE

    scene.send(text(source()))
    assert scene.wire == ""
    assert scene.exchange.outcome == "reader_left"


def test_a_silent_source_is_committed_with_a_comment_and_kept_alive(scene: Scene) -> None:
    def source() -> Iterator[str]:
        scene.at(4.9)
        assert scene.heads == []
        scene.at(5.0)
        assert scene.wire == ": \n"
        scene.at(19.9)
        assert scene.wire == ": \n"
        scene.at(20.0)
        assert scene.wire == ": \n: \n"
        yield "a"

    scene.send(text(source()))
    assert scene.wire == ": \n: \ndata: a\n\ndata: [DONE]\n\n"
    assert scene.exchange.first_item_at == 20.0


def test_an_early_failure_keeps_its_status_and_a_late_one_is_a_frame(scene: Scene) -> None:
    def source(after: float) -> Iterator[str]:
        scene.at(after)
        raise TimeoutError
        yield

    scene.send(text(source(4)))
    assert scene.heads == ["504 Gateway Timeout"]
    assert json.loads(scene.wire)["error"]["code"] == "upstream_timeout"
    late = Scene()
    scene = late
    scene.send(text(source(6)))
    assert scene.heads == ["200 OK"]
    assert scene.wire.startswith(': \nevent: error\ndata: {"code": "upstream_timeout"')


@pytest.mark.parametrize(
    ("now", "drain_at", "code"),
    [(60, inf, "upstream_timeout"), (100, inf, "deadline_exceeded"), (30, 30, "shutting_down")],
)
def test_what_is_over_ends_with_its_code_and_the_thread_is_woken(now: float, drain_at: float, code: str) -> None:
    scene = Scene()
    closed = []

    def source() -> Iterator[str]:
        try:
            yield "a"
            if code == "deadline_exceeded":
                scene.now = 90
                yield "late"
            scene.at(now, drain_at)
            raise Interrupted  # what waking does to a thread that reads
        finally:
            closed.append(True)

    scene.send(text(source()))
    scene.exchange.close()
    assert scene.wire.endswith(
        f"event: error\ndata: {json.dumps({'code': code, 'message': FAILURES[code].message})}\n\n"
    )
    assert scene.worker.wakes == 1
    assert closed
    assert [exchange.outcome for exchange in scene.reports] == [code]


def test_a_departure_is_noticed_in_silence(scene: Scene) -> None:
    def source() -> Iterator[str]:
        yield "a"
        scene.reader.has_left = True
        scene.at(1)
        assert scene.worker.wakes == 1
        yield "into the void"

    scene.send(text(source()))
    assert scene.wire == "data: a\n\n"
    assert scene.exchange.outcome == "reader_left"


def test_a_departure_is_noticed_by_a_write(scene: Scene) -> None:
    def broken(_piece: bytes) -> None:
        raise ConnectionError

    scene.exchange._reply._start_response = lambda *_: broken
    scene.send(text(["a"]))
    assert scene.exchange.outcome == "reader_left"


def test_a_heartbeat_that_meets_a_departure_does_not_end_the_watcher(scene: Scene) -> None:
    def gone(_piece: bytes) -> None:
        raise ConnectionError

    def source() -> Iterator[str]:
        yield "a"
        scene.exchange._reply._write = gone
        scene.at(20)
        assert [exchange.outcome for exchange in scene.reports] == ["reader_left"]
        yield "b"

    scene.send(text(source()))
    assert scene.wire == "data: a\n\n"


def test_the_end_does_not_wait_for_a_thread_that_does_not_come_back(scene: Scene) -> None:
    def source() -> Iterator[str]:
        yield "a"
        scene.at(60)
        assert scene.reader.finished
        assert [exchange.outcome for exchange in scene.reports] == ["upstream_timeout"]
        scene.at(61)
        assert scene.worker.wakes == 2, "it is woken again and again, for it may ask upstream once more"
        yield "too late"

    scene.send(text(source()))
    scene.exchange.close()
    scene.at(62)
    assert scene.worker.wakes == 2
    assert "too late" not in scene.wire
    assert len(scene.reports) == 1


def test_a_complete_answer_is_left_to_its_thread(scene: Scene) -> None:
    scene.send(text(["a"]))
    scene.at(1)
    assert (scene.worker.wakes, scene.reader.finished) == (0, False)


def test_a_handler_that_blocks_is_under_the_same_watch() -> None:
    scene = Scene(early=True)
    scene.at(5)
    scene.at(20)
    assert scene.wire == ": \n: \n"
    scene.send(text(["a"]))
    assert scene.wire == ": \n: \ndata: a\n\ndata: [DONE]\n\n"
    assert scene.heads == ["200 OK"]


def test_what_the_handler_has_returned_is_begun_and_nothing_made_up() -> None:
    scene = Scene(early=True)

    def source() -> Iterator[str]:
        scene.at(5)
        assert scene.wire == ": \n"
        assert scene.exchange.answer is returned
        yield "a"

    returned = text(source())
    scene.send(returned)
    assert scene.wire == ": \ndata: a\n\ndata: [DONE]\n\n"


def test_without_a_wish_for_events_a_blocking_handler_commits_to_nothing(scene: Scene) -> None:
    scene.at(59)
    assert scene.heads == []
    scene.at(60)
    assert scene.heads == ["504 Gateway Timeout"]


def test_a_response_of_the_servers_own_can_be_claimed_only_while_nothing_was_sent() -> None:
    scene = Scene(early=True)
    assert scene.exchange.claim()
    scene.at(6)
    assert scene.heads == [], "what is claimed is not begun by the watcher"
    scene.exchange.release(200)
    scene.at(1000)
    assert scene.heads == []
    scene = Scene(early=True)
    scene.at(5)
    assert not scene.exchange.claim()
    scene = Scene()
    scene.at(100)
    with pytest.raises(Interrupted):
        scene.exchange.claim()


def test_what_the_server_cannot_send_is_the_functions_failure(scene: Scene) -> None:
    def start(status: str, _headers: object) -> Callable[[bytes], object]:
        if status == "200 OK":
            raise UnicodeEncodeError("latin-1", "\u2013", 0, 1, "no")
        scene.heads.append(status)
        return scene.sent.append

    scene.exchange._reply._start_response = start
    scene.send(text(["a"]))
    assert scene.heads == ["500 Internal Server Error"]
    assert scene.exchange.outcome == "internal_error"


def test_an_error_page_is_not_padded(scene: Scene) -> None:
    def source() -> Iterator[str]:
        raise ConnectionResetError
        yield

    answer = text(source())
    answer.padding = Padding()
    scene.send(answer)
    assert scene.heads == ["502 Bad Gateway"]
    assert json.loads(scene.wire)["error"]["code"] == "upstream_unreachable"
    assert len(scene.wire) < 1024


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, RuntimeError])
def test_whatever_a_source_raises_is_told(scene: Scene, error: type[BaseException]) -> None:
    def source() -> Iterator[str]:
        yield "a"
        raise error

    scene.send(text(source()))
    assert '"code": "internal_error"' in scene.wire


def test_a_stuck_reader_is_dropped(scene: Scene) -> None:
    scene.reader.waiting = (5, 1.0)

    def source() -> Iterator[str]:
        yield "a"
        scene.at(1)
        scene.at(30)
        assert not scene.reader.aborted
        scene.at(31)
        assert scene.reader.aborted
        yield "b"

    scene.send(text(source()))
    assert scene.exchange.outcome == "write_stalled"
    assert ": \n" not in scene.wire, "a reader with bytes to take needs no heartbeat"


def test_a_writer_that_is_stuck_is_freed_by_the_watcher(scene: Scene) -> None:
    scene.reader.waiting = (5, 1.0)

    def stuck(_piece: bytes) -> None:
        scene.at(1)
        scene.at(31)
        assert scene.reader.aborted
        raise ConnectionError

    scene.exchange._reply._start_response = lambda *_: stuck
    scene.send(text(["a"]))
    assert scene.exchange.outcome == "write_stalled"


def test_a_document_waits_for_its_end_without_heartbeats(scene: Scene) -> None:
    def source() -> Iterator[str]:
        yield "a"
        scene.at(30)
        assert scene.heads == []
        yield "b"

    scene.send(Answer(source(), Document(), answer.DOCUMENT))
    assert json.loads(scene.wire)["text"] == "ab"


def test_an_answer_without_words_for_its_failure_is_broken_off(scene: Scene) -> None:
    class Mute(Answer):
        def error(self, *_: str) -> bytes:
            return b""

    def source() -> Iterator[str]:
        yield "a"
        raise ValueError

    scene.send(Mute(source(), Text(), answer.EVENT_STREAM))
    assert scene.reader.aborted

"""The start: the port is open before the handler is there, and who comes early waits for it."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.gate import Gate
from tests.faults.process import wait_until_gone
from tests.faults.reader import BEAT, DOCUMENT, PAGE, Reader
from tests.fronts import DIRECT, Front, lay_out, serve
from tests.platform.deadline import wait_until
from tests.platform.ports import free_port, is_open
from tests.platform.running import Running
from tests.platform.watchdogs import Watchdog

FAST = {"commit_after": "200ms", "heartbeat_interval": "100ms"}


class Late:
    """A function whose import waits at a gate, and then comes to its `end`."""

    def __init__(self, folder: Path, end: str = "") -> None:
        self.gate = Gate(folder)
        source = f"from faas_stream import stream\nopen({str(self.gate.path)!r}).read()\n{end}\n"
        self.folder = lay_out(folder / "fn", source + "def handle(req):\n    return stream([req])\n")

    @contextmanager
    def importing(self, front: Front, **settings: str) -> Iterator[Running]:
        """The process, while it waits."""
        with serve(front, self.folder, FAST | settings) as running:
            self.gate.wait_until_reached()
            yield running


def test_who_comes_before_the_handler_is_loaded_is_answered_by_it(front: Front, tmp_path: Path) -> None:
    late = Late(tmp_path)
    with (
        late.importing(front) as running,
        Reader(running, body="early") as reader,
        Reader(running, body="early", accept=DOCUMENT) as document,
        Reader(running, method="HEAD") as head,
    ):
        reader.until(BEAT * 3)
        late.gate.open()
        assert reader.rest().endswith(b"data: early\n\ndata: [DONE]\n\n")
        assert (document.status, b'"text": "early"' in document.rest()) == (200, True)
        assert head.status == 200
        assert [reader.record()["outcome"], document.record()["outcome"]] == ["complete"] * 2


def test_limits_apply_to_who_waits_for_the_handler(front: Front, tmp_path: Path) -> None:
    late = Late(tmp_path)
    with late.importing(front, stream_timeout="1s", max_streams="3") as running:
        readers = [Reader(running), Reader(running, accept=DOCUMENT)]
        leaver = Reader(running)
        leaver.until(BEAT)
        with Reader(running) as refused:
            assert (refused.status, refused.code()) == (429, "at_capacity")
        leaver.leave()
        assert leaver.record()["outcome"] == "reader_left"
        for reader, status in zip(readers, (200, 504), strict=True):
            with reader:
                assert (reader.status, reader.code()) == (status, "deadline_exceeded")
                assert reader.record()["outcome"] == "deadline_exceeded"


def test_the_lock_file_is_there_when_the_port_is_open_and_not_before(front: Front, tmp_path: Path) -> None:
    late = Late(tmp_path)
    with serve(front, late.folder, until="spawned") as running:
        port = int(running.upstream_url.rpartition(":")[2])
        wait_until(running.lock_file.exists, "the lock file is there", 20)
        assert is_open(port)
        late.gate.wait_until_reached()
        if isinstance(front, Watchdog):
            running.wait_until_healthy()


def test_the_lock_file_is_left_to_the_watchdog_unless_it_is_told_otherwise(tmp_path: Path) -> None:
    with serve(
        DIRECT, lay_out(tmp_path / "fn", "def handle(req):\n    return req\n"), suppress_lock="false"
    ) as running:
        with Reader(running, method="GET", accept=PAGE) as reader:
            assert reader.status == 200
        assert not running.lock_file.exists()


BROKEN = {
    "raises": ("raise RuntimeError('no model')", "RuntimeError: no model"),
    "leaves": ("import sys; sys.exit(0)", "SystemExit"),
    "lacks a package": ("import no_such_package", "No module named 'no_such_package'"),
    "has a secret missing": ("from faas_stream import secret; secret('no-such')", "faas-cli secret create no-such"),
    "is not Python": ("def (", "SyntaxError"),
    "has no handle": ("", "handle"),
}


@pytest.mark.parametrize(("source", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_handler_that_cannot_be_imported_ends_the_process_with_its_traceback(
    tmp_path: Path, source: str, reason: str
) -> None:
    with serve(DIRECT, lay_out(tmp_path / "fn", source), until="spawned") as running:
        assert running.wait(20) == 1
        assert any("Traceback" in line for line in running.output("stderr"))
        assert any(reason in line for line in running.output("stderr"))


def test_who_waits_for_a_handler_that_cannot_be_imported_is_told(front: Front, tmp_path: Path) -> None:
    late = Late(tmp_path, "raise RuntimeError('no model')")
    with (
        late.importing(front) as running,
        Reader(running) as reader,
        Reader(running, accept=DOCUMENT) as document,
    ):
        reader.until(BEAT)
        late.gate.open()
        assert (reader.status, reader.code()) == (200, "internal_error")
        assert (document.status, document.code()) == (500, "internal_error")
        assert running.wait(20) == 1
        assert {reader.record()["outcome"], document.record()["outcome"]} == {"internal_error"}
        wait_until_gone(running)


def test_a_watchdog_that_is_killed_leaves_no_process_that_still_imports(watchdog: Watchdog, tmp_path: Path) -> None:
    with Late(tmp_path).importing(watchdog) as running:
        running.signal(signal.SIGKILL)
        running.process.wait(10)
        wait_until_gone(running)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_an_import(tmp_path: Path, number: signal.Signals) -> None:
    with Late(tmp_path).importing(DIRECT) as running:
        running.signal(number)
        wait_until(lambda: not is_open(running.port), "the port is closed")
        running.signal(number)
        assert running.wait() != 0


def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "fn", "def handle(req):\n    return req\n")
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        address = f"http://127.0.0.1:{port}"
        with serve(DIRECT, folder, until="spawned", upstream_url=address) as running:
            assert running.wait() == 1
            (line,) = running.output()
            assert f"127.0.0.1:{port}" in line
            assert "upstream_url" in line

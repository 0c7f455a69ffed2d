"""T10: what the watchdog prints itself, and how it treats the function's lines."""

import pytest

from tests.platform.caller import STREAM, Caller
from tests.platform.processes import PLACEHOLDER, child
from tests.platform.running import Running
from tests.platform.upstream import Upstream
from tests.platform.watchdogs import Watchdog

DATE = r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d"


def test_a_plain_call_is_logged_with_its_status(running: Running, upstream: Upstream) -> None:
    with Caller(running.port).ask("/missing?q=1"):
        upstream.accept().answer(b"no", "404 Not Found")
        running.wait_for_line(rf"^{DATE} GET /missing\?q=1 - 404 Not Found - ContentLength: 2B \(\d\.\d+s\)$")


def test_a_stream_is_logged_as_200_and_0_bytes_whatever_it_was(running: Running, upstream: Upstream) -> None:
    with Caller(running.port).ask("/missing", STREAM):
        upstream.accept().answer(b"no", "404 Not Found")
        running.wait_for_line(rf"^{DATE} GET /missing - 200 - Bytes: 0B \(\d\.\d+s\)$")


def test_an_aborted_stream_is_not_logged(running: Running, upstream: Upstream) -> None:
    with Caller(running.port).ask("/aborted", STREAM) as caller:
        call = upstream.accept()
        call.start()
        call.send(b"data: 1\n\n")
        assert caller.response().read1()
        call.cut()
    with Caller(running.port).ask("/next", STREAM):
        upstream.accept().answer()
        running.wait_for_line("GET /next")
    assert not [line for line in running.output() if "/aborted" in line]


def test_a_kubernetes_probe_is_not_logged(running: Running, upstream: Upstream) -> None:
    for target, agent in (("/probe", "kube-probe/1.30"), ("/next", "curl")):
        with Caller(running.port).ask(target, (("User-Agent", agent),)) as caller:
            upstream.accept().answer()
            assert caller.response().status == 200
    running.wait_for_line("GET /next")
    assert not [line for line in running.output() if "/probe" in line]


@pytest.mark.parametrize(
    ("setting", "end"),
    [({"log_callid": "true"}, r" \[call-7\]"), ({"log_call_id": "true"}, ""), ({}, "")],
    ids=["log_callid", "log_call_id", "unset"],
)
def test_log_callid_names_the_call(watchdog: Watchdog, upstream: Upstream, setting: dict[str, str], end: str) -> None:
    env = {"upstream_url": upstream.url, **setting}
    with watchdog.start(PLACEHOLDER, env=env) as running, Caller(running.port).ask(headers=(("X-Call-Id", "call-7"),)):
        upstream.accept().answer()
        running.wait_for_line(rf"GET / - 200 OK - .*s\){end}$")


def test_lines_of_the_function_come_on_their_own_stream_with_a_prefix(watchdog: Watchdog) -> None:
    with watchdog.start(**child("speak")) as running:
        for stream in ("stdout", "stderr"):
            running.wait_for_line(rf"^{DATE} {stream}: said on {stream}$", stream=stream)


@pytest.mark.parametrize("value", ["false", "0", "F"])
def test_without_prefix_logs_lines_come_as_they_are(watchdog: Watchdog, value: str) -> None:
    with watchdog.start(**child("speak"), env={"prefix_logs": value}) as running:
        for stream in ("stdout", "stderr"):
            running.wait_for_line(rf"^said on {stream}$", stream=stream)


@pytest.mark.parametrize(
    ("size", "settings"),
    [(65_535, {}), (65_536, {"log_buffer_size": "65537"}), (200_000, {"log_buffer_size": "-1"})],
)
def test_a_line_that_fits_is_passed_on(watchdog: Watchdog, size: int, settings: dict[str, str]) -> None:
    env = {"prefix_logs": "false", **settings}
    with watchdog.start(**child(f"say_long {size}"), env=env) as running:
        running.wait_for_line("^200 KiB written$")
        assert running.wait_for_line("^xx") == "x" * size


@pytest.mark.parametrize(("size", "settings"), [(65_536, {}), (100, {"log_buffer_size": "100"})])
def test_a_line_that_does_not_fit_blocks_the_function_64_kib_later(
    watchdog: Watchdog, size: int, settings: dict[str, str]
) -> None:
    with watchdog.start(**child(f"say_long {size}"), env=settings) as running:
        running.wait_for_line("60 KiB written")
        with pytest.raises(AssertionError, match="no line"):
            running.wait_for_line("80 KiB written", timeout_s=0.4)
        with Caller(running.port).ask("/_/health") as caller:
            assert caller.response().status == 200
        assert not [line for line in running.output("stdout") if "yyy" in line]


def test_a_last_line_without_a_newline_is_passed_on(watchdog: Watchdog) -> None:
    with watchdog.start(**child("end_without_newline")) as running:
        running.wait_for_line("stdout: no newline$")


def test_a_last_line_without_a_newline_is_lost_where_lines_have_no_limit(watchdog: Watchdog) -> None:
    with watchdog.start(**child("end_without_newline"), env={"log_buffer_size": "-1"}) as running:
        running.wait_for_line("stdout is closed")
        running.wait_for_line("a whole line")
        with pytest.raises(AssertionError, match="no line"):
            running.wait_for_line("no newline", timeout_s=0.2)

"""How fprocess is started, and what its end does."""

import subprocess
from pathlib import Path

import pytest

from tests.platform.caller import STREAM, Caller
from tests.platform.deadline import wait_until
from tests.platform.processes import PLACEHOLDER, Command, child
from tests.platform.upstream import Upstream, closed_port
from tests.platform.watchdogs import Watchdog


def test_a_command_is_split_on_single_spaces_and_gets_the_whole_environment(watchdog: Watchdog) -> None:
    with watchdog.start(**child("echo a  'b c'"), env={"GREETING": "good morning"}) as running:
        running.wait_for_line("""arguments \\['a', '', "'b", "c'"\\]""")
        running.wait_for_line("greeting 'good morning'")


def test_the_longer_names_of_settings_win(watchdog: Watchdog, upstream: Upstream) -> None:
    env = {"fprocess": "false", "function_process": "cat", "upstream_url": "http://127.0.0.1:9"}
    with (
        watchdog.start(PLACEHOLDER, env={**env, "http_upstream_url": upstream.url}, until="healthy") as running,
        Caller(running.port).ask() as caller,
    ):
        upstream.accept().answer(b"here")
        assert caller.response().read() == b"here"


@pytest.mark.parametrize(
    "command", [child("end 3"), Command(command="no-such-command", cwd=Path())], ids=["fails", "is not there"]
)
def test_a_process_that_fails_ends_the_watchdog(watchdog: Watchdog, command: Command) -> None:
    with watchdog.start(**command, until="spawned") as running:
        assert running.wait() == 1


def test_a_process_that_ends_well_leaves_a_healthy_watchdog_before_nothing(watchdog: Watchdog) -> None:
    with closed_port() as nobody, watchdog.start(**child("end 0"), env={"upstream_url": nobody}) as running:
        wait_until(lambda: running.processes() == {running.process.pid}, "the process has ended")
        running.wait_until_healthy()
        for headers, status in ((STREAM, 200), ((), 500)):
            with Caller(running.port).ask(headers=headers) as caller:
                response = caller.response()
                assert (response.status, response.read()) == (status, b"")


def test_the_end_of_the_watchdog_is_the_end_of_its_childs_stdin(watchdog: Watchdog, tmp_path: Path) -> None:
    note = tmp_path / "note"
    with watchdog.start(**child(f"outlive {note}"), env={"healthcheck_interval": "300ms"}) as running:
        running.wait_for_line("outlive is ready")
        running.terminate()
        with pytest.raises(subprocess.TimeoutExpired):
            running.process.wait(0.2)
        assert not note.exists()
        assert running.wait() == 0
        wait_until(note.exists, "the child, which outlives the watchdog, sees its stdin end")

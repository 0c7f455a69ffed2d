"""`./scripts/run`, as a user runs it, from the printed addresses to the end of all processes."""

import re
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.platform.deadline import wait_until
from tests.platform.turn import turn
from tests.platform.watchdogs import Watchdog
from tests.project import ANSWERS, ROOT, SOURCES, Checkout, Project, ask

END_OF_ANSWER = re.compile(r"^(data: \[DONE\]|event: end\ndata: .*)\n\n\Z", re.MULTILINE)
"""How only a complete answer ends, in the formats of the examples."""


def test_functions_are_served_on_ports_from_n_up_in_the_order_of_the_stack(project: Project) -> None:
    project.add("second-by-name", ANSWERS.format(answer="first"))
    project.add("first-by-name", ANSWERS.format(answer="second"))
    with project.serve() as running:
        assert [ask(project.port), ask(project.port + 1)] == ["first", "second"]
        assert f"second-by-name  http://localhost:{project.port}" in running.output()


def test_only_the_functions_named_are_served_in_that_order(project: Project) -> None:
    for name in ("a", "b", "c"):
        project.add(name, ANSWERS.format(answer=name))
    with project.serve("c", "a"):
        assert [ask(project.port), ask(project.port + 1)] == ["c", "a"]
        assert not (project.root / "build/.dev/1/b").exists()


def test_the_first_function_is_behind_the_watchdog(project: Project, watchdog: Watchdog) -> None:
    project.add("a", ANSWERS.format(answer="a"))
    project.add("b", ANSWERS.format(answer="b"))
    with turn(), project.serve(OF_WATCHDOG=str(watchdog.binary)) as running:
        assert f"a  http://localhost:{project.port}  behind of-watchdog" in running.output()
        assert [ask(project.port), ask(project.port + 1)] == ["a", "b"]
        with urllib.request.urlopen(f"http://localhost:{project.port}/_/health", timeout=60) as health:
            assert health.status == 200
        running.signal(signal.SIGINT)
        assert running.wait() == 0
    assert project.processes() == []


def test_without_its_metrics_port_the_watchdog_is_left_out(project: Project) -> None:
    project.add("a")
    with turn(), socket.create_server(("127.0.0.1", 8081)), project.serve(OF_WATCHDOG="true") as running:
        running.wait_for_line("Without of-watchdog: port 8081, where it serves its metrics, is taken")
        assert ask(project.port) == "hello"


def test_printed_commands_work_as_they_are(tmp_path: Path) -> None:
    project = Checkout(tmp_path)
    project.use_venv()
    shutil.copytree(ROOT / "functions", project.root / "functions", ignore=SOURCES)
    shutil.copy(ROOT / "stack.yaml", project.root)
    with project.serve(mock_tokens_per_second="0", mock_time_to_first_token="0") as running:
        assert "No key in .secrets/openai-api-key: answers come from mock-openai." in running.output()
        commands = [line.strip() for line in running.output() if line.startswith("  curl ")]
        assert len(commands) >= 3
        for command in commands:
            done = subprocess.run(command, shell=True, cwd="/", capture_output=True, text=True, timeout=30)
            assert done.returncode == 0
            assert done.stdout.count("data: ") > 5
            assert END_OF_ANSWER.search(done.stdout), command


def test_a_line_of_a_function_comes_out_under_its_name(project: Project) -> None:
    project.add("talker", "print('ready', flush=True)\n\ndef handle(req):\n    return ''\n")
    with project.serve() as running:
        running.wait_for_line(r"^talker \| ready$", stream="stdout")


STUBBORN = """
import subprocess

subprocess.Popen(["sh", "-c", "trap '' TERM; echo stubborn; sleep 600"])

def handle(req):
    return ""
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_end_leaves_nothing_behind(project: Project, number: signal.Signals) -> None:
    project.add("a", STUBBORN)
    project.add("b")
    temporary = project.root / "temporary"
    temporary.mkdir()
    with project.serve(TMPDIR=str(temporary)) as running:
        running.wait_for_line("stubborn")
        running.signal(number)
        assert running.wait() == 0
    assert project.processes() == []
    assert list(temporary.iterdir()) == []


def test_a_runner_that_is_killed_takes_its_functions_with_it(project: Project) -> None:
    project.add("a")
    with project.serve() as running:
        assert len(project.processes()) == 5, "the runner, the function, the mock, and the guards of these two"
        running.signal(signal.SIGKILL)
        running.wait()
        wait_until(lambda: project.processes() == [], "nothing runs any more")


def test_the_callers_environment_wins_over_the_stack(project: Project) -> None:
    handler = "import os\n\ndef handle(req):\n    return os.environ['color'] + os.environ['shape']\n"
    project.add("a", handler, stack="    environment:\n      color: red\n      shape: round\n")
    with project.serve(color="blue"):
        assert ask(project.port) == "blueround"


def test_the_second_start_installs_nothing_and_needs_no_registry(project: Project) -> None:
    project.add("mock-openai")
    with project.serve():
        pass
    nowhere = "http://127.0.0.1:9/simple"
    with project.serve(PIP_INDEX_URL=nowhere, UV_INDEX_URL=nowhere, UV_DEFAULT_INDEX=nowhere) as running:
        assert not [line for line in running.output() if line.startswith(("Making", "Installing"))]


def test_closed_asks_for_a_token_that_it_makes_and_its_commands_send_it(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.use_venv()
    shutil.copytree(ROOT / "functions", project.root / "functions", ignore=SOURCES)
    shutil.copy(ROOT / "stack.yaml", project.root)
    with project.serve("--closed", mock_tokens_per_second="0", mock_time_to_first_token="0") as running:
        tokens = project.root / ".secrets" / "callers"
        assert tokens.stat().st_mode & 0o777 == 0o600
        assert tokens.read_text().strip() not in "\n".join(running.output())
        assert running.wait_for_line(r"^A new token is in \.secrets/callers")
        with pytest.raises(urllib.error.HTTPError, match="401"):
            ask(project.port)
        commands = [line.strip() for line in running.output() if line.startswith("  curl ")]
        assert sum("Bearer $(awk" in command for command in commands) >= 4
        tokens.write_text(f"# of this machine\n\n{tokens.read_text().strip()} # mine\nanother\n")
        for command in commands:
            done = subprocess.run(command, shell=True, cwd=project.root, capture_output=True, text=True, timeout=30)
            assert END_OF_ANSWER.search(done.stdout), command
        before = tokens.read_text()
    with project.serve("stream-file", "--closed"):
        assert tokens.read_text() == before

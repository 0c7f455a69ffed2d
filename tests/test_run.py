"""`./scripts/run`, as a user runs it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.platform.deadline import wait_until
from tests.platform.turn import turn
from tests.platform.watchdogs import Watchdog
from tests.project import ANSWERS, LANG, ROOT, SOURCES, Checkout, Project

END_OF_ANSWER = re.compile(r"^(data: \[DONE\]|event: end\ndata: .*)\n\n\Z", re.MULTILINE)
"""How only a complete answer ends, in the formats of the examples."""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Checkout(tmp_path)
    made.use_venv()
    return made


def ask(port: int) -> str:
    with urllib.request.urlopen(f"http://localhost:{port}", data=b"hi", timeout=10) as response:
        text: str = response.read().decode()
    return text


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
        with urllib.request.urlopen(f"http://localhost:{project.port}/_/health", timeout=10) as health:
            assert health.status == 200
        running.signal(signal.SIGINT)
        assert running.wait() == 0
    assert project.processes() == []


def test_without_its_metrics_port_the_watchdog_is_left_out(project: Project) -> None:
    project.add("a")
    with turn(), socket.create_server(("127.0.0.1", 8081)), project.serve(OF_WATCHDOG="true") as running:
        running.wait_for_line("Without of-watchdog: port 8081, where it serves its metrics, is taken")
        assert ask(project.port) == "hello"


def test_the_port_of_the_watchdogs_metrics_is_given_to_no_function(project: Project) -> None:
    project.add("a")
    project.port = 8081
    message = project.refuse(OF_WATCHDOG="true")
    assert message.startswith("scripts/run: port 8081 is where of-watchdog serves its metrics; choose another")


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


def test_a_changed_file_restarts_its_function_alone(project: Project) -> None:
    handler = project.add("a", ANSWERS.format(answer="old"))
    project.add("b", "import os\n\ndef handle(req):\n    return str(os.getpid())\n")
    with project.serve() as running:
        other_process = ask(project.port + 1)
        handler.write_text(ANSWERS.format(answer="new answer"))
        assert running.wait_for_line("changed, starting again") == "a: handler.py changed, starting again"
        running.wait_for_line(f"a serves again on http://localhost:{project.port}")
        assert ask(project.port) == "new answer"
        assert ask(project.port + 1) == other_process


def test_a_changed_template_restarts_every_function(project: Project) -> None:
    project.add("a")
    project.add("b")
    with project.serve() as running:
        (project.root / "template" / LANG / "new.py").touch()
        running.wait_for_line("^a serves again")
        running.wait_for_line("^b serves again")
        assert (project.root / "build/.dev/1/b/new.py").exists()


def test_a_function_that_ends_is_reported_and_starts_again_when_it_is_fixed(project: Project) -> None:
    handler = project.add("broken", "raise RuntimeError('no luck')\n")
    project.add("whole")
    with project.serve() as running:
        running.wait_for_line(
            r"^broken has ended \(exit code 1\); it starts again when its files change", stream="stderr"
        )
        running.wait_for_line("^    RuntimeError: no luck", stream="stderr")
        assert ask(project.port + 1) == "hello"
        handler.write_text(ANSWERS.format(answer="fixed"))
        running.wait_for_line("^broken serves again")
        assert ask(project.port) == "fixed"


def test_requirements_that_changed_are_installed_and_a_failure_leaves_the_others_alone(project: Project) -> None:
    handler = project.add("a")
    project.add("b")
    with project.serve() as running:
        (handler.parent / "requirements.txt").write_text("./nowhere\n")
        running.wait_for_line(r"^a: pip could not install functions/a/requirements.txt: .*nowhere", 30, "stderr")
        assert ask(project.port + 1) == "hello"
        (handler.parent / "requirements.txt").write_text("# nothing\n")
        running.wait_for_line("^a serves again", 30)


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
        assert len(project.processes()) == 3, "the runner, the function and the mock"
        running.signal(signal.SIGKILL)
        running.wait()
        wait_until(lambda: project.processes() == [], "nothing runs any more")


def test_the_callers_environment_wins_over_the_stack(project: Project) -> None:
    handler = "import os\n\ndef handle(req):\n    return os.environ['color'] + os.environ['shape']\n"
    project.add("a", handler, stack="    environment:\n      color: red\n      shape: round\n")
    with project.serve(color="blue"):
        assert ask(project.port) == "blueround"


TELLS_UPSTREAM = """
import os
from faas_stream import secret

def handle(req):
    return [os.environ.get("openai_base_url"), os.environ.get("OPENAI_BASE_URL"), secret("openai-api-key")]
"""


def mock_and_asker(project: Project) -> None:
    project.add("mock-openai")
    project.add("asker", TELLS_UPSTREAM)


def test_without_a_key_functions_ask_a_mock_that_nobody_named(project: Project) -> None:
    mock_and_asker(project)
    with project.serve("asker") as running:
        url = running.wait_for_line("^mock-openai  http").split()[-1].replace("localhost", "127.0.0.1")
        assert url != f"http://127.0.0.1:{project.port + 1}"
        assert ask(project.port) == f'["{url}/v1","{url}/v1","mock"]\n'


@pytest.mark.parametrize(("key", "asks_mock"), [("sk-real\n", False), ("", True), ("\n", True)])
def test_a_real_key_is_used_and_an_empty_one_is_none(project: Project, key: str, asks_mock: bool) -> None:
    mock_and_asker(project)
    earlier = project.root / "build/.dev/1/.secrets"
    earlier.mkdir(parents=True)
    (earlier / "openai-api-key").write_text("mock\n")
    (project.root / ".secrets").mkdir()
    (project.root / ".secrets/openai-api-key").write_text(key)
    with project.serve("asker") as running:
        assert any(line.startswith("mock-openai  http") for line in running.output()) == asks_mock
        assert ('"mock"' in ask(project.port)) == asks_mock


@pytest.mark.parametrize("variable", ["openai_base_url", "azure_endpoint"])
def test_an_upstream_of_the_users_own_is_left_as_it_is(project: Project, variable: str) -> None:
    project.add("mock-openai")
    project.add("asker", f"import os\n\ndef handle(req):\n    return os.environ[{variable!r}]\n")
    with project.serve("asker", **{variable: "http://127.0.0.1:9/v1"}) as running:
        assert ask(project.port) == "http://127.0.0.1:9/v1"
        assert not any("mock-openai" in line for line in running.output())


def test_the_second_start_installs_nothing_and_needs_no_registry(project: Project) -> None:
    project.add("mock-openai")
    with project.serve():
        pass
    nowhere = "http://127.0.0.1:9/simple"
    with project.serve(PIP_INDEX_URL=nowhere, UV_INDEX_URL=nowhere, UV_DEFAULT_INDEX=nowhere) as running:
        assert not [line for line in running.output() if line.startswith(("Making", "Installing"))]


def test_a_function_that_does_not_exist_is_one_line(project: Project) -> None:
    project.add("a")
    project.add("b")
    assert project.refuse("c") == "scripts/run: stack.yaml has no function 'c'; it has: a, b"


def test_a_taken_port_is_one_line(project: Project) -> None:
    project.add("a")
    with socket.create_server(("127.0.0.1", project.port)):
        message = project.refuse()
    expected = f"port {project.port} is taken; end what listens there, or choose other ports with --port N"
    assert message == f"scripts/run: {expected}"


def test_a_failing_install_is_one_line(project: Project) -> None:
    handler = project.add("a")
    (handler.parent / "requirements.txt").write_text("./nowhere\n")
    message = project.refuse()
    assert message.startswith("scripts/run: pip could not install functions/a/requirements.txt: ")
    assert message.endswith("All it said is in .venv/pip.log")
    assert "\n" not in message


def test_a_missing_handler_folder_is_one_line(project: Project) -> None:
    handler = project.add("a")
    shutil.rmtree(handler.parent)
    message = "scripts/run: function 'a': its handler folder ./functions/a does not exist"
    assert project.refuse() == message


def test_a_template_whose_program_is_missing_is_one_line(project: Project) -> None:
    project.add("a")
    (project.root / "template" / LANG / "template.yml").write_text("fprocess: no-such-program index.js\n")
    message = project.refuse()
    assert message.startswith("scripts/run: a cannot be started with 'no-such-program', its template's fprocess: ")
    assert "\n" not in message


def test_a_watchdog_that_is_not_there_is_one_line(project: Project) -> None:
    project.add("a")
    message = project.refuse(OF_WATCHDOG="/nowhere/of-watchdog")
    assert message.startswith("scripts/run: OF_WATCHDOG names '/nowhere/of-watchdog', which is not a program")


OLD_PYTHON = """#!/bin/sh
case "$1" in
-V) echo {version} ;;
-c) exec {real} -c "import sys; sys.version_info = (3, 10, 12); $2" ;;
*) echo "was started with $*" >&2 ;;
esac
"""


@pytest.mark.parametrize(("version", "expected"), [("Python 3.10.12", "Python 3.10.12"), (None, "none")])
def test_a_python_too_old_or_missing_is_one_line(tmp_path: Path, version: str | None, expected: str) -> None:
    project = Checkout(tmp_path / "project")
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sh", "dirname"):
        (programs / name).symlink_to(shutil.which(name) or name)
    if version:
        old = programs / "python3"
        old.write_text(OLD_PYTHON.format(version=version, real=sys.executable))
        old.chmod(0o755)
    message = project.refuse(PATH=str(programs))
    assert message.startswith(f"Python 3.11 or newer is needed, found: {expected}. ")
    assert "\n" not in message


def test_a_python_without_venv_is_one_line(tmp_path: Path) -> None:
    project = Checkout(tmp_path / "project")
    absent = tmp_path / "sitecustomize.py"
    absent.write_text("import sys\nsys.modules['ensurepip'] = None\n")
    message = project.refuse(PYTHONPATH=str(tmp_path), PATH=os.environ["PATH"])
    assert message.startswith("scripts/run: Python 3.")
    assert message.endswith("-venv")
    assert "apt-get install python3." in message
    assert "\n" not in message


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

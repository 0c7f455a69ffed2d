"""If a function cannot start, the last line of its log says what to do."""

import sys
from pathlib import Path

import httpx
import pytest

from tests.faults.mounts import with_mounts
from tests.fronts import DIRECT, Front, lay_out, serve
from tests.platform.running import Running

ANSWERS = "def handle(req):\n    return f'{len(req)} characters'\n"
OWN = {"history.py": "turns = []\n"}
CASES: dict[str, tuple[dict[str, str], str]] = {
    "no handle": ({"handler.py": "def handler(req): ...\n"}, "add `def handle(req): …`"),
    "handle without req": (
        {"handler.py": "def handle(): ...\n"},
        "handle() cannot be called with one argument, the request's body: write `def handle(req): …`",
    ),
    "async handle without req": (
        {"handler.py": "async def handle(): ...\n"},
        "handle() cannot be called with one argument, the request's body: write `async def handle(req): …`",
    ),
    "handle of another template": (
        {"handler.py": "def handle(event, context): ...\n"},
        "handle(event, context) cannot be called with one argument",
    ),
    "syntax error": (
        {"handler.py": "def handle(req)\n    return req\n"},
        f"function/handler.py, line 1, is not Python {sys.version.split()[0]} (expected ':'): correct it.",
    ),
    "syntax error in another file": (
        {"handler.py": "from .history import turns\n", "history.py": "turns = [\n"},
        f"function/history.py, line 1, is not Python {sys.version.split()[0]} ('[' was never closed): correct it.",
    ),
    "missing package": (
        {"handler.py": "import no_such_package\n"},
        "Add the package that has the module no_such_package to requirements.txt, next to handler.py. "
        "It is probably no-such-package.",
    ),
    "missing package with another name": (
        {"handler.py": "from MySQLdb import connect\n"},
        "Add the package that has the module MySQLdb to requirements.txt, next to handler.py. "
        "It is probably mysqlclient.",
    ),
    "missing package, by a file of the function": (
        {"handler.py": "from . import history\n", "history.py": "import serial.tools\n"},
        "Add the package that has the module serial to requirements.txt, next to handler.py. It is probably serial.",
    ),
    "own module by its bare name": (
        {"handler.py": "import history\n", **OWN},
        "history is in the function's own folder: write `from . import history`, or `from .history import …`.",
    ),
    "own module that is not there": (
        {"handler.py": "from .histroy import turns\n", **OWN},
        "There is no function/histroy.py: add it to the function's folder, or correct its name where it is imported.",
    ),
    "module of faas_stream that is not there": (
        {"handler.py": "from faas_stream.streams import stream\n"},
        "faas_stream has no module faas_stream.streams: correct its name.",
    ),
}


def end_of(running: Running) -> str:
    assert running.wait() == 1
    return running.output("stderr")[-1]


@pytest.mark.parametrize(("files", "expected"), CASES.values(), ids=CASES)
def test_a_handler_that_cannot_be_loaded_ends_with_what_to_do(
    tmp_path: Path, files: dict[str, str], expected: str
) -> None:
    folder = lay_out(tmp_path / "fn", files["handler.py"])
    for name, text in files.items():
        (folder / "function" / name).write_text(text)
    with serve(DIRECT, folder, until="spawned") as running:
        assert expected in end_of(running)
        assert any("Traceback" in line for line in running.output("stderr"))


def test_a_misspelled_auth_secret_ends_the_process_with_one_line(tmp_path: Path) -> None:
    with serve(DIRECT, lay_out(tmp_path / "fn", ANSWERS), AUTH_SECRET="a-token", until="spawned") as running:
        assert "has AUTH_SECRET, which is not a setting: did you mean auth_secret?" in end_of(running)
        assert "a-token" not in "".join(running.output())
        assert len(running.output()) == 1


def test_another_misspelled_setting_is_a_warning_and_the_function_serves(tmp_path: Path) -> None:
    with serve(DIRECT, lay_out(tmp_path / "fn", ANSWERS), heartbeat_intervall="1s") as running:
        running.wait_for_line("^Warning: the environment has heartbeat_intervall, .* did you mean heartbeat_interval")
        assert httpx.post(running.url, content="hello").text == "5 characters"


def test_a_lock_file_that_cannot_be_written_is_a_warning_and_the_function_serves(front: Front, tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "fn", ANSWERS)
    with serve(front, folder, TMPDIR=str(tmp_path / "nowhere"), until="open") as running:
        running.wait_for_line(rf"^Warning: {tmp_path}/nowhere/\.lock cannot be written \(No such file or directory\)")
        assert httpx.post(running.url, content="hello", timeout=60).text == "5 characters"


READ_ONLY = "mount --rbind / / && mount -o remount,bind,ro /"


def test_a_file_system_that_is_read_only_and_has_no_tmp_is_a_warning_and_large_bodies_are_served(
    tmp_path: Path,
) -> None:
    folder = lay_out(tmp_path / "fn", ANSWERS)
    with with_mounts(READ_ONLY, folder, {"TMPDIR": "/tmp", "max_body": "4MiB"}) as running:
        running.wait_for_line(r"^Warning: /tmp/\.lock cannot be written \(Read-only file system\)")
        answer = httpx.post(running.url, content="x" * 3_000_000, timeout=60)
        assert answer.text == "3000000 characters"

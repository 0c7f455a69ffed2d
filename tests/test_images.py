"""./scripts/test-image: how it finds an engine, and which requests it sends. Only the script itself builds images."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from images import engine, testing
from images.bases import build_arguments
from images.engine import Engine
from images.example import Request
from images.trial import docker_memory
from local import stack
from local.problem import Problem
from local.stack import Function
from project.testing import python_path
from tests.platform.deadline import wait_until
from tests.project import LANG, ROOT

OURS = stack.read(ROOT, {}).functions


def docker(folder: Path, script: str) -> str:
    """The path of a docker command that runs this script."""
    program = folder / "docker"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize(
    ("client", "reason"),
    [
        ("", "there is no docker command on PATH"),
        ("exit 1", "no Docker engine answers. Start one, or run this as root"),
    ],
)
def test_without_an_engine_it_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], client: str, reason: str
) -> None:
    if client:
        docker(tmp_path, client)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert testing.test_image(ROOT, []) == 0
    assert capsys.readouterr().out.startswith(f"Skipped: {reason}")


@pytest.mark.parametrize(
    ("fails", "reason"),
    [
        ("run", "the engine cannot run a container: docker run --rm failed:\n  not permitted"),
        ("pull", "no registry answers, and of-watchdog is missing: put it on PATH, or name it in OF_WATCHDOG"),
    ],
)
def test_an_engine_without_images_or_containers_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fails: str, reason: str
) -> None:
    unknown = "exit 1" if fails == "pull" else "true"
    docker(
        tmp_path,
        f'case "$1" in network) echo bridge;; image) {unknown};; {fails}) echo not permitted >&2; exit 1;; esac',
    )
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("OF_WATCHDOG", "")
    assert testing.test_image(ROOT, []) == 0
    assert f"Skipped: {reason}" in capsys.readouterr().out


def test_an_engine_that_does_not_start_is_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dockerd").write_text("#!/bin/sh\necho no permission; exit 1\n")
    (tmp_path / "dockerd").chmod(0o755)
    docker(tmp_path, "exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("os.getuid", lambda: 0)
    with pytest.raises(engine.CannotRunError, match="dockerd does not start: no permission"), engine.engine({}):
        pass


@pytest.mark.skipif(os.getuid() != 0, reason="only root starts an engine")
def test_sigterm_ends_an_engine_of_our_own(tmp_path: Path) -> None:
    answers = "version) [ -e up ];; network) echo bridge;; image) exit 1;; pull) touch used; exec sleep 60;;"
    docker(tmp_path, f'case "$1" in {answers} esac')
    program = tmp_path / "dockerd"
    program.write_text("#!/bin/sh\ntrap 'touch ended; exit 0' TERM\ntouch up\nwhile :; do sleep 0.1; done\n")
    program.chmod(0o755)
    call = f"import images.testing, pathlib, sys; sys.exit(images.testing.test_image(pathlib.Path({str(ROOT)!r}), []))"
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "PYTHONPATH": python_path(ROOT)}
    running = subprocess.Popen([sys.executable, "-c", call], cwd=tmp_path, env=environment)
    try:
        wait_until((tmp_path / "used").exists, "the engine is in use")
        running.terminate()
        assert running.wait() == 128 + signal.SIGTERM
    finally:
        running.kill()
        running.wait()
    assert (tmp_path / "ended").exists()


@pytest.mark.parametrize(
    ("networks", "command"), [("bridge host null", "build ."), ("host null", "build --network host .")]
)
def test_builds_use_the_hosts_network_if_the_engine_has_no_bridge(tmp_path: Path, networks: str, command: str) -> None:
    own = tmp_path / "own"
    own.mkdir()
    program = docker(tmp_path, f'if [ "$1" = network ]; then echo {networks}; else echo "$@"; fi')
    assert Engine(program, {"PATH": "/usr/bin:/bin"}, own).run("build", ".") == command


def test_a_command_that_fails_is_a_problem_with_its_last_lines(tmp_path: Path) -> None:
    program = docker(tmp_path, '[ "$1" = network ] && echo bridge || { echo why >&2; exit 1; }')
    with pytest.raises(Problem, match=r"docker pull python failed:\n  why"):
        Engine(program, {"PATH": "/usr/bin:/bin"}, tmp_path).run("pull", "python")


def test_base_images_that_can_be_pulled_need_no_build_arguments(tmp_path: Path) -> None:
    running = Engine(docker(tmp_path, "echo bridge"), {"PATH": "/usr/bin:/bin"}, tmp_path)
    assert build_arguments(running, ROOT / "template" / LANG / "Dockerfile") == {}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("stream-openai", Request("POST", "/", "What are some calorie dense foods?", {"Accept": "text/event-stream"})),
        ("stream-file", Request("GET", "/sample.png", "", {"Accept": "text/event-stream"})),
        ("chat", Request("GET", "/?message=Hello&format=text", "", {"Accept": "text/event-stream"})),
    ],
)
def test_a_functions_request_is_its_example(name: str, expected: Request) -> None:
    assert Request.of(OURS[name]) == expected


@pytest.mark.parametrize("function", OURS.values(), ids=list(OURS))
def test_every_example_can_be_sent_and_is_for_curl(function: Function) -> None:
    request = Request.of(function)
    assert request.path.startswith("/")
    assert request.headers["Accept"] == "text/event-stream"
    longer = request.with_question("long 400")
    if function.name == "stream-file":
        assert longer is None
    else:
        assert longer is not None
        assert longer.path.isascii()
        assert " " not in longer.path
        assert "long 400" in longer.body or "long%20400" in longer.path


@pytest.mark.parametrize(
    ("quantity", "expected"), [("128Mi", "128m"), ("1Gi", "1g"), ("512Ki", "512k"), ("4096", "4096b")]
)
def test_memory_is_written_as_docker_reads_it(quantity: str, expected: str) -> None:
    assert docker_memory(quantity) == expected


def test_memory_that_is_no_quantity_is_a_problem() -> None:
    with pytest.raises(Problem, match="'128MB' cannot be read: expected a quantity such as 128Mi"):
        docker_memory("128MB")

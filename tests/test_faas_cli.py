"""What the scripts reimplement of faas-cli, compared with the real faas-cli, which FAAS_CLI names or PATH has."""

import os
import shutil
import stat
import subprocess
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from local import stack, template
from local.layout import lay_out
from tests.project import LANG, ROOT, SOURCES
from tests.test_layout import project  # noqa: F401 - a fixture
from tests.test_stack import SCALARS, SUBSTITUTIONS, VARIABLES, one_function


class FaasCli:
    def __init__(self, program: str) -> None:
        self.program = program

    def __call__(self, folder: Path, *arguments: str, **variables: str) -> str:
        """What it prints. If it fails, the AssertionError has all its output."""
        # HOME: otherwise it reads and writes the user's own gateways.
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **variables}
        command = [self.program, *arguments]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise AssertionError(f"{' '.join(command)} failed with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def functions(self, folder: Path, variables: Mapping[str, str]) -> dict[str, dict[str, Any]]:
        """The functions that it would deploy from folder/stack.yaml, by name."""
        documents = yaml.safe_load_all(self(folder, "generate", "--yaml", "stack.yaml", **variables))
        return {document["metadata"]["name"]: document["spec"] for document in documents if document}


@pytest.fixture(scope="module")
def faas_cli() -> FaasCli:
    named = os.environ.get("FAAS_CLI")
    program = shutil.which(named or "faas-cli")
    if not program:
        if named:
            pytest.fail(f"FAAS_CLI names {named!r}, which is not a program")
        pytest.skip("the real faas-cli is not at hand: put it on PATH, or name it in FAAS_CLI")
    return FaasCli(program)


def contents(folder: Path) -> dict[str, tuple[int, bytes | None]]:
    """Every path in the folder with its mode, and its content if it is a file."""

    def below() -> Iterator[Path]:
        yield folder
        yield from folder.rglob("*")

    return {
        str(path.relative_to(folder)): (path.lstat().st_mode, path.read_bytes() if path.is_file() else None)
        for path in below()
    }


@pytest.mark.parametrize(("cases", "quote"), [(SUBSTITUTIONS, "'"), (SCALARS, "")])
def test_values_are_read_the_same(faas_cli: FaasCli, tmp_path: Path, cases: list[tuple[str, str]], quote: str) -> None:
    lines = "".join(f"      v{n}: {quote}{text}{quote}\n" for n, (text, _) in enumerate(cases))
    (tmp_path / "stack.yaml").write_text(one_function(f"    image: fn\n    environment:\n{lines}"))
    environment = faas_cli.functions(tmp_path, VARIABLES)["fn"]["environment"]
    assert environment == {f"v{n}": expected for n, (_, expected) in enumerate(cases)}


@pytest.mark.parametrize("variables", [{}, {"OPENFAAS_PREFIX": "us", "openai_model": "gpt-4o", "temperature": "0.5"}])
def test_our_stack_is_read_the_same(faas_cli: FaasCli, variables: dict[str, str]) -> None:
    theirs = faas_cli.functions(ROOT, variables)
    ours = stack.read(ROOT, variables).functions
    assert set(theirs) == set(ours)
    for name, function in ours.items():
        assert theirs[name]["environment"] == function.environment
        assert theirs[name].get("annotations", {}) == function.annotations
        assert tuple(theirs[name].get("secrets", ())) == function.secrets
        assert theirs[name]["limits"]["memory"].endswith("Mi")
        assert theirs[name]["requests"]["cpu"].endswith("m")
        assert theirs[name]["labels"]["com.openfaas.scale.min"] == "1"


@pytest.mark.parametrize("ci", ["", "true", "1", "yes"])
@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_build_is_laid_out_the_same(
    faas_cli: FaasCli,
    project: Path,  # noqa: F811
    ci: str,
    umask: int,
) -> None:
    build = project / "build"
    variables = {"CI": ci}
    before = os.umask(umask)
    try:
        faas_cli(project, "build", "--shrinkwrap", "--yaml", "stack.yaml", **variables)
        theirs = contents(build)
        shutil.rmtree(build)
        read = stack.read(project, {})
        for function in read.functions.values():
            lay_out(project, build, function, template.read(project, function.lang), read.copy, variables)
    finally:
        os.umask(before)
    assert contents(build) == theirs


def test_our_functions_are_laid_out_the_same(faas_cli: FaasCli, tmp_path: Path) -> None:
    for name in ("template", "functions", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=SOURCES, symlinks=True)
    shutil.copy(ROOT / "stack.yaml", tmp_path)
    faas_cli(tmp_path, "build", "--shrinkwrap", "--yaml", "stack.yaml")
    assert (tmp_path / "build/mock-openai/function/mock_openai/handler.py").is_file()
    theirs = contents(tmp_path / "build")
    shutil.rmtree(tmp_path / "build")
    for function in stack.read(tmp_path, {}).functions.values():
        lay_out(tmp_path, tmp_path / "build", function, template.read(tmp_path, LANG), (), {})
    assert contents(tmp_path / "build") == theirs
    assert (tmp_path / "build/ask-docs/function/docs/platform.md").read_bytes() == (
        ROOT / "docs/platform.md"
    ).read_bytes()


def test_a_pulled_template_makes_a_new_function(faas_cli: FaasCli, tmp_path: Path) -> None:
    pulled_from = tmp_path / "our-repository"
    shutil.copytree(ROOT / "template", pulled_from / "template", ignore=SOURCES)
    git = ["git", "-C", str(pulled_from), "-c", "user.name=x", "-c", "user.email=x@example.com"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *command], check=True)
    user = tmp_path / "user"
    user.mkdir()
    faas_cli(user, "template", "pull", str(pulled_from))
    output = faas_cli(user, "new", "--lang", LANG, "my-bot", OPENFAAS_PREFIX="us")
    steps = yaml.safe_load((ROOT / "template" / LANG / "template.yml").read_text())["welcome_message"]
    assert steps in output
    faas_cli(user, "build", "--shrinkwrap", "--yaml", "stack.yaml")
    built = user / "build/my-bot"
    original = pulled_from / "template" / LANG
    for path in (path for path in original.rglob("*") if path.is_file()):
        assert (built / path.relative_to(original)).read_bytes() == path.read_bytes()
    assert os.access(user / "template" / LANG / "dev/run", os.X_OK)
    (read,) = stack.read(user, {}).functions.values()
    assert (read.name, read.lang, read.handler) == ("my-bot", LANG, "./my-bot")


def test_a_new_function_can_be_appended_to_our_stack_and_our_gitignore_stays(faas_cli: FaasCli, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "template", tmp_path / "template", ignore=SOURCES)
    for name in ("stack.yaml", ".gitignore"):
        shutil.copy(ROOT / name, tmp_path)
    faas_cli(tmp_path, "new", "--lang", LANG, "my-bot", "--append", "stack.yaml")
    assert list(stack.read(tmp_path, {}).functions)[-1] == "my-bot"
    assert (tmp_path / ".gitignore").read_text() == (ROOT / ".gitignore").read_text()
    assert stat.S_IMODE((tmp_path / "my-bot").stat().st_mode) == 0o700


def test_invoke_asks_for_no_event_stream(faas_cli: FaasCli, tmp_path: Path) -> None:
    asked: list[str | None] = []

    class Gateway(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.headers["Accept"])
            self.send_response(204)
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), Gateway) as gateway:
        threading.Thread(target=gateway.serve_forever, daemon=True).start()
        faas_cli(tmp_path, "invoke", "fn", "--gateway", f"http://127.0.0.1:{gateway.server_port}")
        gateway.shutdown()
    assert asked == [None]

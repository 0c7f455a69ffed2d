"""`dev/run`, the template's own runner, in a folder that has only the files that faas-cli writes."""

import json
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest
import yaml

from tests.events import without_ids
from tests.project import ANSWERS, LANG, ROOT, SOURCES, Project
from tests.upstream import Upstream, says

SKELETON = ROOT / "template" / LANG / "function"
OTHERS = """
  api:
    lang: node22
    handler: ./api
  figlet:
    skip_build: true
    image: ghcr.io/openfaas/figlet:latest
"""
SHOWS_UPSTREAM = """
import json, os
from faas_stream import secret

def handle(req):
    return json.dumps([os.environ["openai_base_url"], secret("openai-api-key"), os.getcwd()])
"""


def new_function(project: Project, name: str) -> None:
    """What `faas-cli new --append` does."""
    shutil.copytree(SKELETON, project.root / name, ignore=SOURCES)
    with (project.root / "stack.yaml").open("a") as stack_file:
        stack_file.write(f"  {name}:\n    lang: {project.lang}\n    handler: ./{name}\n    image: {name}:latest\n")


@pytest.fixture(params=[LANG, f"{LANG}@v1.2.0"])
def author(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    project = Project(tmp_path, request.param)
    project.use_venv()
    return project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.use_venv()
    return made


def ask(port: int) -> str:
    answer = httpx.post(
        f"http://127.0.0.1:{port}", content="Hello", headers={"Accept": "text/event-stream"}, timeout=60
    )
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_new_function_streams_by_the_printed_command_and_nothing_is_written_into_the_template(
    author: Project,
) -> None:
    new_function(author, "my-bot")
    before = sorted((author.root / "template").rglob("*"))
    with author.serve(mock_tokens_per_second="0") as running:
        assert "No key in .secrets/openai-api-key: answers come from mock-openai." in running.output()
        commands = [line.strip() for line in running.output() if line.startswith("  curl ")]
        assert len(commands) == 2
        for command in commands:
            done = subprocess.run(command, shell=True, cwd="/", capture_output=True, text=True, timeout=30)
            assert done.stdout.count("data: ") > 5
            assert done.stdout.endswith("data: [DONE]\n\n")
    assert sorted((author.root / "template").rglob("*")) == before
    assert {path.name for path in author.root.iterdir()} == {"build", "my-bot", "stack.yaml", "template"}
    assert (author.root / "build/.dev/.gitignore").read_text() == "*\n"


def test_the_welcome_text_names_the_command() -> None:
    welcome = yaml.safe_load((ROOT / "template" / LANG / "template.yml").read_text())["welcome_message"]
    (command,) = [line.strip() for line in welcome.splitlines() if line.strip().startswith("template/")]
    assert (ROOT / command).stat().st_mode & 0o111


def test_a_new_function_asks_the_upstream_and_the_model_of_its_settings(project: Project) -> None:
    new_function(project, "my-bot")
    with Upstream(says("Hi")) as upstream:
        settings = {"openai_base_url": upstream.url, "openai_model": "my-model"}
        (project.root / ".secrets").mkdir()
        (project.root / ".secrets/openai-api-key").write_text("sk-mine\n")
        with project.serve(**settings) as running:
            assert without_ids(ask(project.port)) == "data: Hi\n\ndata: [DONE]\n\n"
            assert not any(line.startswith("mock-openai") for line in running.output())
        (call,) = upstream.calls
        assert call.body["model"] == "my-model"


def test_functions_of_other_languages_are_named_and_skipped(project: Project) -> None:
    project.add("mine", ANSWERS.format(answer="mine"), stack=OTHERS)
    with project.serve() as running:
        assert f"Skipped: api (node22), figlet (an image), because this serves only `lang: {LANG}`." in running.output()
        assert ask(project.port) == "mine"


@pytest.mark.parametrize("names", [("api",), ("mine", "api")])
def test_a_function_of_another_language_that_is_asked_for_is_one_line(project: Project, names: tuple[str, ...]) -> None:
    project.add("mine", stack=OTHERS)
    assert project.refuse(*names) == (
        f"dev/run: api (node22): expected functions with `lang: {LANG}`, which this serves; "
        "faas-cli local-run serves the others, with Docker"
    )


def test_a_folder_without_a_stack_is_one_line_and_stays_empty(project: Project) -> None:
    (project.root / "stack.yaml").unlink()
    shutil.rmtree(project.root / "build")
    message = project.refuse()
    assert message.startswith(f"dev/run: there is no stack.yaml in {project.root}: run this in the folder that has it")
    assert not (project.root / "build").exists()


@pytest.mark.parametrize(("file", "arguments"), [("stack.yml", ()), ("my-bot.yml", ("-f", "my-bot.yml"))])
def test_the_stack_file_may_have_the_other_names_that_faas_cli_takes(
    project: Project, file: str, arguments: tuple[str, ...]
) -> None:
    project.add("mine", ANSWERS.format(answer="mine"))
    (project.root / "stack.yaml").rename(project.root / file)
    with project.serve(*arguments):
        assert ask(project.port) == "mine"


def test_a_template_that_was_not_pulled_is_one_line(project: Project) -> None:
    project.lang = f"{LANG}@v9"
    project.add("mine")
    message = project.refuse()
    assert message.startswith(f"dev/run: there is no template/{LANG}@v9/template.yml; faas-cli template pull brings it")


def test_two_runs_at_a_time_do_not_disturb_each_other(project: Project) -> None:
    project.add("asker", SHOWS_UPSTREAM)
    first_port = project.port
    with project.serve():
        first = json.loads(ask(first_port))
        project.port += 5
        with project.serve():
            second = json.loads(ask(project.port))
            assert json.loads(ask(first_port)) == first
            assert first[1] == second[1] == "mock"
            assert first[0] != second[0]
            assert first[2] != second[2]
        assert json.loads(ask(first_port)) == first
        with project.serve():
            assert json.loads(ask(project.port))[2] == second[2], "a folder that is free again is used again"


CALLER = {
    "auth_secret": "callers",
    "access": "",
    "max_streams": "1",
    "write_timeout": "2s",
    "RAW_BODY": "true",
    "buffer_body": "false",
    "max_body": "10",
    "cors_origins": "https://example.com",
}


@pytest.fixture
def closed(project: Project) -> Project:
    (project.root / ".secrets").mkdir()
    (project.root / ".secrets/callers").write_text("a-token\n")
    return project


@pytest.mark.parametrize("is_in_stack", [False, True])
def test_the_mock_gets_no_setting_of_the_callers_but_its_own(closed: Project, is_in_stack: bool) -> None:
    closed.add("asker", SHOWS_UPSTREAM)
    if is_in_stack:
        closed.add("mock-openai", (ROOT / "functions/mock-openai/handler.py").read_text())
        shutil.copytree(ROOT / "functions/mock-openai/mock_openai", closed.root / "functions/mock-openai/mock_openai")
    with closed.serve("asker", mock_tokens_per_second="0", **CALLER):
        assert httpx.post(f"http://127.0.0.1:{closed.port}", content="x").status_code == 401
        authorized = {"Authorization": "Bearer a-token"}
        answer = httpx.post(f"http://127.0.0.1:{closed.port}", content="x", headers=authorized)
        upstream = answer.json()[0]
        long = {"model": "mock", "messages": [{"role": "user", "content": "long 2000"}]}
        whole = httpx.post(f"{upstream}/chat/completions", json=long, headers={"Authorization": "Bearer any"})
        assert whole.status_code == 200, whole.text
        assert whole.json()["usage"]["completion_tokens"] == 2000

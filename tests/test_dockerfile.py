"""The image's Dockerfile, as far as it can be held to its promises without building it."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from faas_stream.settings import Settings
from local import template
from tests.project import LANG, ROOT

FOLDER = ROOT / "template" / LANG


def instructions(text: str) -> list[tuple[str, str]]:
    """Each instruction with its arguments, comments gone and continued lines joined."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    lines = [line.split(None, 1) for line in joined.splitlines() if line.strip()]
    return [(line[0], line[1] if len(line) > 1 else "") for line in lines]


INSTRUCTIONS = instructions((FOLDER / "Dockerfile").read_text())
IMAGE = template.read(ROOT, LANG).image_settings


def all_of(name: str) -> list[str]:
    return [arguments for instruction, arguments in INSTRUCTIONS if instruction == name]


def position(name: str, pattern: str) -> int:
    return next(
        n for n, (found, arguments) in enumerate(INSTRUCTIONS) if found == name and re.search(pattern, arguments)
    )


def test_the_process_is_the_one_that_faas_cli_deploys() -> None:
    assert IMAGE["fprocess"] == yaml.safe_load((FOLDER / "template.yml").read_text())["fprocess"]


def test_the_watchdog_reaches_the_function_where_it_listens() -> None:
    assert IMAGE["mode"] == "http"
    host, port = Settings(IMAGE).upstream_url
    assert IMAGE["upstream_url"] == f"http://{host}:{port}"


def test_every_setting_of_the_image_can_be_read() -> None:
    settings = Settings(IMAGE)
    assert settings.write_timeout == 330
    assert settings.suppress_lock


def test_nothing_is_set_that_breaks_streaming() -> None:
    assert not {"http_buffer_req_body", "buffer_http", "max_inflight"} & set(IMAGE)


def test_build_arguments_have_upstreams_names_and_defaults() -> None:
    arguments = dict(argument.split("=", 1) for argument in all_of("ARG"))
    expected = {
        "PYTHON_VERSION": "3.12",
        "DEBIAN_OS": "slim-bookworm",
        "UPGRADE_PACKAGES": "false",
        "ADDITIONAL_PACKAGE": '""',
        "TEST_ENABLED": "false",
    }
    assert expected.items() <= arguments.items()
    assert {"TEST_COMMAND", "WATCHDOG_VERSION"} <= set(arguments)


@pytest.mark.parametrize("name", ["UPGRADE_PACKAGES", "ADDITIONAL_PACKAGE", "TEST_ENABLED", "TEST_COMMAND"])
def test_a_build_argument_is_declared_in_the_stage_that_uses_it(name: str) -> None:
    last_from = max(n for n, (instruction, _) in enumerate(INSTRUCTIONS) if instruction == "FROM")
    assert last_from < position("ARG", f"^{name}=") < position("RUN", f"{{{name}}}")


def test_tests_see_the_function_and_run_in_the_stage_that_ships() -> None:
    assert position("COPY", r"^\. \.$") < position("RUN", "TEST_ENABLED")
    assert not [arguments for arguments in all_of("FROM") if " AS " in arguments and "watchdog" not in arguments]


def test_the_function_runs_as_a_user_without_rights() -> None:
    (user,) = all_of("USER")
    assert user == "12000:12000"
    assert position("RUN", "useradd --uid 12000") < position("USER", "12000")
    assert position("USER", "12000") > position("RUN", "chmod")


def test_any_user_can_read_the_function_and_its_packages() -> None:
    homes = [pair for env in all_of("ENV") for pair in shlex.split(env) if pair.startswith("HOME=")]
    assert homes == ["HOME=/home/app"]
    assert position("RUN", r"chmod -R a\+rX \.") > position("COPY", r"^\. \.$")
    assert not [arguments for arguments in all_of("RUN") if "--user" in arguments]


def test_a_container_is_healthy_when_the_function_listens() -> None:
    (healthcheck,) = all_of("HEALTHCHECK")
    assert "/tmp/.lock" in healthcheck
    assert IMAGE["suppress_lock"] == "true"


def test_packages_are_installed_before_the_handler_is_copied() -> None:
    assert position("RUN", "pip install -r requirements.txt -r function/requirements.txt") < position(
        "COPY", r"^\. \.$"
    )


@pytest.mark.parametrize("command", all_of("RUN"))
def test_every_command_is_shell(command: str) -> None:
    subprocess.run(["sh", "-n", "-c", command], check=True)


@pytest.mark.parametrize(
    "path", [".secrets/openai-api-key", "function/.secrets/openai-api-key", "function/.git/config"]
)
def test_secrets_and_history_stay_out_of_the_image(path: str) -> None:
    patterns = [line for line in (FOLDER / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    parents = [str(parent) for parent in (Path(path), *Path(path).parents)]
    regexes = [re.escape(pattern).replace(r"\*\*/", "(.*/)?") for pattern in patterns]
    assert any(re.fullmatch(regex, parent) for regex in regexes for parent in parents)

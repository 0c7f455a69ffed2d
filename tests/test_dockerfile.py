"""The image's Dockerfile, as far as it can be tested without a build. ./scripts/test-image builds it."""

import os
import platform
import re
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from packaging.version import Version

from faas_stream.settings import Settings
from images import pins
from local import template
from tests.project import LANG, ROOT

FOLDER = ROOT / "template" / LANG


def instructions(text: str) -> list[tuple[str, str]]:
    """Each instruction with its arguments, comments gone and continued lines joined."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    lines = [line.split(None, 1) for line in joined.splitlines() if line.strip()]
    return [(line[0], line[1] if len(line) > 1 else "") for line in lines]


TEXT = (FOLDER / "Dockerfile").read_text()
INSTRUCTIONS = instructions(TEXT)
IMAGE = template.read(ROOT, LANG).image_settings


def all_of(name: str) -> list[str]:
    return [arguments for instruction, arguments in INSTRUCTIONS if instruction == name]


def position(name: str, pattern: str) -> int:
    return next(
        n
        for n, (instruction, arguments) in enumerate(INSTRUCTIONS)
        if instruction == name and re.search(pattern, arguments)
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
    arguments = dict(argument.split("=", 1) for argument in all_of("ARG") if "=" in argument)
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


def test_base_images_come_by_tag_through_build_arguments() -> None:
    assert pins.base_images(TEXT) == {
        "WATCHDOG_BASE": "ghcr.io/openfaas/of-watchdog:0.11.6",
        "PYTHON_BASE": "python:3.12-slim-bookworm",
    }


@pytest.mark.parametrize(
    ("version", "base", "is_accepted"),
    [
        ("3.0", "python:3.0-slim", True), ("3.0", "registry.example:5000/python", True),
        ("{here}", "python:3.0-slim@sha256:0", True),
        ("3.0", "python:3.0-slim@sha256:0", False), ("3.1", "python:3.1-slim@sha256:0", False),
    ],
)  # fmt: skip
def test_a_version_that_a_digest_overrides_ends_the_build(version: str, base: str, is_accepted: bool) -> None:
    (command,) = [arguments for arguments in all_of("RUN") if "PYTHON_BASE" in arguments]
    here = ".".join(platform.python_version_tuple()[:2])
    environment = {**os.environ, "PYTHON_VERSION": version.format(here=here), "PYTHON_BASE": base}
    ended = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True)
    assert (ended.returncode == 0) is is_accepted, ended.stderr
    assert is_accepted or "Set PYTHON_BASE as well, or PYTHON_VERSION in the Dockerfile, and run" in ended.stderr


def test_tests_see_the_function_and_run_in_the_final_stage() -> None:
    assert position("COPY", r"^\. \.$") < position("RUN", "TEST_ENABLED")
    assert not [arguments for arguments in all_of("FROM") if " AS " in arguments and "watchdog" not in arguments]


def test_the_function_runs_as_a_user_without_rights() -> None:
    (user,) = all_of("USER")
    assert user == "12000:12000"
    assert position("RUN", "useradd --uid 12000") < position("USER", "12000")
    assert position("USER", "12000") > position("RUN", "chmod")


def test_that_user_owns_no_code_and_no_folder_with_code() -> None:
    (useradd,) = [arguments for arguments in all_of("RUN") if "useradd" in arguments]
    assert "--no-create-home" in useradd
    assert "--create-home" not in useradd.replace("--no-create-home", "")
    assert not [arguments for arguments in all_of("RUN") + all_of("COPY") if "chown" in arguments]


@pytest.mark.parametrize("mode", [0o600, 0o666, 0o755, 0o777])
def test_every_user_can_read_the_function_and_none_but_root_can_change_it(tmp_path: Path, mode: int) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/handler.py").touch()
    (tmp_path / "folder/handler.py").chmod(mode)
    (tmp_path / "folder").chmod(mode | 0o100)
    (chmod,) = re.findall(r"chmod [^&]+", " ".join(all_of("RUN")))
    subprocess.run(["sh", "-c", chmod], cwd=tmp_path, check=True)
    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "folder/handler.py").stat().st_mode) == (0o755 if mode & 0o100 else 0o644)
    assert position("RUN", "chmod -R") > position("COPY", r"^\. \.$")


def test_a_handler_mounted_over_the_images_is_used_and_the_templates_modules_are_not_read_again(tmp_path: Path) -> None:
    function, engine = tmp_path / "function", tmp_path / "faas_stream"
    for folder in (function, engine):
        folder.mkdir()
        for name in ("__init__", "handler", "other"):
            (folder / f"{name}.py").write_text("ANSWER = 'of the image'\n")
    (command,) = [arguments for arguments in all_of("RUN") if "compileall" in arguments]
    environment = {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    subprocess.run(["sh", "-ec", command], cwd=tmp_path, env=environment, check=True)
    for folder in (function, engine):
        before = (folder / "handler.py").stat()
        (folder / "handler.py").write_text("ANSWER = 'was mounted.'\n")
        os.utime(folder / "handler.py", ns=(before.st_atime_ns, before.st_mtime_ns))
    code = (
        "from function import handler, other; from faas_stream import handler as engine; "
        "print(handler.ANSWER, other.ANSWER, engine.ANSWER)"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert printed.stdout == "was mounted. of the image of the image\n"


def test_packages_are_importable_by_any_user() -> None:
    homes = [pair for env in all_of("ENV") for pair in shlex.split(env) if pair.startswith("HOME=")]
    assert homes == ["HOME=/home/app"]
    assert not [arguments for arguments in all_of("RUN") if "--user" in arguments]


def test_a_container_is_healthy_when_the_function_listens() -> None:
    (healthcheck,) = all_of("HEALTHCHECK")
    assert "/tmp/.lock" in healthcheck
    assert IMAGE["suppress_lock"] == "true"


def test_packages_are_installed_before_the_handler_is_copied() -> None:
    assert position("RUN", "pip install .*-r function/requirements.txt") < position("COPY", r"^\. \.$")


def test_the_templates_packages_are_installed_by_hash_and_constrain_the_functions() -> None:
    locked = position("RUN", "pip install --require-hashes --only-binary :all: -r requirements.lock")
    own = position("RUN", r"pip freeze >(\S+)\s+&& pip install -c \1 -r function/requirements.txt")
    assert locked < own


def test_the_label_has_the_templates_version() -> None:
    labels = dict(pair.split("=", 1) for pair in shlex.split(" ".join(all_of("LABEL"))))
    version = (FOLDER / "VERSION").read_text().strip()
    assert labels["org.opencontainers.image.version"] == version
    assert labels["org.opencontainers.image.base.name"] == "${PYTHON_BASE}"
    assert {f"org.opencontainers.image.{name}" for name in ("title", "description", "source", "revision")} <= set(
        labels
    )
    Version(version)  # raises unless it is one that pip understands


@pytest.mark.parametrize("command", all_of("RUN"))
def test_every_command_is_shell(command: str) -> None:
    subprocess.run(["sh", "-n", "-c", command], check=True)


IGNORED = [line for line in (FOLDER / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]


def is_ignored(path: str) -> bool:
    """True if Docker leaves the path out. Knows only the patterns that the file uses: `*`, and `**/` in front."""
    parents = [str(parent) for parent in (Path(path), *Path(path).parents)]
    regexes = [re.escape(pattern).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*") for pattern in IGNORED]
    return any(re.fullmatch(regex, parent) for regex in regexes for parent in parents)


@pytest.mark.parametrize(
    "path",
    [
        ".secrets/openai-api-key", "function/.secrets/openai-api-key", "function/.git/config", "function/.env",
        "function/.env.local", "function/certs/server.pem", "function/id.key", "dev/run", "template.yml", "SKILL.md",
    ],
)  # fmt: skip
def test_secrets_history_and_the_local_runner_stay_out_of_the_image(path: str) -> None:
    assert is_ignored(path)


@pytest.mark.parametrize(
    "path",
    [
        "VERSION",
        "requirements.lock",
        "index.py",
        "function/handler_test.py",
        "function/dev/page.html",
        "function/keys.py",
        "function/mock_openai/handler.py",
    ],
)
def test_what_the_image_needs_is_in_it(path: str) -> None:
    assert not is_ignored(path)

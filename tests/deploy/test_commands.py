"""Every command of docs/deploy.md works as it is written: with the real faas-cli and a gateway that records."""

import base64
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy import page
from tests.deploy.recording import PASSWORD, RecordingGateway, record_calls
from tests.project import ROOT, SOURCES
from tests.test_faas_cli import FaasCli, faas_cli  # noqa: F401 - a fixture

IMAGE = "ghcr.io/you/stream-openai:1.0.0"


class Commands:
    """The results of all commands of the page, run in their order by one shell."""

    def __init__(self, gateway: RecordingGateway, folder: Path, output: str) -> None:
        self.gateway = gateway
        self.folder = folder
        self.output = output
        self.calls = (folder / "bin/calls").read_text().splitlines()


@pytest.fixture(scope="module")
def commands(faas_cli: FaasCli, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:  # noqa: F811
    """In a clone of the bundle; docker, kubectl, helm and sudo only record how they are called."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("template", "functions"):
        shutil.copytree(ROOT / name, folder / name, ignore=SOURCES)
    shutil.copy(ROOT / "stack.yaml", folder)
    (folder / ".secrets").mkdir()
    (folder / ".secrets/openai-api-key").write_text("sk-test\n")
    (folder / "openfaas-values.yaml").write_text(page.file("openfaas-values.yaml"))
    programs = folder / "bin"
    programs.mkdir()
    (programs / "faas-cli").symlink_to(faas_cli.program)
    for name in ("docker", "helm"):
        record_calls(programs, name)
    record_calls(programs, "sudo", PASSWORD)
    record_calls(programs, "kubectl", base64.b64encode(PASSWORD.encode()).decode())
    record_calls(programs, "git", "0123456789abcdef")
    with RecordingGateway().serving() as gateway:
        environment = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(folder),
            "OPENFAAS_URL": gateway.url,
        }
        script = "set -e\n" + "\n".join(page.blocks("sh"))
        shell = subprocess.run(["sh", "-c", script], cwd=folder, env=environment, capture_output=True, text=True)
        assert shell.returncode == 0, shell.stdout + shell.stderr
        yield Commands(gateway, folder, shell.stdout)


def test_the_secrets_are_created(commands: Commands) -> None:
    bodies = [request.body for request in commands.gateway.requests if request.path == "/system/secrets"]
    token = (commands.folder / ".secrets/callers").read_text().strip()
    assert len(bodies) == 2
    assert f'"name":"callers","value":"{token}"' in bodies[0]
    assert '"name":"openai-api-key","value":"sk-test"' in bodies[1]


def test_the_image_is_built_pushed_and_deployed(commands: Commands) -> None:
    builds = [call for call in commands.calls if call.startswith("docker build ")]
    assert len(builds) == 1
    assert "--build-arg IMAGE_REVISION=0123456789abcdef" in builds[0]
    assert f"docker push {IMAGE}" in commands.calls
    assert [function["service"] for function in commands.gateway.deployed()] == ["stream-openai"] * 3
    assert {function["image"] for function in commands.gateway.deployed()} == {IMAGE}


def test_the_image_for_two_machines_is_published(commands: Commands) -> None:
    (build,) = [call for call in commands.calls if "buildx build" in call]
    assert "--platform=linux/amd64,linux/arm64" in build
    assert f"--tag {IMAGE}" in build


def test_the_function_is_called_with_the_token(commands: Commands) -> None:
    (call,) = [request for request in commands.gateway.requests if request.path.startswith("/function/")]
    token = (commands.folder / ".secrets/callers").read_text().strip()
    assert (call.headers["Authorization"], call.headers["Accept"]) == (f"Bearer {token}", "text/event-stream")
    assert "data: Hello" in commands.output


def test_ten_minutes_are_the_functions_limits(commands: Commands) -> None:
    first, *_, last = (function["envVars"] for function in commands.gateway.deployed())
    assert isinstance(first, dict)
    limits = ("write_timeout", "read_timeout", "exec_timeout")
    assert last == first | dict.fromkeys(limits, "10m30s")


def test_the_cluster_gets_its_limits_and_faas_cli_its_login(commands: Commands) -> None:
    (upgrade,) = [call for call in commands.calls if call.startswith("helm upgrade")]
    assert "--values openfaas-values.yaml" in upgrade
    basic = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
    logins = [request.headers["Authorization"] for request in commands.gateway.requests if request.method == "GET"]
    assert logins.count(f"Basic {basic}") == len(["Kubernetes", "faasd"])

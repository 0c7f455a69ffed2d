"""./scripts/pin-images: digests from a registry, written into the Dockerfile."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from images import pins, registry
from local.problem import Problem
from tests.platform.ports import free_port
from tests.project import LANG, ROOT

DIGEST = "sha256:" + "ab" * 32
IMAGES = {
    "python": ("registry-1.docker.io", "library/python", "latest"),
    "python:3.12-slim-bookworm": ("registry-1.docker.io", "library/python", "3.12-slim-bookworm"),
    "bitnami/python:3": ("registry-1.docker.io", "bitnami/python", "3"),
    "ghcr.io/openfaas/of-watchdog:0.11.6": ("ghcr.io", "openfaas/of-watchdog", "0.11.6"),
    "localhost:5000/python:3": ("localhost:5000", "python", "3"),
}


class Registry(BaseHTTPRequestHandler):
    """A registry that has library/python:3.12, and gives a token to everyone."""

    accepts: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        granted = query == {"service": ["tokens"], "scope": ["repository:python:pull"]}
        self.answer(200 if granted else 400, body=json.dumps({"token": "anonymous"}).encode())

    def do_HEAD(self) -> None:
        host = self.headers["Host"]
        if self.headers["Authorization"] != "Bearer anonymous":
            challenge = f'Bearer realm="http://{host}/token",service="tokens",scope="repository:python:pull"'
            self.answer(401, {"WWW-Authenticate": challenge})
            return
        self.accepts.append(self.headers["Accept"])
        tags = {"/v2/python/manifests/3.12": DIGEST, "/v2/python/manifests/none": ""}
        is_there = self.path in tags
        self.answer(200 if is_there else 404, {"Docker-Content-Digest": tags.get(self.path, "")})

    def answer(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Prints nothing."""


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("name", "parts"), IMAGES.items(), ids=list(IMAGES))
def test_names_have_dockers_defaults(name: str, parts: tuple[str, str, str]) -> None:
    image = registry.Image.parse(name)
    assert (image.registry, image.repository, image.tag) == parts


def test_a_tag_has_the_digest_of_its_index(host: str) -> None:
    assert registry.digest(f"{host}/python:3.12") == DIGEST
    assert Registry.accepts[-1].startswith("application/vnd.oci.image.index.v1+json")


@pytest.mark.parametrize(
    ("tag", "message"), [("4", "answered 404 for"), ("none", "expected the header Docker-Content-D")]
)
def test_a_tag_without_a_digest_is_a_problem(host: str, tag: str, message: str) -> None:
    with pytest.raises(Problem, match=message):
        registry.digest(f"{host}/python:{tag}")


def project(folder: Path, registry_host: str) -> Path:
    """A project with our template, whose base images are in this registry; its Dockerfile."""
    dockerfile = folder / "template" / LANG / "Dockerfile"
    dockerfile.parent.mkdir(parents=True)
    text = (ROOT / "template" / LANG / "Dockerfile").read_text()
    changes = {
        "=python:${PYTHON_VERSION}-${DEBIAN_OS}": f"={registry_host}/python:${{PYTHON_VERSION}}",
        "=ghcr.io/openfaas/of-watchdog:": f"={registry_host}/python:",
        "WATCHDOG_VERSION=0.11.6": "WATCHDOG_VERSION=3.12",
    }
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after)
    dockerfile.write_text(text)
    return dockerfile


def test_digests_become_the_defaults_of_their_arguments(host: str, tmp_path: Path) -> None:
    dockerfile = project(tmp_path, host)
    before = dockerfile.read_text()
    after = before.replace("python:${PYTHON_VERSION}\n", f"python:${{PYTHON_VERSION}}@{DIGEST}\n")
    after = after.replace("python:${WATCHDOG_VERSION}\n", f"python:${{WATCHDOG_VERSION}}@{DIGEST}\n")
    for _ in range(2):  # the second time changes nothing
        pins.pin_images(tmp_path)
        assert dockerfile.read_text() == after
    assert after.count(DIGEST) == 2


def test_without_a_registry_the_tags_stay(tmp_path: Path) -> None:
    dockerfile = project(tmp_path, f"127.0.0.1:{free_port()}")
    before = dockerfile.read_text()
    with pytest.raises(Problem, match=r"no registry answers at 127\.0\.0\.1:\d+ for .*: .*refused.* Tags stay"):
        pins.pin_images(tmp_path)
    assert dockerfile.read_text() == before

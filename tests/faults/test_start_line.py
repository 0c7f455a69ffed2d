"""The line at start, and who may call: everyone, clients with a token, or nobody."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.faults.mounts import with_mounts
from tests.fronts import DIRECT, Front, lay_out, serve
from tests.platform.running import Running

HANDLER = "def handle(req):\n    return 'answered'\n"
A_SECRET = "mount -t tmpfs none /var && mkdir -p /var/openfaas/secrets && echo k > /var/openfaas/secrets/openai-api-key"
"""Makes the platform's folder of secrets, with one in it."""


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = lay_out(tmp_path_factory.mktemp("build") / "fn", HANDLER)
    (folder / ".secrets" / "callers").write_text("a-token\n")
    return folder


@contextmanager
def with_a_secret(bare: Path, **settings: str) -> Iterator[Running]:
    with with_mounts(A_SECRET, bare, {"OPENFAAS_NAME": "fn", **settings}) as running:
        yield running


def call(running: Running, **headers: str) -> int:
    return httpx.post(running.url, content="hi", headers={"Accept": "application/json", **headers}).status_code


def test_one_line_has_the_version_and_the_settings_that_differ(front: Front, bare: Path) -> None:
    settings = {"heartbeat_interval": "7s", "commit_after": "5s"}
    with serve(front, bare, settings, openai_api_key="sk-secret-in-the-environment") as running:
        line = running.wait_for_line("heartbeat_interval")
        assert re.search(r"\d+\.\d+\.\d+", line), "the line has no version"
        assert "7s" in line
        assert "commit_after" not in line, "5s is its default"
        assert "sk-secret" not in line
        assert sum("heartbeat_interval" in line for line in running.output()) == 1
        assert call(running) == 200


def test_a_function_without_secrets_is_open_and_says_so(bare: Path) -> None:
    with serve(DIRECT, bare) as running:
        running.wait_for_line(r"\bopen\b")
        assert call(running) == 200


def test_auth_secret_admits_tokens_alone_and_the_line_names_the_secret(bare: Path) -> None:
    with serve(DIRECT, bare, auth_secret="callers") as running:
        line = running.wait_for_line("callers")
        assert "a-token" not in line
        assert call(running) == 401
        assert call(running, Authorization="Bearer a-token") == 200


def test_access_open_admits_everyone_whatever_else_is_set(bare: Path) -> None:
    with serve(DIRECT, bare, access="open", auth_secret="missing") as running:
        running.wait_for_line(r"\bopen\b")
        assert call(running) == 200


def test_a_function_with_a_secret_and_no_auth_secret_is_closed_and_says_which_line_to_add(bare: Path) -> None:
    with with_a_secret(bare) as running:
        assert call(running) == 401
        assert call(running, Authorization="Bearer a-token") == 401
        running.wait_for_line("auth_secret")
        assert httpx.get(f"{running.url}/-/ready").status_code == 200


def test_a_function_with_a_secret_and_auth_secret_admits_tokens(bare: Path) -> None:
    with with_a_secret(bare, auth_secret="callers") as running:
        assert call(running) == 401
        assert call(running, Authorization="Bearer a-token") == 200


def test_a_function_with_a_secret_and_access_open_admits_everyone(bare: Path) -> None:
    with with_a_secret(bare, access="open") as running:
        running.wait_for_line(r"\bopen\b")
        assert call(running) == 200


@pytest.mark.parametrize(
    "text",
    ["\ufeffa-token\r\n".encode(), b"# since May\r\n\r\nold\r\na-token  # alice\r\n"],
    ids=["byte-order mark", "comments and blank lines"],
)
def test_tokens_are_read_as_editors_write_them(bare: Path, text: bytes) -> None:
    (bare / ".secrets" / "edited").write_bytes(text)
    with serve(DIRECT, bare, auth_secret="edited") as running:
        assert call(running, Authorization="Bearer a-token") == 200
        assert call(running, Authorization="Bearer \ufeffa-token".encode()) == 401  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "was not found: tried .*`faas-cli secret create unusable"),
        (b"", "has no token: expected one per line, for example from `openssl rand -hex 32`"),
        (b"# nobody yet\n\n", "has no token: expected one per line"),
        ("a-token\n".encode("utf-16"), "found a file that is not UTF-8 at .* save it as UTF-8"),
        (b"a-token\nalice a-token\n", "line 2 is no token: expected ASCII letters, digits and punctuation"),
    ],
    ids=["missing", "empty", "comments alone", "UTF-16", "two words"],
)
def test_tokens_that_cannot_be_used_stop_the_start(bare: Path, text: bytes | None, expected: str) -> None:
    path = bare / ".secrets" / "unusable"
    path.unlink(missing_ok=True)
    if text is not None:
        path.write_bytes(text)
    with serve(DIRECT, bare, auth_secret="unusable", until="spawned") as running:
        assert running.wait() == 1
        line = running.wait_for_line(
            f"^setting auth_secret='unusable' names a secret that cannot be used: .*{expected}"
        )
        assert "a-token" not in line


@pytest.mark.parametrize("value", ["closed", "yes", "Open!"])
def test_access_that_cannot_be_read_stops_the_start(bare: Path, value: str) -> None:
    with serve(DIRECT, bare, access=value, until="spawned") as running:
        assert running.wait() == 1
        running.wait_for_line(f"access='{value}'")

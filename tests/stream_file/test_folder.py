"""The folder of stream-file: how a request names a file of it, and that nothing outside it is sent."""

import base64
from pathlib import Path

import httpx
import pytest

from tests.fronts import DIRECT, serve
from tests.platform.running import Running
from tests.stream_file.download import SSE, Download
from tests.stream_file.files import TINY


def test_a_file_is_named_by_path_query_or_body(other: Running) -> None:
    assert Download(f"{other.url}/sub/%C3%A4%20b.webp").data == b"webp"
    assert Download(f"{other.url}/?file=sub/%C3%A4%20b.webp").details["media_type"] == "image/webp"
    assert Download(f"{other.url}/tiny.txt", method="POST").data == TINY
    posted = httpx.post(other.url, content="tiny.txt", headers={"Accept": "text/plain"}, timeout=60)
    assert base64.b64decode(posted.content) == TINY


def test_files_are_listed(other: Running) -> None:
    names = ["empty.bin", "sub/ä b.webp", "tiny.txt"]
    for accept in ("application/json", "*/*"):
        listed = httpx.get(other.url, headers={"Accept": accept}, timeout=60).json()["files"]
        assert [file["name"] for file in listed] == names
    assert listed[2] == {"name": "tiny.txt", "media_type": "text/plain", "length": 10}
    streamed = httpx.get(other.url, headers=SSE, timeout=60)
    assert (streamed.status_code, streamed.json()["error"]["code"]) == (404, "no_such_file")
    assert "tiny.txt" in streamed.json()["error"]["message"]


@pytest.mark.parametrize(
    "name",
    [
        "../secret.txt", "sub/../../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "/etc/passwd", "%2Fetc/passwd",
        "..\\secret.txt", ".env", ".hidden/key", "sub", "tiny.txt%00.png", "a" * 5000, "%ff", "nothing", ".",
        "link.txt", "sub/relative.txt", "sub/outside/secret.txt", "sub/loop",
    ],
)  # fmt: skip
def test_what_is_not_in_the_folder_is_not_found(other: Running, name: str) -> None:
    for target in (f"/{name}", f"/?file={name}"):
        response = httpx.get(other.url + target, headers=SSE, timeout=60)
        assert (response.status_code, response.json()["error"]["code"]) == (404, "no_such_file"), target
        assert "secret" not in response.json()["error"]["message"].replace(name, "").partition("expected")[2]


def test_other_methods_are_refused(other: Running) -> None:
    response = httpx.delete(f"{other.url}/tiny.txt", timeout=60)
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, POST")
    head = httpx.head(f"{other.url}/tiny.txt", headers={"Range": "bytes=1-", **SSE}, timeout=60)
    assert (head.status_code, head.headers["accept-ranges"], head.content) == (200, "bytes", b"")


def test_a_folder_that_is_none_stops_the_start(folder: Path) -> None:
    with serve(DIRECT, folder, until="spawned", files_dir="/nowhere") as function:
        assert function.wait() != 0
        assert "setting files_dir='/nowhere' is no folder" in "\n".join(function.output("stderr"))


def test_links_within_the_folder_are_files_of_it(folder: Path, tmp_path: Path) -> None:
    """Kubernetes mounts a ConfigMap's files as links to links."""
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026" / "tiny.txt").write_bytes(TINY)
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "tiny.txt").symlink_to("..data/tiny.txt")
    with serve(DIRECT, folder, files_dir=str(tmp_path)) as function:
        assert Download(f"{function.url}/tiny.txt").data == TINY
        assert [file["name"] for file in httpx.get(function.url, timeout=60).json()["files"]] == ["tiny.txt"]

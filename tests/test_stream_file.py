"""stream-file: pieces that make up the file, from its beginning or from where an earlier download broke off."""

import base64
import hashlib
import io
import json
import os
import re
import time
import wave
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from importlib import util
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import httpx_sse
import pytest

from faas_stream import ClientError
from tests.faults.client import SlowClient
from tests.fronts import DIRECT, FUNCTIONS, Front, lay_out, serve, wait_for_record
from tests.platform.running import Running

FOLDER = FUNCTIONS / "stream-file"
SAMPLE = (FOLDER / "files" / "sample.png").read_bytes()
SHA256 = hashlib.sha256(SAMPLE).hexdigest()
ETAG = f'"{SHA256}"'
TINY = b"0123456789"
ETAG_OF_TINY = f'"{hashlib.sha256(TINY).hexdigest()}"'
SSE = {"Accept": "text/event-stream"}
LARGE_BYTES = 64 * 1024 * 1024


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("build") / "fn", FOLDER)


@pytest.fixture(scope="module")
def function(way: Front, folder: Path) -> Iterator[Running]:
    """The function with its own files, on every way to it."""
    with serve(way, folder) as running:
        yield running


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of files that is not the function's own, with a secret next to it and links to the secret in it."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.txt").write_text("secret")
    inside = outside / "files"
    (inside / "sub").mkdir(parents=True)
    (inside / ".hidden").mkdir()
    for name, data in {
        "empty.bin": b"", "tiny.txt": TINY, "sub/ä b.webp": b"webp", ".hidden/key": b"secret", ".env": b"s",
    }.items():  # fmt: skip
        (inside / name).write_bytes(data)
    (inside / "link.txt").symlink_to(outside / "secret.txt")
    (inside / "sub" / "relative.txt").symlink_to("../../secret.txt")
    (inside / "sub" / "outside").symlink_to(outside)
    (inside / "sub" / "loop").symlink_to("loop")
    return inside


@pytest.fixture(scope="module")
def other(folder: Path, files: Path) -> Iterator[Running]:
    """The function with the files of another folder."""
    with serve(DIRECT, folder, files_dir=str(files)) as running:
        yield running


class Download:
    """What a client gets of a file. details: what the first and the last event say of it."""

    def __init__(self, url: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> None:
        self.data, self.events = b"", list[str]()
        self.details: dict[str, Any] = {}
        sent = dict(headers or {})
        with httpx.Client(timeout=20) as client, httpx_sse.connect_sse(client, method, url, headers=sent) as source:
            self.response = source.response
            for event in source.iter_sse():
                self.events.append(event.event)
                if event.event in ("file", "checksum"):
                    self.details |= json.loads(event.data)
                elif event.data == "[DONE]":
                    self.events[-1] = "[DONE]"
                else:
                    self.data += base64.b64decode(event.data, validate=True)


def test_the_pieces_together_are_the_file(function: Running) -> None:
    download = Download(f"{function.url}/sample.png")
    assert download.data == SAMPLE
    assert download.details == {
        "name": "sample.png", "media_type": "image/png", "length": len(SAMPLE), "offset": 0, "sha256": SHA256,
    }  # fmt: skip
    assert download.events == ["file", "message", "message", "message", "message", "checksum", "[DONE]"]
    assert download.response.status_code == 200
    assert {name: download.response.headers[name] for name in ("accept-ranges", "etag", "vary")} == {
        "accept-ranges": "bytes", "etag": ETAG, "vary": "Accept",
    }  # fmt: skip


def test_a_download_that_breaks_off_is_continued(function: Running) -> None:
    have = b""
    with (
        httpx.Client(timeout=20) as client,
        httpx_sse.connect_sse(client, "GET", f"{function.url}/sample.png") as source,
    ):
        for event in source.iter_sse():
            if event.event == "message":
                have += base64.b64decode(event.data)
                break
    headers = {"Range": f"bytes={len(have)}-", "If-Range": source.response.headers["etag"]}
    remainder = Download(f"{function.url}/sample.png", headers)
    assert remainder.response.status_code == 206
    assert remainder.response.headers["content-range"] == f"bytes {len(have)}-{len(SAMPLE) - 1}/{len(SAMPLE)}"
    assert (remainder.details["offset"], remainder.details["length"]) == (len(have), len(SAMPLE))
    assert hashlib.sha256(have + remainder.data).hexdigest() == remainder.details["sha256"] == SHA256


@pytest.fixture(scope="module")
def download() -> Callable[[str, Path], None]:
    """The reader that the function's README shows."""
    shown = re.search(r"```python\n(.*?)```", (FOLDER / "README.md").read_text(), re.DOTALL)
    assert shown
    names: dict[str, Any] = {}
    exec(compile(shown[1], "README.md", "exec"), names)
    reader: Callable[[str, Path], None] = names["download"]
    return reader


@pytest.mark.parametrize("have", [0, 1, 12_287, 20_000, len(SAMPLE) - 1, len(SAMPLE)])
def test_the_readmes_reader_gets_what_it_has_not(
    function: Running, download: Callable[[str, Path], None], have: int, tmp_path: Path
) -> None:
    path = tmp_path / "sample.png"
    path.write_bytes(SAMPLE[:have])
    download(f"{function.url}/sample.png", path)
    assert path.read_bytes() == SAMPLE


def test_the_readmes_reader_refuses_a_file_that_is_not_the_one(
    function: Running, download: Callable[[str, Path], None], tmp_path: Path
) -> None:
    (tmp_path / "sample.png").write_bytes(b"not its beginning")
    with pytest.raises(ValueError, match="is not whole"):
        download(f"{function.url}/sample.png", tmp_path / "sample.png")


@pytest.mark.parametrize(
    ("range_", "start", "stop"),
    [
        ("bytes=0-", 0, 10), ("bytes=4-", 4, 10), ("bytes=9-", 9, 10), ("bytes=2-4", 2, 5), ("bytes=2-99", 2, 10),
        ("bytes=-3", 7, 10), ("bytes=-99", 0, 10), ("Bytes = 1 - 1", 1, 2),
    ],
)  # fmt: skip
def test_a_range_is_that_part_of_the_file(other: Running, range_: str, start: int, stop: int) -> None:
    download = Download(f"{other.url}/tiny.txt", {"Range": range_})
    assert (download.response.status_code, download.data) == (206, TINY[start:stop])
    assert download.response.headers["content-range"] == f"bytes {start}-{stop - 1}/10"
    assert download.details["offset"] == start
    assert download.details["sha256"] == hashlib.sha256(TINY).hexdigest()


@pytest.mark.parametrize(
    "range_",
    [
        "bytes=0-1,4-5", "bytes=5-2", "bytes=", "bytes=-", "bytes=-0", "lines=1-2", "bytes=a-",
        "bytes=" + "9" * 5000 + "-", f"bytes=2-{'4':0>57}",
    ],
)  # fmt: skip
def test_what_is_no_range_or_several_gives_the_whole_file(other: Running, range_: str) -> None:
    download = Download(f"{other.url}/tiny.txt", {"Range": range_})
    assert (download.response.status_code, download.data) == (200, TINY)
    assert "content-range" not in download.response.headers


@pytest.mark.parametrize("range_", ["bytes=10-", "bytes=99-100"])
def test_a_range_beyond_the_file_gets_416_and_the_length(other: Running, range_: str) -> None:
    response = httpx.get(f"{other.url}/tiny.txt", headers={"Range": range_, **SSE}, timeout=20)
    assert (response.status_code, response.json()["error"]["code"]) == (416, "range_not_satisfiable")
    assert response.headers["content-range"] == "bytes */10"


@pytest.mark.parametrize(
    ("if_range", "status"),
    [(ETAG_OF_TINY, 206), (f"W/{ETAG_OF_TINY}", 200), ('"another"', 200), ("Sat, 21 Nov 2026 01:00:00 GMT", 200)],
)
def test_a_part_of_a_file_that_has_changed_is_the_whole(other: Running, if_range: str, status: int) -> None:
    download = Download(f"{other.url}/tiny.txt", {"Range": "bytes=4-", "If-Range": if_range})
    assert (download.response.status_code, download.data) == (status, TINY[4:] if status == 206 else TINY)


def test_an_empty_file_has_no_pieces_and_no_parts(other: Running) -> None:
    for headers in ({}, {"Range": "bytes=-5"}):
        download = Download(f"{other.url}/empty.bin", headers)
        assert (download.response.status_code, download.data, download.details["length"]) == (200, b"", 0)
        assert download.events == ["file", "checksum", "[DONE]"]
    refused = httpx.get(f"{other.url}/empty.bin", headers={"Range": "bytes=0-", **SSE}, timeout=20)
    assert (refused.status_code, refused.headers["content-range"]) == (416, "bytes */0")


def test_a_file_is_named_by_path_query_or_body(other: Running) -> None:
    assert Download(f"{other.url}/sub/%C3%A4%20b.webp").data == b"webp"
    assert Download(f"{other.url}/?file=sub/%C3%A4%20b.webp").details["media_type"] == "image/webp"
    assert Download(f"{other.url}/tiny.txt", method="POST").data == TINY
    posted = httpx.post(other.url, content="tiny.txt", headers={"Accept": "text/plain"}, timeout=20)
    assert base64.b64decode(posted.content) == TINY


def test_files_are_listed(other: Running) -> None:
    names = ["empty.bin", "sub/ä b.webp", "tiny.txt"]
    for accept in ("application/json", "*/*"):
        listed = httpx.get(other.url, headers={"Accept": accept}, timeout=20).json()["files"]
        assert [file["name"] for file in listed] == names
    assert listed[2] == {"name": "tiny.txt", "media_type": "text/plain", "length": 10}
    streamed = httpx.get(other.url, headers=SSE, timeout=20)
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
        response = httpx.get(other.url + target, headers=SSE, timeout=20)
        assert (response.status_code, response.json()["error"]["code"]) == (404, "no_such_file"), target
        assert "secret" not in response.json()["error"]["message"].replace(name, "").partition("expected")[2]


def test_other_methods_are_refused(other: Running) -> None:
    response = httpx.delete(f"{other.url}/tiny.txt", timeout=20)
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, POST")
    head = httpx.head(f"{other.url}/tiny.txt", headers={"Range": "bytes=1-", **SSE}, timeout=20)
    assert (head.status_code, head.headers["accept-ranges"], head.content) == (200, "bytes", b"")


def test_accept_and_format_choose_the_shape(function: Running) -> None:
    def ask(accept: str, query: str = "") -> httpx.Response:
        return httpx.get(f"{function.url}/chime.wav{query}", headers={"Accept": accept}, timeout=20)

    whole = base64.b64encode((FOLDER / "files" / "chime.wav").read_bytes()).decode()
    assert ask("text/plain").text == whole
    document = ask("application/json").json()
    assert document["text"] == whole
    assert [value["event"] for value in document["data"]] == ["file", "checksum"]
    lines = [json.loads(line) for line in ask("application/x-ndjson").text.splitlines()]
    assert "".join(line.get("text", "") for line in lines) == whole
    assert json.loads(lines[0]["data"])["media_type"] == "audio/wav"
    frames = [frame.partition("data: ")[2] for frame in ask("text/event-stream", "?format=json").text.split("\n\n")]
    texts = [json.loads(frame).get("text", "") for frame in frames if frame]
    assert "".join(texts) == whole
    chunks = [frame[6:] for frame in ask("text/event-stream", "?format=openai").text.split("\n\n") if "{" in frame]
    assert "".join(json.loads(chunk)["choices"][0]["delta"].get("content", "") for chunk in chunks) == whole


def test_the_samples_are_what_they_are_called() -> None:
    assert SAMPLE.startswith(b"\x89PNG\r\n\x1a\n")
    with wave.open(io.BytesIO((FOLDER / "files" / "chime.wav").read_bytes())) as chime:
        assert chime.getnframes() / chime.getframerate() == 1


def test_a_large_file_is_not_read_into_memory(folder: Path, tmp_path: Path) -> None:
    with (tmp_path / "large.bin").open("wb") as large:
        large.truncate(LARGE_BYTES)
    with serve(DIRECT, folder, files_dir=str(tmp_path)) as function:
        httpx.get(function.url, timeout=20)
        before = peak_bytes(function)
        with httpx.stream("GET", f"{function.url}/large.bin", headers=SSE, timeout=20) as response:
            received = sum(map(len, response.iter_bytes()))
        assert received > LARGE_BYTES * 4 / 3
        assert peak_bytes(function) - before < LARGE_BYTES / 8


def peak_bytes(running: Running) -> int:
    """The most memory that the process ever had."""
    status = Path(f"/proc/{running.process.pid}/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * 1024


def test_a_file_that_shrinks_meanwhile_ends_in_an_error_frame(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "shrinks.bin"
    path.write_bytes(os.urandom(8 * 1024 * 1024))
    with serve(DIRECT, folder, files_dir=str(tmp_path)) as function, SlowClient(function, "/shrinks.bin", "") as reader:
        received = reader.take(1024)
        os.truncate(path, 1024)
        while more := reader.take(65_536):
            received += more
            if b"event: error" in received or b"[DONE]" in received:
                break
        assert b"event: error" in received
        wait_for_record(function, "internal_error")


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
        assert [file["name"] for file in httpx.get(function.url, timeout=20).json()["files"]] == ["tiny.txt"]


@pytest.fixture(scope="module")
def ranges() -> ModuleType:
    spec = util.spec_from_file_location("stream_file_ranges", FOLDER / "ranges.py")
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("length", range(4))
def test_every_part_is_within_the_file(ranges: ModuleType, length: int) -> None:
    for first, last in product(["", *range(5)], repeat=2):
        with suppress(ClientError):  # which says that there is no such part
            part = ranges.part(f"bytes={first}-{last}", length, "e")
            assert part is None or 0 <= part[0] < part[1] <= length


@pytest.mark.parametrize(
    "range_",
    ["bytes=" + " " * 300 + "-" + " " * 2700 + "x", "bytes=" + "0-1," * 750, "bytes=" + "9" * 3000 + "-", "=" * 3000],
    ids=["spaces", "parts", "digits", "equals"],
)
def test_a_range_of_3_kb_costs_nothing(ranges: ModuleType, range_: str) -> None:
    before = time.process_time()
    assert ranges.part(range_, 10, "e") is None
    assert time.process_time() - before < 0.1

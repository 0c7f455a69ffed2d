"""stream-file: pieces that make up the file, from its beginning or from where an earlier download broke off."""

import base64
import hashlib
import io
import json
import os
import re
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import httpx_sse
import pytest

from tests.faults.client import SlowClient
from tests.faults.process import peak_memory
from tests.fronts import DIRECT, serve, wait_for_record
from tests.platform.running import Running
from tests.stream_file.download import SSE, Download
from tests.stream_file.files import ETAG, FOLDER, SAMPLE, SHA256

LARGE_BYTES = 64 * 1024 * 1024


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
        httpx.Client(timeout=60) as client,
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


def test_accept_and_format_choose_the_shape(function: Running) -> None:
    def ask(accept: str, query: str = "") -> httpx.Response:
        return httpx.get(f"{function.url}/chime.wav{query}", headers={"Accept": accept}, timeout=60)

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
    # With more streams, threads would still be starting, 9 KiB each.
    with serve(DIRECT, folder, files_dir=str(tmp_path), max_streams="10") as function:
        httpx.get(function.url, timeout=60)
        before = peak_memory(function.process.pid)
        with httpx.stream("GET", f"{function.url}/large.bin", headers=SSE, timeout=60) as response:
            received = sum(map(len, response.iter_bytes()))
        assert received > LARGE_BYTES * 4 / 3
        assert peak_memory(function.process.pid) - before < LARGE_BYTES / 8


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

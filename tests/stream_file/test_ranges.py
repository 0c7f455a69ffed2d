"""Parts of a file: which ranges are answered, and what an answer to any other range is."""

import hashlib
from contextlib import suppress
from importlib import util
from itertools import product
from types import ModuleType

import httpx
import pytest

from faas_stream import ClientError
from tests.platform.running import Running
from tests.stream_file.download import SSE, Download
from tests.stream_file.files import ETAG_OF_TINY, FOLDER, TINY


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
    response = httpx.get(f"{other.url}/tiny.txt", headers={"Range": range_, **SSE}, timeout=60)
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
    refused = httpx.get(f"{other.url}/empty.bin", headers={"Range": "bytes=0-", **SSE}, timeout=60)
    assert (refused.status_code, refused.headers["content-range"]) == (416, "bytes */0")


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
def test_a_range_of_3_kb_gives_the_whole_file(ranges: ModuleType, range_: str) -> None:
    assert ranges.part(range_, 10, "e") is None

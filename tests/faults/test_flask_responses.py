"""Flask's own streaming responses, and what a handler attaches to a response, live as long as the answer."""

import threading
from pathlib import Path

import pytest

from tests.faults.client import Client, SlowClient, clients_of
from tests.faults.process import most_in_front
from tests.faults.scripts import WHOLE, as_prompted, first, last, play, wait_for
from tests.platform.running import Running
from tests.upstream import Upstream

SETTINGS = {"commit_after": "5s", "write_stall_timeout": "2s"}
MIB = 1024 * 1024
USED = ["default_retries", "relayed"]


def test_a_plain_response_is_sent_as_its_generator_yields(function: Running, upstream: Upstream) -> None:
    may_end = threading.Event()
    upstream.script = play(first, wait_for(may_end), last)
    with Client(function, "/relayed") as client:
        assert client.until(b"data: first\n\n") == b"data: first\n\n"
        may_end.set()
        assert client.read_all() == b"data: first\n\ndata: last\n\ndata: [DONE]\n\n"
        assert client.record()["outcome"] == "complete"


@pytest.mark.parametrize("prompt", ["one", "other"])
def test_call_on_close_runs_after_the_answer_with_access_to_the_request(
    function: Running, upstream: Upstream, prompt: str
) -> None:
    may_end = threading.Event()
    upstream.script = as_prompted({"one": play(first, wait_for(may_end), last), "other": WHOLE})
    closed = f"closed: /closing {prompt}"
    with clients_of(function, ["closing"], [prompt]) as clients:
        clients["closing", prompt].until(b"data: first\n\n")
        assert prompt == "other" or closed not in function.output()
        may_end.set()
        function.wait_for_line(closed)


@pytest.mark.parametrize(
    ("method", "headers", "status", "length"),
    [("GET", (), 200, MIB), ("HEAD", (), 200, 0), ("GET", (("Range", "bytes=5-200004"),), 206, 200_000)],
    ids=["whole", "its head", "a part"],
)
def test_a_file_is_sent_as_flask_sends_it(
    function: Running, tmp_path: Path, method: str, headers: tuple[tuple[str, str], ...], status: int, length: int
) -> None:
    content = bytes(range(256)) * 4096
    file = tmp_path / "file"
    file.write_bytes(content)
    with Client(function, f"/short/file?path={file}", method=method, headers=headers) as client:
        assert client.status == status
        assert client.read_all() == content[5 if status == 206 else 0 :][:length]


def test_an_empty_file_is_sent(function: Running, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with Client(function, f"/short/file?path={tmp_path / 'file'}", method="GET") as client:
        assert (client.status, client.read_all()) == (200, b"")


def test_a_client_that_reads_no_part_of_a_file_is_disconnected(function: Running, tmp_path: Path) -> None:
    """A part is read in the request's thread, so it counts as an answer does."""
    file = tmp_path / "file"
    with file.open("wb") as opened:
        opened.truncate(most_in_front() + 4 * MIB)
    with SlowClient(function, f"/short/file?path={file}", method="GET", headers=("Range: bytes=1-",)) as client:
        record = client.record()
    assert (record["status"], record["outcome"]) == (206, "write_stalled")

"""Early start: an event stream begins before its handler returns only for a client that accepts nothing else."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.client import BEAT, DOCUMENT, SSE, Client
from tests.faults.gate import Gate
from tests.fronts import DIRECT, serve
from tests.platform.running import Running

SETTINGS = {"commit_after": "200ms", "heartbeat_interval": "100ms"}
TEXT = "a prompt"
STREAM, NO_STREAM = (json.dumps({"prompt": "p", "stream": value}) for value in (True, False))
NOT_BOOLEAN = json.dumps({"prompt": "p", "stream": "yes"})
WITHOUT = json.dumps({"prompt": "p"})

EARLY = [(SSE, TEXT), (SSE, STREAM), (SSE, NOT_BOOLEAN), (SSE, WITHOUT), (DOCUMENT, STREAM), ("*/*", STREAM)]
LATE = [
    ("*/*", TEXT), (DOCUMENT, TEXT), (f"{DOCUMENT}, {SSE}", TEXT), (f"{SSE}, */*", TEXT), (f"{SSE}, {DOCUMENT}", TEXT),
    (SSE, NO_STREAM), (DOCUMENT, NO_STREAM), ("*/*", WITHOUT),
]  # fmt: skip


@pytest.fixture(scope="module")
def function(folder: Path) -> Iterator[Running]:
    with serve(DIRECT, folder, SETTINGS) as running:
        yield running


def waiting_client(stack: ExitStack, function: Running, gate: Gate, accept: str, body: str) -> Client:
    media_type = "text/plain" if body == TEXT else "application/json"
    path = f"/blocked/by_query?pipe={gate.path}"
    return stack.enter_context(Client(function, path, body, accept=accept, content_type=media_type))


def test_a_client_of_event_streams_alone_gets_the_start_while_the_handler_blocks(
    function: Running, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        gates = [Gate(tmp_path, f"gate-{number}") for number, _ in enumerate(EARLY)]
        clients = [waiting_client(stack, function, gate, *case) for gate, case in zip(gates, EARLY, strict=True)]
        for client, case, gate in zip(clients, EARLY, gates, strict=True):
            client.until(BEAT * 2)
            assert client.response.headers["Content-Type"].startswith(SSE), case
            gate.open()
            assert client.read_all().endswith(b"data: late\n\ndata: [DONE]\n\n"), case


def test_no_other_client_gets_a_byte_before_the_handler_returns(function: Running, tmp_path: Path) -> None:
    with ExitStack() as stack:
        gates = [Gate(tmp_path, f"gate-{number}") for number, _ in enumerate(LATE)]
        clients = [waiting_client(stack, function, gate, *case) for gate, case in zip(gates, LATE, strict=True)]
        assert clients[0].hears_nothing(1)
        for client, case, gate in zip(clients, LATE, gates, strict=True):
            assert client.hears_nothing(0), case
            gate.open()
            assert client.status == 200, case
            assert b"late" in client.read_all(), case


@pytest.mark.parametrize("answer", ["late_page", "late_text", "late_json", "late_redirect"])
def test_another_answer_keeps_its_status_if_no_stream_has_begun(function: Running, tmp_path: Path, answer: str) -> None:
    gate = Gate(tmp_path)
    with Client(function, f"/blocked/{answer}", str(gate.path), accept=DOCUMENT) as client:
        gate.open()
        assert client.status == {"late_page": 404, "late_redirect": 302}.get(answer, 200)

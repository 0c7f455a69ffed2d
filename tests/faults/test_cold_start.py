"""A cold burst: the first 100 requests of a fresh process make one SDK client and stay below 110 MiB."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.client import Client
from tests.faults.process import KIB, peak_memory, pid_of
from tests.fronts import DIRECT, FUNCTIONS, TEMPLATE, lay_out, serve
from tests.upstream import Upstream

MIB = 1024 * KIB
BURST = 100
HANDLERS = {
    "stream-openai": FUNCTIONS / "stream-openai",
    "chat": FUNCTIONS / "chat",
    "openai-proxy": FUNCTIONS / "openai-proxy",
    "what faas-cli new gives": TEMPLATE / "function",
}
PATHS = {"openai-proxy": "/v1/chat/completions", "chat": "/?format=openai"}
BODY = '{"model": "m", "stream": true, "messages": [{"role": "user", "content": "hi"}]}'


@pytest.fixture(scope="module")
def many_sockets() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(BURST) as pool:
        yield pool


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_cold_burst_makes_one_client_and_stays_small(
    tmp_path: Path, upstream: Upstream, many_sockets: ThreadPoolExecutor, handler: str
) -> None:
    folder = lay_out(tmp_path / "fn", HANDLERS[handler])
    counting = {"PYTHONPATH": str(Path(__file__).parent / "counting")}
    env = {
        "openai_base_url": upstream.url,
        "OPENAI_BASE_URL": upstream.url,
        "openai_model": "m",
        "stream_format": "openai",
    }
    with serve(DIRECT, folder, counting | env, until="healthy") as running:

        def ask(_: int) -> tuple[int, bytes]:
            with Client(running, PATHS.get(handler, "/"), BODY) as client:
                return client.status, client.read_all()

        responses = list(many_sockets.map(ask, range(BURST)))
        assert {status for status, _ in responses} == {200}
        assert all(body.endswith(b"data: [DONE]\n\n") for _, body in responses)
        made = [line for line in running.output() if line.startswith("an SDK client was made")]
        assert len(made) <= 1
        assert peak_memory(pid_of(running)) < 110 * MIB
    assert len(upstream.calls) == BURST

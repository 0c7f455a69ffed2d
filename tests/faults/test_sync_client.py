"""`http_client()`: a sync SDK's read can be ended, and proxies are used. test_client_disconnect has disconnects."""

from pathlib import Path

import pytest

from tests.faults.client import DOCUMENT, Client, ask, asks_no_more, clients_of
from tests.faults.places import PLACES, wait_until_all_are_free
from tests.faults.scripts import SILENCES, as_prompted, play, silence
from tests.fronts import DIRECT, serve
from tests.platform.running import Running
from tests.upstream import Upstream

SETTINGS = {
    "heartbeat_interval": "100ms", "commit_after": "200ms", "upstream_idle_timeout": "2s", "max_streams": str(PLACES),
}  # fmt: skip
USED = ["sync_openai", "sync_openai/iterated"]
WHOLE = b"data: first\n\ndata: last\n\ndata: [DONE]\n\n"


@pytest.mark.parametrize("kind", USED)
def test_a_silent_upstream_is_closed_and_its_thread_is_free(function: Running, upstream: Upstream, kind: str) -> None:
    upstream.script = play(as_prompted(SILENCES), silence)
    for accept, status in (("text/event-stream", 200), (DOCUMENT, 504)):
        upstream.calls.clear()
        with clients_of(function, [kind], SILENCES, accept=accept) as clients:
            for case, client in clients.items():
                assert (client.status, client.code()) == (status, "upstream_timeout"), case
        assert all(call.disconnected.wait(3) for call in upstream.calls)
        assert asks_no_more(upstream, len(clients), for_s=1.5)
        wait_until_all_are_free(function)


def test_the_client_can_be_used_after_a_read_was_ended(function: Running, upstream: Upstream) -> None:
    whole = upstream.script
    for _ in range(3):
        upstream.script = silence
        with Client(function, "/sync_openai"):
            assert upstream.wait_for_call()
        assert upstream.calls[0].disconnected.wait(3)
        upstream.script = whole
        with Client(function, "/sync_openai") as client:
            assert client.read_all() == WHOLE
        upstream.calls.clear()


def test_it_honours_the_proxy_variables(folder: Path, upstream: Upstream) -> None:
    proxy = f"http://127.0.0.1:{upstream.port}"
    patient = {"upstream_idle_timeout": "30s"}
    with serve(DIRECT, folder, patient, http_proxy=proxy, openai_base_url="http://model.test/v1") as running:
        assert ask(running, "/sync_openai") == WHOLE
        assert [call.path for call in upstream.calls] == ["http://model.test/v1/chat/completions"]
    own = {"http_proxy": "http://127.0.0.1:9", "no_proxy": "127.0.0.1", "openai_base_url": upstream.url}
    with serve(DIRECT, folder, patient | own) as running:
        assert ask(running, "/sync_openai") == WHOLE
